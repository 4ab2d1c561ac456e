import Foundation
import Testing

@Suite("TLS: the fuzzers' corpora")
struct TLSCorpusTests {
    private static let corpora = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/corpus", directoryHint: .isDirectory)

    @Test("Every kept input keeps to its property", arguments: TLSFuzzProperties.all.map(\.name))
    func replay(name: String) throws {
        let property = try #require(TLSFuzzProperties.all.first { $0.name == name }).holds
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.corpora.appending(path: name), includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            #expect(property(bytes) == nil, "\(file.lastPathComponent)")
            // Every beginning is an input of its own.
            for end in 0..<min(bytes.count, 30) {
                #expect(property(Array(bytes[..<end])) == nil, "\(file.lastPathComponent), \(end)")
            }
        }
    }
}
