import Testing

@testable import Wire

@Suite("Points in time")
struct TimestampTests {
    static let pairs: [(text: String, milliseconds: Int64)] = [
        ("1970-01-01T00:00:00.000Z", 0), ("1969-12-31T23:59:59.999Z", -1),
        ("2026-11-20T08:00:00.000Z", 1_795_161_600_000),
        ("2000-02-29T12:34:56.789Z", 951_827_696_789),
        ("2024-12-31T23:59:59.999Z", 1_735_689_599_999),
        ("0000-01-01T00:00:00.000Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ("1900-03-01T00:00:00.000Z", -2_203_891_200_000),
    ]

    @Test("Times are written and read", arguments: pairs)
    func known(text: String, milliseconds: Int64) {
        #expect(written { $0.append(timestampMilliseconds: milliseconds) } == text)
        #expect(Timestamp.parse(text) == milliseconds)
    }

    @Test(
        "Every form of RFC 3339 is read",
        arguments: [
            ("2026-11-20T08:00:00Z", "2026-11-20T08:00:00.000Z"),
            ("2026-11-20t08:00:00z", "2026-11-20T08:00:00.000Z"),
            ("2026-11-20T08:00:00.1Z", "2026-11-20T08:00:00.100Z"),
            ("2026-11-20T08:00:00.12Z", "2026-11-20T08:00:00.120Z"),
            ("2026-11-20T08:00:00.123999999999999999999Z", "2026-11-20T08:00:00.123Z"),
            ("2026-11-20T08:00:00+08:00", "2026-11-20T00:00:00.000Z"),
            ("2026-11-20T08:00:00.5-23:59", "2026-11-21T07:59:00.500Z"),
            ("2026-11-20T08:00:00-00:00", "2026-11-20T08:00:00.000Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"),
            ("2017-01-01T07:59:60.7+08:00", "2016-12-31T23:59:59.999Z"),
        ])
    func forms(text: String, canonical: String) throws {
        let time = try #require(Timestamp.parse(text))
        #expect(written { $0.append(timestampMilliseconds: time) } == canonical)
    }

    @Test(
        "All else is refused",
        arguments: [
            "", "2026-11-20", "2026-11-20T08:00Z", "2026-11-20T08:00:00", "2026-11-20 08:00:00Z",
            "2026-11-20T08:00:00.Z", "2026-11-20T08:00:00,1Z", "2026-11-20T08:00:00+0800",
            "2026-11-20T08:00:00+8:00", "2026-11-20T08:00:00+24:00", "2026-11-20T08:00:00+00:60",
            "2026-11-20T24:00:00Z", "2026-11-20T08:60:00Z", "2026-11-20T08:00:61Z",
            "2026-11-20T08:00:60Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
            "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z", "2026-04-31T00:00:00Z",
            "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "26-11-20T08:00:00Z",
            "02026-11-20T08:00:00Z", "+2026-11-20T08:00:00Z", "2026-11-20T08:00:00Zx",
            " 2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z ", "2026-1１-20T08:00:00Z",
            "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "1795161600",
        ])
    func refused(text: String) {
        #expect(Timestamp.parse(text) == nil)
    }

    @Test("Every day of ten thousand years has its place in order")
    func calendar() {
        var expected = CivilDate(year: 0, month: 1, day: 1)
        for days in expected
            .daysSinceEpoch...CivilDate(year: 9999, month: 12, day: 31).daysSinceEpoch
        {
            let date = CivilDate(daysSinceEpoch: days)
            guard date == expected, date.daysSinceEpoch == days else {
                Issue.record("day \(days) is \(date), not \(expected)")
                return
            }
            expected.day += 1
            if !expected.isReal {
                expected = CivilDate(year: date.year, month: date.month + 1, day: 1)
            }
            if !expected.isReal { expected = CivilDate(year: date.year + 1, month: 1, day: 1) }
        }
    }

    @Test("Times outside of four-digit years are written as the nearest inside")
    func clamped() {
        #expect(written { $0.append(timestampMilliseconds: .min) } == "0000-01-01T00:00:00.000Z")
        #expect(written { $0.append(timestampMilliseconds: .max) } == "9999-12-31T23:59:59.999Z")
        #expect(
            written { $0.append(httpDateSeconds: .max) } == "Fri, 31 Dec 9999 23:59:59 GMT")
    }

    @Test(
        "HTTP dates are written",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_795_161_600, "Fri, 20 Nov 2026 08:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        ] as [(Int64, String)])
    func httpDates(seconds: Int64, text: String) {
        #expect(written { $0.append(httpDateSeconds: seconds) } == text)
    }
}

@Suite("Positions of the system before")
struct LegacyPositionTests {
    @Test(
        "The 27 digits are a local time",
        arguments: [
            ("160704133235041047000007210", 480, "2016-07-04T05:32:35.041Z"),
            ("160704133235041047000007210", 0, "2016-07-04T13:32:35.041Z"),
            ("160704133235041047000007210", -300, "2016-07-04T18:32:35.041Z"),
            ("000229000000999999999999999", 0, "2000-02-29T00:00:00.999Z"),
            ("991231235959000000000000000", 0, "2099-12-31T23:59:59.000Z"),
        ])
    func known(digits: String, zone: Int, time: String) {
        #expect(LegacyPosition.parse(digits, zoneMinutes: zone) == Timestamp.parse(time))
    }

    @Test(
        "Anything else is none",
        arguments: [
            "", "16070413323504104700000721", "1607041332350410470000072100",
            "16070413323504104700000721x", "161304133235041047000007210",
            "160732133235041047000007210", "160704243235041047000007210",
            "160704136035041047000007210", "160704133260041047000007210",
            "150229133235041047000007210", "+60704133235041047000007210",
        ])
    func refused(digits: String) {
        #expect(LegacyPosition.parse(digits, zoneMinutes: 480) == nil)
    }
}

@Suite("UUIDs as text")
struct UUIDTextTests {
    @Test("Both cases are read, lower case is written")
    func roundTrip() throws {
        let text = "0190a5f0-7c3e-7abc-8def-0123456789ab"
        let bits = try #require(UUIDText.parse(text))
        #expect(bits == (0x0190_A5F0_7C3E_7ABC, 0x8DEF_0123_4567_89AB))
        #expect(try #require(UUIDText.parse(text.uppercased())) == bits)
        #expect(written { $0.append(uuid: bits) } == text)
        #expect(
            written { $0.append(uuid: (0, .max)) } == "00000000-0000-0000-ffff-ffffffffffff")
    }

    @Test(
        "Anything else is none",
        arguments: [
            "", "0190a5f0-7c3e-7abc-8def-0123456789a", "0190a5f0-7c3e-7abc-8def-0123456789abc",
            "0190a5f07c3e7abc8def0123456789ab0000", "0190a5f0-7c3e-7abc-8def-0123456789ag",
            "0190a5f0_7c3e_7abc_8def_0123456789ab", "{190a5f0-7c3e-7abc-8def-0123456789a}",
            "0190a5f-07c3e-7abc-8def-0123456789ab",
        ])
    func refused(text: String) {
        #expect(UUIDText.parse(text) == nil)
    }
}
