/// The settings of retention and archive.
extension Settings {
    static let archive: [Setting] = [
        Setting(
            name: "retention", placeholder: "TIME",
            help: "how long a message stays in the store: 90m, 12h, 7d", standard: "7d"
        ) { text, configuration in
            guard let age = Quantity.duration(text) else { return Quantity.durationForm }
            configuration.retention.age = age
            return nil
        },
        Setting(
            name: "retention-size", placeholder: "SIZE",
            help: "how large the store may be before its oldest messages move: 10GB; off",
            standard: "off"
        ) { text, configuration in
            configuration.retention.bytes = Quantity.size(text)
            let isGood = text == "off" || configuration.retention.bytes != nil
            return isGood ? nil : Quantity.sizeForm + ", or off"
        },
        Setting(
            name: "archive", placeholder: "DIR", help: "the folder of the archive's files",
            standard: "archive in the data folder", isDescribed: true
        ) { text, configuration in
            configuration.archive = text
            return text.isEmpty ? "must name a folder" : nil
        },
        Setting(
            name: "archive-retention", placeholder: "TIME",
            help: "how long a message stays in the archive: 365d; forever", standard: "forever"
        ) { text, configuration in
            configuration.archiveRetention = Quantity.duration(text)
            let isGood = text == "forever" || configuration.archiveRetention != nil
            return isGood ? nil : Quantity.durationForm + ", or forever"
        },
        Setting(
            name: "min-free", placeholder: "SIZE",
            help: "room on the disk below which publishes are refused: 512MB; off",
            standard: "512MB"
        ) { text, configuration in
            configuration.leastFree = UInt64(Quantity.size(text) ?? 0)
            let isGood = text == "off" || configuration.leastFree > 0
            return isGood ? nil : Quantity.sizeForm + ", or off"
        },
    ]
}
