import MessageCenterClient
import Wire

extension HTTPAnswer {
    /// The body as JSON.
    ///
    /// - Throws: where it is none, and so the other side most likely is no hub.
    func json() throws -> JSONValue {
        do throws(JSONError) {
            return try JSONValue.parse(body)
        } catch {
            throw UnexpectedAnswer("the answer is not JSON \(error.complaint); is that a hub?")
        }
    }

    /// The objects of a list: the answer itself, or its member of that name.
    func rows(_ name: String) throws -> [JSONValue] {
        let content = try json()
        guard let rows = content.elements ?? content[name]?.elements else {
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
