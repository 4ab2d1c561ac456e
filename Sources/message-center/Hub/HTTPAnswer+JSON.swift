import MessageCenterClient

extension HTTPAnswer {
    /// The body as JSON.
    ///
    /// - Throws: where it is none, and so the other side most likely is no hub.
    func json() throws -> JSON {
        do throws(JSON.Mistake) {
            return try JSON(parsing: body)
        } catch {
            throw UnexpectedAnswer("the answer is not JSON, \(error); is that a hub?")
        }
    }

    /// The objects of a list: the answer itself, or its member of that name.
    func rows(_ name: String) throws -> [JSON] {
        let content = try json()
        guard let rows = content.array ?? content[name]?.array else {
            throw UnexpectedAnswer("the answer has no \(name); is that a hub?")
        }
        return rows
    }

    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }

    /// Prints the body byte for byte.
    func printAsItCame() {
        Console.print(bytes: body)
    }

    /// Prints the answer: as it came, or its members for people.
    func show(asJSON: Bool) throws {
        if asJSON {
            printAsItCame()
        } else {
            RecordView.lines(try json()).forEach(Console.print)
        }
    }
}
