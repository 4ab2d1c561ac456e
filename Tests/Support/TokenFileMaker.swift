import HubServer

/// Tokens in a folder, before a hub runs in it.
package enum TokenFileMaker {
    /// Makes an admin's token, and returns it.
    package static func admin(
        _ folder: TemporaryFolder, name: String = "admin"
    ) throws -> String {
        try TokenFile(data: folder.path).create(
            name: name, role: .admin, topics: [], wids: [], now: 0)
    }
}
