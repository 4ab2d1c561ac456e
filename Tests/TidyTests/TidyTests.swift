import Testing

/// The rules of the house, checked over the files themselves. Exceptions stand in `Allowed`.
@Suite("Tidiness")
struct TidyTests {
    @Test("There are files to check")
    func canary() {
        #expect(SourceTree.sources.count > 50)
        #expect(SourceTree.pages.contains { $0.path == "README.md" })
    }

    @Test("No line of Swift or C is longer than the limit")
    func lineLength() {
        for file in SourceTree.files where !file.isMarkdown && file.path.contains("/") {
            guard !Allowed.longLines.contains(file.path), isCode(file.path) else { continue }
            for (number, line) in file.lines.enumerated() where line.count > Allowed.longestLine {
                Issue.record("\(file.path):\(number + 1) has \(line.count) columns")
            }
        }
    }

    @Test("No line of a page's text is longer than the limit")
    func pageLineLength() {
        for page in SourceTree.pages {
            // A row of a table is one line; an address cannot be broken.
            for line in proseLines(page) where line.count > Allowed.longestPageLine {
                if line.hasPrefix("|") || line.contains("](http") { continue }
                Issue.record("\(page.path) has \(line.count) columns: \(line)")
            }
        }
    }

    @Test("No file is longer than the limit")
    func fileLength() {
        for file in SourceTree.swift {
            let limit = Allowed.longFiles[file.path] ?? Allowed.longestFile
            let count = file.lines.count - 1
            if count > limit {
                Issue.record("\(file.path) has \(count) lines, \(limit) are allowed")
            }
        }
    }

    @Test("No file has tabs, carriage returns, or spaces at the end of a line")
    func whitespace() {
        for file in SourceTree.files where file.name != "Makefile" {
            for (number, line) in file.lines.enumerated() {
                if line.contains("\t") { Issue.record("\(file.path):\(number + 1) has a tab") }
                if line.utf8.contains(0x0D) { Issue.record("\(file.path):\(number + 1) has a CR") }
                if line.hasSuffix(" ") {
                    Issue.record("\(file.path):\(number + 1) ends in a space")
                }
            }
        }
    }

    @Test("Every file ends with one line end")
    func lastLine() {
        for file in SourceTree.files where !file.text.isEmpty {
            let isGood = file.text.hasSuffix("\n") && !file.text.hasSuffix("\n\n")
            if !isGood { Issue.record("\(file.path) does not end with one line end") }
        }
    }

