import Hub
import Wire

/// What is wrong with the fields of a request: gathered, so that all of it is told at once.
struct Mistakes {
    /// The first of them, as many as are told.
    private(set) var fields: [Problem.Field] = []
    /// How many there are.
    private(set) var count = 0
    private var hasTooLarge = false
    /// The place in the request of the message in hand; nil when there is only one.
    var place: Int?

    static let topicExpected = "must be 1 to \(Limits.topicBytes) characters of A-Z a-z 0-9 _ . -"
    static let patternExpected = "must be a topic, or a pattern such as SaleOrder_*"
    static let timeExpected = "must be a time such as 2026-11-20T08:00:00Z (RFC 3339)"

    /// Whether the next one will be told; texts for the others need not be made.
    var hasRoom: Bool { fields.count < Limits.errorsTold }

    mutating func note(_ pointer: String, _ detail: String) {
        count += 1
        guard hasRoom else { return }
        fields.append(Problem.Field(place.map { "/\($0)" + pointer } ?? pointer, detail))
    }

    /// A member that nobody knows: most often misspelt.
    mutating func noteUnknown(_ name: @autoclosure () -> String, known: String) {
        guard hasRoom else {
            count += 1
            return
        }
        note(
            "/" + name().shortened.inPointer,
            "is not known; there are \(known.isEmpty ? "none" : known)")
    }

    /// A value of more bytes than may be: its own status, 413.
    mutating func noteTooLarge(_ pointer: String, limit: Int) {
        note(pointer, "is larger than \(limit) bytes as sent")
        hasTooLarge = true
    }

    /// Throws a refusal with all of them, if there are any.
    func check() throws(Problem) {
        guard count > 0 else { return }
        guard hasTooLarge else { throw .invalid(fields) }
        var problem = Problem.bodyTooLarge
        problem.fields = fields
        throw problem
    }
}

extension Problem {
    /// A member was given twice, in whatever case: two readers could take different ones.
    ///
    /// - Parameters:
    ///   - object: the pointer of the inner object that holds it.
    ///   - place: the message's place in a batch.
    static func twice(_ name: String, in object: String = "", place: Int? = nil) -> Problem {
        var problem = Problem(
            400, "duplicate_member",
            "The member \(name.shortened) is given twice: give it once.")
        let prefix = place.map { "/\($0)" } ?? object
        problem.fields = [Field("\(prefix)/\(name.shortened.inPointer)", "is given twice")]
        return problem
    }
}

extension String {
    /// As much of a name as is told: nobody gets a long one back, or into the log.
    fileprivate var shortened: String {
        let scalars = unicodeScalars
        guard scalars.count > Limits.nameCharacters else { return self }
        return String(scalars.prefix(Limits.nameCharacters)) + "…"
    }

    /// The name as it stands in a pointer (RFC 6901, section 3).
    fileprivate var inPointer: String {
        replacing("~", with: "~0").replacing("/", with: "~1")
    }
}
