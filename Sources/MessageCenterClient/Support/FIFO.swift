/// First in, first out, at a constant cost.
struct FIFO<Element> {
    private var elements: [Element?] = []
    private var start = 0

    init() {}

    var count: Int { elements.count - start }
    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : elements[start] }

    /// The first ones, as many as `count` or as there are.
    func prefix(_ count: Int) -> [Element] {
        elements[start...].prefix(count).compactMap(\.self)
    }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    @discardableResult
    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let first = elements[start]
        elements[start] = nil
        start += 1
        // Half of it is empty: moving the rest costs no more than taking those did.
        if start >= 64, start * 2 >= elements.count {
            elements.removeFirst(start)
            start = 0
        }
        return first
    }
}