    @Test("Nothing is left for later in a comment")
    func markers() {
        // Put together here, or this file would be the first to be found.
        let markers = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]
        for file in SourceTree.files {
            for (number, line) in file.lines.enumerated() {
                for marker in markers where hasWord(marker, in: line) {
                    Issue.record("\(file.path):\(number + 1) says \(marker)")
                }
            }
        }
    }

    @Test("Pointers stay in the files that are known for them, and each says why")
    func pointers() {
        for file in SourceTree.sources where usesPointers(file) {
            let explains = file.lines.first?.hasPrefix("// Unsafe") == true
            if Allowed.unsafe.contains(file.path), !explains {
                Issue.record("\(file.path) does not begin with '// Unsafe' and a reason")
            }
            if !Allowed.unsafe.contains(file.path), Allowed.borrowing[file.path] == nil {
                Issue.record("\(file.path) uses pointers and is not in Allowed")
            }
        }
    }

    @Test("What is allowed to use pointers exists, and uses them")
    func allowedPointers() {
        let users = Set(SourceTree.sources.filter(usesPointers).map(\.path))
        for path in Allowed.unsafe.union(Allowed.borrowing.keys) where !users.contains(path) {
            Issue.record("\(path) needs no entry in Allowed")
        }
    }

    @Test("The hub's modules do without Foundation")
    func foundation() {
        for file in SourceTree.sources {
            let module = String(file.path.split(separator: "/")[1])
            guard Allowed.withoutFoundation.contains(module) else { continue }
            for line in file.lines where line.hasSuffix("import Foundation") {
                Issue.record("\(file.path): \(line)")
            }
        }
    }

    @Test("Every page has one title, on its first line")
    func titles() {
        for page in SourceTree.pages {
            let titles = proseLines(page).filter { $0.hasPrefix("# ") }
            if titles.count != 1 || page.lines.first?.hasPrefix("# ") != true {
                Issue.record("\(page.path) has \(titles.count) titles")
            }
        }
    }

    @Test("Links lead to files that are there, and to headings that pages have")
    func links() {
        let pages = Dictionary(uniqueKeysWithValues: SourceTree.pages.map { ($0.path, $0) })
        var anchors = 0
        for page in SourceTree.pages {
            let folder = page.path.split(separator: "/").dropLast().map(String.init)
            let prose = proseLines(page).joined(separator: "\n")
            for link in prose.matches(of: /\]\(([^)#:\s]*)(?:#([^)\s]*))?\)/) {
                let path = link.1.isEmpty ? page.path : resolve(link.1, from: folder)
                if !SourceTree.isThere(path) { Issue.record("\(page.path) links to \(link.1)") }
                guard let anchor = link.2, let target = pages[path] else { continue }
                anchors += 1
                if !headings(of: target).contains(String(anchor)) {
                    Issue.record("\(page.path) links to \(path)#\(anchor)")
                }
            }
        }
        #expect(anchors > 50)
    }

    @Test("Decisions are numbered without a gap, and named NNNN-title.md")
    func decisions() {
        let names = SourceTree.files.map(\.path).filter { $0.hasPrefix("docs/decisions/") }
            .map { String($0.dropFirst("docs/decisions/".count)) }
        var numbers: [Int] = []
        for name in names where name != "README.md" {
            guard let match = name.wholeMatch(of: /(\d{4})-[a-z0-9-]+\.md/) else {
                Issue.record("docs/decisions/\(name) is not named NNNN-title.md")
                continue
            }
            numbers.append(Int(match.1)!)
        }
        #expect(numbers == Array((numbers.first ?? 1)..<((numbers.first ?? 1) + numbers.count)))
    }

    @Test("No path of somebody's machine stands in a file")
    func machines() {
        let beginnings = ["/wo" + "rk/", "/ho" + "me/", "/Us" + "ers/", "/ro" + "ot/"]
        for file in SourceTree.files {
            for beginning in beginnings where file.text.contains(beginning) {
                Issue.record("\(file.path) names a path under \(beginning)")
            }
        }
    }

    private func isCode(_ path: String) -> Bool {
        [".swift", ".c", ".h"].contains { path.hasSuffix($0) }
    }

    private func usesPointers(_ file: SourceTree.File) -> Bool {
        file.lines.contains { line in
            let code = line.prefix(upTo: line.firstRange(of: "//")?.lowerBound ?? line.endIndex)
            return code.contains("Unsafe") || code.contains("Unmanaged")
                || code.contains("withUnsafe") || code.contains("unsafeBitCast")
        }
    }

    private func hasWord(_ word: String, in line: Substring) -> Bool {
        guard let range = line.firstRange(of: word) else { return false }
        let before = line[..<range.lowerBound].last
        let after = line[range.upperBound...].first
        return [before, after].allSatisfy { !($0?.isLetter ?? false) && !($0?.isNumber ?? false) }
    }

    /// The lines outside of code blocks: a shell comment there is no title.
    private func proseLines(_ page: SourceTree.File) -> [Substring] {
        var isCode = false
        return page.lines.filter { line in
            if line.hasPrefix("```") { isCode.toggle() }
            return !isCode
        }
    }

    /// The headings of a page as links name them: in small letters, with a dash for each space, and
    /// nothing else that is neither letter nor number; one that comes again has a number behind it.
    private func headings(of page: SourceTree.File) -> Set<String> {
        var names: Set<String> = []
        var counts: [String: Int] = [:]
        for line in proseLines(page) where line.hasPrefix("#") {
            let title = line.drop { $0 == "#" }.dropFirst().lowercased()
            let name = String(
                title.compactMap { character in
                    if character == " " { return "-" }
                    let stays = character.isLetter || character.isNumber
                    return stays || character == "-" || character == "_" ? character : nil
                })
            let count = counts[name, default: 0]
            names.insert(count == 0 ? name : "\(name)-\(count)")
            counts[name] = count + 1
        }
        return names
    }

    private func resolve(_ target: Substring, from folder: [String]) -> String {
        var parts = folder
        for part in target.split(separator: "/") {
            if part == ".." {
                _ = parts.popLast()
            } else if part != "." {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}
