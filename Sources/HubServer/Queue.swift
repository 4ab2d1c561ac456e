/// First in, first out. Its memory is kept for what comes next.
struct Queue<Element> {
    private var elements: [Element] = []
    private var taken = 0

    var isEmpty: Bool { taken == elements.count }
    var count: Int { elements.count - taken }
    var first: Element? { isEmpty ? nil : elements[taken] }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func popFirst() -> Element? {
        guard taken < elements.count else { return nil }
        defer {
            taken += 1
            // Moving the rest to the front now and then costs each element one move.
            if taken > 64, taken * 2 > elements.count {
                elements.removeFirst(taken)
                taken = 0
            }
        }
        return elements[taken]
    }
}
