import Testing

@testable import TLS

@Suite("TLS: records") struct TLSRecordsTests {
    @Test(
        "What is whole at the front is told from what has only begun",
        arguments: [
            ([], 0), ([22], 0), ([22, 3, 1, 0], 0), ([22, 3, 1, 0, 2], 0),
            ([22, 3, 1, 0, 2, 9], 0), ([22, 3, 1, 0, 2, 9, 9], 7),
            ([22, 3, 1, 0, 2, 9, 9, 23], 7), ([22, 3, 1, 0, 1, 9, 23, 3, 3, 0, 1, 9], 12),
            ([23, 3, 3, 0, 0], 5),
        ] as [([UInt8], Int)])
    func whole(bytes: [UInt8], expected: Int) {
        #expect(TLSRecords.whole(in: bytes.span.bytes) == expected)
    }

    @Test(
        "What cannot be a record is handed on as it is, to be refused",
        arguments: [
            Array("GET / HTTP/1.1\r\n".utf8), [0], [24, 3, 1, 0, 1], [22, 3, 1, 0x48, 1],
            [22, 3, 1, 0, 1, 9, 99], [22, 3, 1, 0xFF, 0xFF],
        ] as [[UInt8]])
    func impossible(bytes: [UInt8]) {
        #expect(TLSRecords.whole(in: bytes.span.bytes) == bytes.count)
    }

    @Test("The longest record there may be is waited for")
    func longest() {
        let head: [UInt8] = [23, 3, 3, 0x48, 0x00]
        let content = [UInt8](repeating: 7, count: TLSRecords.contentBytes)
        #expect(TLSRecords.whole(in: (head + content.dropLast()).span.bytes) == 0)
        #expect(TLSRecords.whole(in: (head + content).span.bytes) == 5 + content.count)
    }
}
