import Testing
import Wire

@Suite("The reader of YAML") struct YAMLReaderTests {
    @Test("Mappings, sequences, scalars and blocks are read as they stand")
    func reads() throws {
        let text = """
            # a comment
            name: hub
            "200": {a: 1, "b c": [x, "y, z", -2.5], empty: {}}
            list:
              - one: 1
                two: true

              - plain text
              - {$ref: "#/a/b"}
            folded: >-
              two
              lines: here
            kept: |
              {"a":1}

              last
            nothing:
            """
        let expected: JSONValue = [
            "name": "hub",
            "200": ["a": 1, "b c": ["x", "y, z", .number("-2.5")], "empty": [:]],
            "list": [["one": 1, "two": true], "plain text", ["$ref": "#/a/b"]],
            "folded": "two lines: here", "kept": "{\"a\":1}\n\nlast\n", "nothing": nil,
        ]
        #expect(try YAMLReader.read(text) == expected)
    }

    @Test(
        "What it does not know is refused, not guessed",
        arguments: [
            "a: b: c", "a: 'quoted'", "a: &anchor b", "a: b # comment", "a: 1\na: 2", "a: {b: 1",
            "a: `b`", "a:\n  b: 1\n    c: 2", "no key",
        ])
    func refuses(_ text: String) {
        #expect(throws: YAMLReader.Failure.self) { try YAMLReader.read(text) }
    }
}
