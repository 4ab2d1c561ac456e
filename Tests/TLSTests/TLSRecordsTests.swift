import Testing

@testable import TLS

@Suite("TLS: records") struct TLSRecordsTests {
    @Test(
        "What is whole at the front is told from what has only begun",
        arguments: [
            ([], .begun), ([22], .begun), ([22, 3, 1, 0], .begun), ([22, 3, 1, 0, 2], .begun),
            ([22, 3, 1, 0, 2, 9], .begun), ([22, 3, 1, 0, 2, 9, 9], .whole(7)),
            ([22, 3, 1, 0, 2, 9, 9, 23], .whole(7)),
            ([22, 3, 1, 0, 1, 9, 23, 3, 3, 0, 1, 9], .whole(12)), ([23, 3, 3, 0, 0], .whole(5)),
        ] as [([UInt8], TLSRecords.Front)])
    func whole(bytes: [UInt8], expected: TLSRecords.Front) {
        #expect(TLSRecords.front(of: bytes.span.bytes) == expected)
    }

    @Test("As many are taken as one likes")
    func most() {
        let three: [UInt8] = [22, 3, 1, 0, 1, 9, 23, 3, 3, 0, 0, 20, 3, 3, 0, 1, 1]
        for (most, length) in [(1, 6), (2, 11), (3, 17), (4, 17)] {
            #expect(TLSRecords.front(of: three.span.bytes, most: most) == .whole(length))
        }
    }

    @Test(
        "What cannot be a record is known by its first bytes, behind what is whole",
        arguments: [
            Array("GET / HTTP/1.1\r\n".utf8), [0], [24, 3, 1, 0, 1], [22, 3, 1, 0x48, 1],
            [22, 2], [22, 3, 1, 0xFF, 0xFF],
        ] as [[UInt8]])
    func impossible(bytes: [UInt8]) {
        #expect(TLSRecords.front(of: bytes.span.bytes) == .impossible)
        let behind = [22, 3, 1, 0, 1, 9] + bytes
        #expect(TLSRecords.front(of: behind.span.bytes) == .whole(6))
    }

    @Test("The longest record there may be is waited for")
    func longest() {
        let head: [UInt8] = [23, 3, 3, 0x48, 0x00]
        let content = [UInt8](repeating: 7, count: TLSRecords.contentBytes)
        #expect(TLSRecords.front(of: (head + content.dropLast()).span.bytes) == .begun)
        #expect(TLSRecords.front(of: (head + content).span.bytes) == .whole(5 + content.count))
    }
}
