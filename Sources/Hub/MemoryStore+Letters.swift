extension MemoryStore {
    package func letter(_ number: Int64) throws(StoreFailure) -> DeadLetter? {
        try pass(.letter)
        return (open ?? disk.contents).letters[number]
    }

    package func letter(of id: MessageID, wid: UInt32) throws(StoreFailure) -> DeadLetter? {
        try pass(.letter)
        return (open ?? disk.contents).letter(of: id, wid: wid)
    }

    package mutating func save(_ letter: DeadLetter) throws(StoreFailure) {
        try pass(.saveLetter)
        open!.letters[letter.number] = letter
        open!.letterNumbers[.init(wid: letter.wid, id: letter.id)] = letter.number
        open!.lastLetter = max(open!.lastLetter, letter.number)
    }

    package mutating func save(
        body: [UInt8]?, ofLetter number: Int64
    ) throws(StoreFailure) {
        try pass(.saveLetter)
        open!.letterBodies[number] = body
    }

    package mutating func removeSettledLetters(
        of wid: UInt32, butNewest count: Int
    ) throws(StoreFailure) {
        try pass(.saveLetter)
        let settled = open!.letters.values.filter { $0.wid == wid && !$0.state.isOpen }
            .sorted { ($0.settled, $0.number) > ($1.settled, $1.number) }
        for letter in settled.dropFirst(count) { open!.remove(letter) }
    }
}

extension MemoryDisk.Contents {
    func letter(of id: MessageID, wid: UInt32) -> DeadLetter? {
        letterNumbers[.init(wid: wid, id: id)].flatMap { letters[$0] }
    }

    fileprivate mutating func remove(_ letter: DeadLetter) {
        letters[letter.number] = nil
        letterNumbers[.init(wid: letter.wid, id: letter.id)] = nil
    }

    /// The trays as a start of the hub finds them.
    func tray(of wid: UInt32) -> LetterTray? {
        LetterTray(letters.values.filter { $0.wid == wid }, newest: LetterTray.orderBefore)
    }

    /// Deletes letters that came to their end before `time`.
    ///
    /// - Returns: how many.
    mutating func trimLetters(before time: Int64, atMost rows: Int) -> Int {
        let old = letters.values.filter { !$0.state.isOpen && $0.settled < time }.prefix(rows)
        for letter in old { remove(letter) }
        return old.count
    }
}

extension MemoryReader {
    package func letters(
        after number: Int64, wid: UInt32?, limit: Int
    ) throws(StoreFailure) -> [DeadLetter] {
        let all = contents.letters.values.filter {
            $0.number > number && (wid == nil || $0.wid == wid)
        }
        return Array(all.sorted { $0.number < $1.number }.prefix(limit))
    }

    package func letter(_ number: Int64) throws(StoreFailure) -> DeadLetter? {
        contents.letters[number]
    }

    package func letter(of id: MessageID, wid: UInt32) throws(StoreFailure) -> DeadLetter? {
        contents.letter(of: id, wid: wid)
    }

    package func body(ofLetter number: Int64) throws(StoreFailure) -> [UInt8]? {
        contents.letterBodies[number]
    }
}
