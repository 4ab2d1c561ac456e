import Platform

/// The steps on the way of a message to the archive, at each of which a test may let it fail, or
/// end the process.
package enum ArchiveStep: String, CaseIterable, Sendable {
    /// A new file has its name in the folder, neither is synced.
    case fileMade
    case headerWritten
    case dataHalfWritten
    case written
    case synced
    case folderSynced
    /// What was written has been read again, and is the same.
    case readBack
    /// What a crash left was removed, or cut off.
    case fileRemoved
    case fileCut

    /// Ends the process at this step if the environment says so, as `KillPoint` has it, by the
    /// name `archive.` and the step's.
    package func passKillPoint() {
        KillPoint.pass("archive.\(rawValue)")
    }
}
