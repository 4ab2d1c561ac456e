/// The version of this program, as in CHANGELOG.md.
let programVersion = "0.1.0"
