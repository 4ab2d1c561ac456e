package import MessageCenterClient
package import SQLite
package import Wire

/// What a warehouse tool does: which hub, which warehouse, which database, and what becomes of the
/// messages.
package struct WarehouseConfiguration: Sendable {
    package let hub: String
    package let wid: Int
    let token: String?
    let options: HTTPOptions
    /// Where the consumer keeps its lock, its tries and its dead letters.
    package let folder: String
    /// Path of the warehouse's database.
    package let database: String
    /// Statements that make the tables, where they are not there.
    let create: [String]
    let sources: [Sources.Source]
    /// For one request to a source.
    let sourceTimeout: Duration
    /// How long a source or the database may be away before the message counts as failed.
    let patience: Duration
    package let rules: [Rule]
    package let bootstrap: [BootstrapStep]
    package let consumption: Consumption

    /// How messages are pulled and tried.
    package struct Consumption: Sendable {
        var limit = 100
        var waitSeconds = 30
        var intervalSeconds = 60
        var coalesce = Coalescing.perKey
        var tries = 10
        var bell = true
        var command: [String] = []
        var webhook: String?
    }

    /// Opens the database at its place, and makes the tables that are missing.
    package func openDatabase() throws(SQLiteError) -> WarehouseDatabase {
        let connection = try WarehouseDatabase.open(database)
        for sql in create { try connection.execute(sql) }
        return try WarehouseDatabase(path: database, wid: wid)
    }

    /// How the consumer is to work, the database keeping its position.
    package func consumeSettings(keeper: WarehouseDatabase) -> ConsumeSettings {
        var settings = ConsumeSettings()
        settings.interval = .seconds(consumption.intervalSeconds)
        settings.limit = consumption.limit
        settings.wait = .seconds(consumption.waitSeconds)
        settings.coalescing = consumption.coalesce
        settings.retry.tries = consumption.tries
        // What is away is waited for within the handler.
        settings.handlerTimeout = patience + .seconds(300)
        settings.folder = folder
        settings.keeper = keeper
        settings.alarm.bell = consumption.bell
        settings.alarm.command = consumption.command
        settings.alarm.webhook = consumption.webhook
        settings.connection = options
        settings.clientName = "message-center consume"
        return settings
    }

    /// A consumer of this warehouse.
    package func consumer(_ settings: ConsumeSettings) throws(ConsumerFailure) -> MessageConsumer {
        try MessageConsumer(url: hub, wid: wid, token: token, settings: settings)
    }

    /// The topics that some rule takes.
    package var topics: [String] { rules.flatMap { $0.topics.map(\.text) } }

    /// The rule for `topic`: the first that takes it.
    func rule(for topic: String) -> Rule? { rules.first { $0.takes(topic) } }

    /// Which one that is.
    func place(ofRuleFor topic: String) -> Int? { rules.firstIndex { $0.takes(topic) } }
}

// MARK: - Reading

extension WarehouseConfiguration {
    /// Reads a configuration and holds it against the database, whose missing tables it makes.
    ///
    /// - Parameters:
    ///   - folder: that of the configuration, which paths in it are relative to.
    ///   - open: opens the database at a path. Not called where the file says too little.
    /// - Throws: every mistake, with its pointer. Nothing has been started then.
    package static func read(
        _ bytes: [UInt8], folder: String, open: (String) throws(SQLiteError) -> Connection
    ) throws(Declaration.Mistakes) -> WarehouseConfiguration {
        try Declaration.read(bytes) { whole in
            whole.allow(
                "hub", "wid", "token", "tls", "folder", "database", "create", "data", "rules",
                "bootstrap", "consume", "alarm")
            let hub = whole.required("hub").flatMap { $0.address() }
            let wid = whole.required("wid").flatMap { $0.integer(1...2_147_483_647) }
            let token = whole["token"].flatMap { Secret.read($0, in: folder) }
            let options = whole["tls"].map { HTTPOptions($0, in: folder) } ?? HTTPOptions()
            let own = whole["folder"].flatMap { $0.text() } ?? "\(wid ?? 0)"
            let path = whole.required("database").flatMap { $0.text() }
            let data = DataDeclaration(whole["data"], in: folder)
            let sources = Sources(default: data.source, folder: folder)
            let consumption = Consumption(whole["consume"], whole["alarm"])
            guard let path else { return nil }
            let place = Secret.path(path, in: folder)
            let create = Self.create(whole)
            guard let database = Self.database(whole, place, create, open) else { return nil }
            let rules = (whole.required("rules")?.elements() ?? []).compactMap {
                Rule($0, sources, database)
            }
            let steps = (whole["bootstrap"]?.elements() ?? []).compactMap {
                BootstrapStep($0, sources, database)
            }
            guard whole.isGood, let hub, let wid else { return nil }
            return WarehouseConfiguration(
                hub: hub, wid: wid, token: token, options: options,
                folder: Secret.path(own, in: folder), database: place, create: create,
                sources: sources.all, sourceTimeout: data.timeout, patience: data.patience,
                rules: rules, bootstrap: steps, consumption: consumption)
        }
    }

