extension Command {
    static let version = Command(
        name: "version", summary: "print the version",
        run: { _ in
            Console.print("message-center \(programVersion)")
            return .done
        })
}
