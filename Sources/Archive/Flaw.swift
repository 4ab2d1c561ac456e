/// What is wrong with bytes, said where it is not known which file they are of.
struct Flaw: Error, Equatable {
    let detail: String

    init(_ detail: String) {
        self.detail = detail
    }
}
