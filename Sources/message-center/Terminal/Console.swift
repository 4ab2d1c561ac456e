import Glibc
import Platform

/// Standard output for results, standard error for everything said about them.
///
/// Every call writes at once, from any thread; a line is one `write` and so stays whole.
enum Console {
    /// Writes a line of the result.
    static func print(_ line: String) {
        write(line + "\n", to: STDOUT_FILENO)
    }

    /// Writes a line of the result that must not get lost; throws if it could not be written.
    static func give(_ line: String) throws(Errno) {
        try ByteStream.writeAll(Array((line + "\n").utf8), to: STDOUT_FILENO)
    }

    /// Writes bytes of the result as they are, and a line end.
    static func print(bytes: [UInt8]) {
        ByteStream.write(bytes + [0x0A], to: STDOUT_FILENO)
    }

    /// Writes a line for the person at the terminal.
    static func note(_ line: String) {
        write(line + "\n", to: STDERR_FILENO)
    }

    /// Writes text without a line end, for a progress bar or a question.
    static func draw(_ text: String) {
        write(text, to: STDERR_FILENO)
    }

    /// Whether results go to a person's terminal.
    static var hasTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether a person sees what is drawn on standard error.
    static var hasDrawing: Bool { isatty(STDERR_FILENO) == 1 }

    /// Columns of the terminal; 0 where there is none, and nothing has to be shortened.
    static var width: Int {
        var size = winsize()
        guard hasTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return 0 }
        return Int(size.ws_col)
    }

    /// Columns there are to draw on, on standard error; 80 where nobody says.
    static var drawingWidth: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
    }

    /// Asks a question that only `yes` answers with yes. Without a terminal nobody can answer.
    static func confirm(_ question: String) -> Bool {
        guard canAsk else { return false }
        draw(question + " [yes/no] ")
        return readLine() == "yes"
    }

    /// Whether there is a person to ask.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && hasDrawing }

    private static func write(_ text: String, to descriptor: Int32) {
        ByteStream.write(Array(text.utf8), to: descriptor)
    }
}
