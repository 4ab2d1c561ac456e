import Foundation
import Testing

@Suite("The fuzzers' corpora")
struct CorpusTests {
    private static let corpora = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/corpus", directoryHint: .isDirectory)

    @Test("Every kept input keeps to its property", arguments: FuzzProperties.all.map(\.name))
    func replay(name: String) throws {
        let property = try #require(FuzzProperties.all.first { $0.name == name }).holds
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.corpora.appending(path: name), includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            #expect(property(bytes) == nil, "\(file.lastPathComponent)")
            // Every beginning is an input of its own.
            for end in 0..<min(bytes.count, 100) {
                #expect(property(Array(bytes[..<end])) == nil, "\(file.lastPathComponent), \(end)")
            }
        }
    }
}
