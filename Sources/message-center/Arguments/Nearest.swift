/// The known word that somebody most likely meant, or nil where none is near.
func nearest(to word: String, among known: [String]) -> String? {
    let distances = known.map { (name: $0, edits: edits(from: word, to: $0)) }
    guard let best = distances.min(by: { $0.edits < $1.edits }) else { return nil }
    // A third of the letters wrong is a slip; more is another word.
    let bound = max(1, max(word.count, best.name.count) / 3)
    let isBeginning = word.count >= 2 && best.name.hasPrefix(word)
    return best.edits <= bound || isBeginning ? best.name : beginning(with: word, among: known)
}

private func beginning(with word: String, among known: [String]) -> String? {
    word.count >= 2 ? known.first { $0.hasPrefix(word) } : nil
}

/// How many letters have to be put in, left out, changed, or swapped with their neighbour
/// (the optimal string alignment distance).
func edits(from source: String, to target: String) -> Int {
    let source = Array(source.lowercased())
    let target = Array(target.lowercased())
    var before: [Int] = []
    var above = Array(0...target.count)
    for row in source.indices {
        var current = [row + 1]
        for column in target.indices {
            let isSame = source[row] == target[column]
            var best = min(above[column] + (isSame ? 0 : 1), above[column + 1] + 1)
            best = min(best, current[column] + 1)
            if row > 0, column > 0, source[row] == target[column - 1],
                source[row - 1] == target[column]
            {
                best = min(best, before[column - 1] + 1)
            }
            current.append(best)
        }
        before = above
        above = current
    }
    return above[target.count]
}
