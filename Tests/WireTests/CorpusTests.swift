import TestSupport
import Testing

@Suite("The fuzzers' corpora")
struct CorpusTests {
    @Test("Every kept input keeps to its property", arguments: FuzzProperties.all.map(\.name))
    func replay(name: String) throws {
        let property = try #require(FuzzProperties.all.first { $0.name == name }).holds
        let inputs = try Corpus.inputs(of: name)
        #expect(!inputs.isEmpty)
        for (file, bytes) in inputs {
            #expect(property(bytes) == nil, "\(file)")
            // Every beginning is an input of its own.
            for end in 0..<min(bytes.count, 100) {
                #expect(property(Array(bytes[..<end])) == nil, "\(file), \(end)")
            }
        }
    }
}