    /// The folder that a configuration names for lock, tries and dead letters, and nothing else of
    /// it.
    package static func folder(
        in bytes: [UInt8], folder: String
    ) throws(Declaration.Mistakes) -> String {
        try Declaration.read(bytes) { whole in
            guard whole.value.members != nil else {
                whole.note("must be an object")
                return nil
            }
            if let own = whole["folder"] { return own.text().map { Secret.path($0, in: folder) } }
            let wid = whole.required("wid").flatMap { $0.integer(1...2_147_483_647) }
            return wid.map { Secret.path(String($0), in: folder) }
        }
    }

    private static func create(_ whole: Declaration) -> [String] {
        (whole["create"]?.elements() ?? []).compactMap { element in
            guard let sql = element.text() else { return nil }
            let isGood = ["TABLE", "INDEX", "UNIQUE INDEX"].contains { kind in
                sql.uppercased().hasPrefix("CREATE \(kind) IF NOT EXISTS ")
            }
            guard isGood else {
                element.note(
                    "must begin with CREATE TABLE IF NOT EXISTS, or the same for an index: it is "
                        + "run at every start")
                return nil
            }
            return sql
        }
    }

    /// The database, its tables made.
    private static func database(
        _ whole: Declaration, _ path: String, _ create: [String],
        _ open: (String) throws(SQLiteError) -> Connection
    ) -> Connection? {
        do {
            let database = try open(path)
            for (place, sql) in create.enumerated() {
                do {
                    try database.execute(sql)
                } catch {
                    whole.child("create").child(String(place)).note("fails: \(error.message)")
                }
            }
            return database
        } catch {
            whole.child("database").note("cannot be opened: \(error)")
            return nil
        }
    }
}

/// The member `data`: the interface that paths go to, and how long it is waited for.
private struct DataDeclaration {
    var source: Sources.Source?
    var timeout: Duration = .seconds(30)
    var patience: Duration = .seconds(3600)

    init(_ declared: Declaration?, in folder: String) {
        guard let declared else { return }
        declared.allow("url", "token", "headers", "timeoutSeconds", "patienceSeconds")
        if let base = declared.required("url").flatMap({ $0.address() }) {
            source = Sources.Source(
                base: base, token: declared["token"].flatMap { Secret.read($0, in: folder) },
                headers: declared["headers"].map { HeaderField.all($0, in: folder) } ?? [])
        }
        if let seconds = declared["timeoutSeconds"].flatMap({ $0.integer(1...600) }) {
            timeout = .seconds(seconds)
        }
        if let seconds = declared["patienceSeconds"].flatMap({ $0.integer(0...604_800) }) {
            patience = .seconds(seconds)
        }
    }
}

extension WarehouseConfiguration.Consumption {
    fileprivate init(_ declared: Declaration?, _ alarm: Declaration?) {
        if let declared {
            declared.allow("limit", "waitSeconds", "intervalSeconds", "coalesce", "tries")
            limit = declared["limit"].flatMap { $0.integer(1...1000) } ?? limit
            waitSeconds = declared["waitSeconds"].flatMap { $0.integer(0...60) } ?? waitSeconds
            intervalSeconds =
                declared["intervalSeconds"].flatMap { $0.integer(1...86_400) } ?? intervalSeconds
            switch declared["coalesce"].flatMap({ $0.word("off", "adjacent", "key") }) {
            case "off": coalesce = .off
            case "adjacent": coalesce = .adjacent
            default: break
            }
            tries = declared["tries"].flatMap { $0.integer(1...1000) } ?? tries
        }
        if let alarm {
            alarm.allow("bell", "command", "webhook")
            bell = alarm["bell"].flatMap { $0.boolean() } ?? bell
            command = (alarm["command"]?.elements() ?? []).compactMap { $0.text() }
            webhook = alarm["webhook"].flatMap { $0.address() }
        }
    }
}

extension HTTPOptions {
    fileprivate init(_ declared: Declaration, in folder: String) {
        self.init()
        declared.allow("authority", "certificate", "key", "proxy")
        func path(_ name: String) -> String? {
            declared[name].flatMap { $0.text() }.map { Secret.path($0, in: folder) }
        }
        certificateAuthority = path("authority")
        clientCertificate = path("certificate")
        clientKey = path("key")
        proxy = declared["proxy"].flatMap { $0.value.text }
    }
}

extension Declaration {
    /// The base address written here; nil and noted if nothing can be sent to it.
    fileprivate func address() -> String? {
        guard let text = text() else { return nil }
        do throws(TransportFailure) {
            return try HTTPTransport(base: text).base
        } catch {
            note("cannot be used: \(error)")
            return nil
        }
    }
}
