import Foundation
import TestSupport
import Testing

/// The fuzzers' corpora of what requests ask for: see Tests/Fuzz/run.
@Suite("The fuzzers' corpora of requests")
struct OptionCorpusTests {
    private static let corpora = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/corpus", directoryHint: .isDirectory)

    @Test(
        "Every kept input, and what a few changed bytes make of it, keeps to its property",
        arguments: OptionFuzzProperties.all.map(\.name))
    func replay(name: String) throws {
        let property = try #require(OptionFuzzProperties.all.first { $0.name == name }).holds
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.corpora.appending(path: name), includingPropertiesForKeys: nil
        ).sorted { $0.path < $1.path }
        #expect(!files.isEmpty)
        var random = SplitMix(11)
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            #expect(property(bytes) == nil, "\(file.lastPathComponent)")
            for end in 0..<min(bytes.count, 100) {
                #expect(property(Array(bytes[..<end])) == nil, "\(file.lastPathComponent), \(end)")
            }
            for _ in 0..<200 where !bytes.isEmpty {
                var changed = bytes
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let place = Int.random(in: 0..<changed.count, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: changed[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: changed.insert(bytes.randomElement(using: &random)!, at: place)
                    default: if changed.count > 1 { changed.remove(at: place) }
                    }
                }
                #expect(property(changed) == nil, "\(file.lastPathComponent): \(changed)")
            }
        }
    }
}
