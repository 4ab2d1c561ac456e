import Hub
import Platform

/// What the loops ask the archive's desk.
enum DeskMail {
    /// The page of a pull that begins, or whose warehouse's position is, in the archive.
    case page(PageAsk)
    /// The index behind which a position lies that is below the border.
    case position(loop: Int, call: Token, Position, for: Principal)
    /// Messages of a warehouse's line between two indexes.
    case distance(loop: Int, call: Token, wid: UInt32, from: Int64, to: Int64)
    /// A batch of one request, some of whose ids may stand for archived messages. The desk notes
    /// what they stand for and hands it on to the writer.
    case ids(WriteBatch)

    struct PageAsk: Sendable {
        let loop: Int
        let call: Token
        let request: PullRequest
        let from: Int64
        /// Where the warehouse was when it was asked.
        let committed: Int64
        let mayWait: Bool
    }
}

/// What the desk answers to a loop.
enum DeskAnswer: Sendable {
    case page(DeskMail.PageAsk, Result<DeskPage, Problem>)
    case number(Token, Result<Int64, Problem>)
}

/// A page out of the archive.
struct DeskPage: Sendable {
    let page: PageReader.Page
    /// Its messages, a JSON array.
    let messages: [UInt8]
    /// What is known of the line at the page's ends and where the warehouse is.
    let marks: [LineMark]
}

/// A place of a line in the archive.
struct LineMark: Sendable {
    let index: Int64
    /// Messages of the line at or below it.
    let ordinal: Int64
    /// When the next message of the line was created: milliseconds since 1970.
    let nextCreated: Int64?
}
