// swift-tools-version: 6.2
import PackageDescription

/// One set of flags for every target: what they forbid is forbidden everywhere.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)",
        exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "message-center",
    products: [
        .executable(name: "message-center", targets: ["message-center"]),
        .library(name: "MessageCenterClient", targets: ["MessageCenterClient"]),
    ],
    targets: [
        // C libraries, as Debian packages them.
        .target(name: "CLinux"),
        // The files that the hub serves.
        .target(name: "CDocuments"),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

        // The hub, from the machine up.
        module("Platform", ["CLinux"]),
        module("Wire"),
        module("TLS", ["Wire", "COpenSSL"]),
        module("Hub"),
        module("SQLite", ["CSQLite"]),
        module("HubSQLite", ["Hub", "SQLite", "Platform"]),
        module("Archive", ["Hub", "Platform", "Wire", "CZstd", "COpenSSL"]),
        .target(
            name: "Backup",
            dependencies: ["Platform", "Wire", "Hub", "HubSQLite", "Archive", "COpenSSL"],
            swiftSettings: settings),
        .target(
            name: "HubServer",
            dependencies: [
                "Platform", "Wire", "Hub", "SQLite", "HubSQLite", "Archive", "CDocuments",
                "COpenSSL", "CZlib", "TLS",
            ],
            swiftSettings: settings),

        // The client side and the one program.
        module("MessageCenterClient", ["CCurl"]),
        module("DataAPI", ["Platform", "Wire", "SQLite"]),
        module("WarehouseTool", ["Platform", "Wire", "SQLite", "MessageCenterClient"]),
        .executableTarget(
            name: "message-center",
            dependencies: [
                "HubServer", "Backup", "MessageCenterClient", "DataAPI", "WarehouseTool",
                "Platform", "Wire", "Hub", "SQLite",
            ],
            swiftSettings: settings),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: [
                "Platform", "Wire", "TLS", "Hub", "SQLite", "HubSQLite", "Archive",
                "HubServer",
            ],
            path: "Tests/Support", swiftSettings: settings),
        tests("PlatformTests", ["Platform"]),
        tests("WireTests", ["Wire"]),
        tests("TLSTests", ["TLS", "Wire", "COpenSSL"]),
        tests("HubTests", ["Hub"]),
        tests("SQLiteTests", ["SQLite"]),
        tests(
            "ArchiveTests", ["Archive", "Hub", "Wire", "Platform"], exclude: ["read-archive.py"]),
        tests("StoreContractTests", ["Hub", "SQLite", "HubSQLite", "CSQLite"]),
        tests(
            "HubServerTests",
            ["HubServer", "Hub", "HubSQLite", "Archive", "Wire", "Platform", "CSQLite"]),
        tests("DataAPITests", ["DataAPI", "SQLite", "Wire", "Platform"]),
        tests(
            "WarehouseToolTests",
            [
                "message-center", "WarehouseTool", "MessageCenterClient", "DataAPI", "SQLite",
                "Wire",
                "Platform",
            ]),
        tests("CommandTests", ["message-center"]),
        .executableTarget(
            name: "spooler", dependencies: ["MessageCenterClient"], path: "Tests/Spooler",
            swiftSettings: settings),
        tests(
            "ClientTests",
            [
                "MessageCenterClient", "message-center", "CrashingConsumer", "spooler", "Hub",
                "SQLite", "Platform", "Wire",
            ]),
        // A program that a test kills from within.
        .executableTarget(
            name: "CrashingConsumer", dependencies: ["MessageCenterClient"],
            path: "Tests/CrashingConsumer", swiftSettings: settings),
        tests("SimulationTests", ["HubServer", "Hub", "HubSQLite", "Platform"]),
        tests("CrashTests", ["message-center", "Archive", "Hub"]),
        tests(
            "BackupTests",
            ["message-center", "Backup", "HubSQLite", "SQLite", "Hub", "Platform", "Wire"]),
        // Connections by the thousand, which a test has in a process of their own.
        .executableTarget(name: "crowd", path: "Tests/Crowd", swiftSettings: settings),
        tests(
            "AbuseTests",
            ["message-center", "crowd", "Hub", "HubServer", "TLS", "Wire", "Platform"]),
        tests("BrowserTests", ["HubServer", "Platform", "Wire"]),
        // The unit, the proxy, the alerts and the image: what operators deploy.
        tests(
            "OperatingTests", ["message-center", "Hub", "HubServer", "Platform", "Wire"],
            exclude: ["as-service.py"]),
        tests("TidyTests", []),
    ]
)
