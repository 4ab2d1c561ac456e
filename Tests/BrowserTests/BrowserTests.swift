import Testing

/// The dashboard in a real browser, at a real hub. There is one browser: tests take turns.
@Suite("The dashboard in a browser", .serialized, .timeLimit(.minutes(5))) struct BrowserTests {}

/// The pages, each as it is addressed.
enum Pages {
    static let all = [
        "fleet", "warehouse/106", "messages", "message/12", "dead-letters", "traffic", "archive",
        "audit", "help",
    ]
}
