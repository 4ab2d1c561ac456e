/// An answer that ends a test: what it does next would mean nothing.
package struct Unexpected: Error, CustomStringConvertible {
    package let description: String

    package init(_ answer: Answer) {
        description = "\(answer.status) \(answer.text.prefix(2000))"
    }
}
