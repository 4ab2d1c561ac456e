package import Hub
import Platform
import Wire

/// Appends frames to the files of an archive, a file a UTC day, and makes sure of them. One thread.
///
/// A frame is safe once `settle` has returned: synced, under a name that is synced, read back and
/// compared with what it was made of. After a failure nothing can be appended until `cut` has put
/// the files back to what the catalogue knows: what a failed sync has lost is not written again by
/// trying again.
package final class ArchiveWriter {
    private let folder: String
    private let hub: String
    private let fault: (ArchiveStep) -> ArchiveFailure?
    private let reader: ArchiveReader

    /// Where the next frame of a day goes if the day has begun.
    private struct Place {
        var name: ArchiveFileName
        var end: Int64
        /// The file ends where it should, so that it can go on.
        var goesOn: Bool
    }
    private var place: Place?
    private var file: ArchiveFile?
    /// The file's name is new, and not known to be on disk.
    private var isNew = false
    /// The files are in order: since `cut`, nothing has failed.
    private var isReady = false
    private var unsynced = 0
    private var unsettled: [(built: BuiltFrame, row: ArchivedFrame)] = []
    private var unsettledBytes = 0

    /// - Parameters:
    ///   - folder: where the files are; made by `cut` if it is missing.
    ///   - hub: this hub's identity: only files with it in their names are ever touched.
    ///   - fault: asked at each step whether it fails; for tests.
    package init(
        folder: String, hub: String,
        fault: @escaping (ArchiveStep) -> ArchiveFailure? = { _ in nil }
    ) {
        precondition(ArchiveFileName.isHub(hub), "no hub is named \(hub)")
        self.folder = folder
        self.hub = hub
        self.fault = fault
        reader = ArchiveReader(folder: folder, memory: 0)
    }

    private func pass(_ step: ArchiveStep) throws(ArchiveFailure) {
        step.passKillPoint()
        if let failure = fault(step) { throw failure }
    }

    private func path(_ name: String) -> String { "\(folder)/\(name)" }

    // MARK: The start

    /// What `cut` did.
    package struct Cut: Equatable, Sendable {
        /// Files removed, which the catalogue does not know.
        package var removed: [String] = []
        /// Bytes cut off behind the catalogue's newest frame.
        package var bytes: Int64 = 0
        /// Why the newest frame's own file does not go on, if so. One that ends too early is left
        /// as it is, and the day goes on in a file of its own; while it is missing, nothing can be
        /// appended.
        package var lacking: ArchiveFailure?
    }

    /// Puts this hub's files back to what the catalogue knows; before the first frame, and after a
    /// failure.
    ///
    /// - Parameter last: the catalogue's newest frame, nil if it has none.
    package func cut(to last: ArchivedFrame?) throws(ArchiveFailure) -> Cut {
        isReady = false
        forget()
        let known = last.flatMap { ArchiveFileName($0.file) }
        let newest = known?.hub == hub ? known : nil
        var cut = Cut()
        let names = try ArchiveFailure.naming(folder) { () throws(Errno) in
            // One that had files is not made anew: its disk may not be mounted.
            if newest == nil { try Folder.make(folder) }
            return try Folder.names(in: folder)
        }
        let mine = names.compactMap(ArchiveFileName.init).filter { $0.hub == hub }.sorted()
        for name in mine where newest.map({ name > $0 }) ?? true {
            try ArchiveFailure.naming(name.text) { () throws(Errno) in
                try Folder.remove(file: path(name.text))
            }
            cut.removed.append(name.text)
            try pass(.fileRemoved)
        }
        if let last, let newest {
            try cutFile(newest, to: last, &cut)
        }
        if !cut.removed.isEmpty { try syncFolder() }
        isReady = true
        return cut
    }

    /// Lets go of the open file and of what is not settled.
    private func forget() {
        file = nil
        place = nil
        isNew = false
        unsynced = 0
        unsettled.removeAll()
        unsettledBytes = 0
    }

    /// Cuts the newest frame's file behind it, and has the day go on there if it can.
    private func cutFile(
        _ name: ArchiveFileName, to last: ArchivedFrame, _ cut: inout Cut
    ) throws(ArchiveFailure) {
        let end = last.bytes.upperBound
        place = Place(name: name, end: end, goesOn: false)
        do throws(ArchiveFailure) {
            let length = try ArchiveFailure.naming(name.text) { () throws(Errno) in
                let file = try ArchiveFile(path(name.text), for: .appending)
                let length = try file.length()
                if length > end { try file.truncate(to: end) }
                return length
            }
            guard length >= end else { throw last.cut(length) }
            cut.bytes = length - end
            place?.goesOn = true
        } catch {
            switch error {
            case .missing, .cut: return cut.lacking = error
            default: throw error
            }
        }
        if cut.bytes > 0 { try pass(.fileCut) }
    }

    // MARK: The end

    /// Removes this hub's files that hold nothing any more but pruned messages. Safe to do again.
    ///
    /// - Parameter oldest: the catalogue's oldest frame that was not pruned, nil if it has none;
    ///   then `cut` comes before the next frame. Files of a hub that this one was restored from
    ///   stay.
    package func remove(before oldest: ArchivedFrame?) throws(ArchiveFailure) {
        let oldest = oldest.flatMap { ArchiveFileName($0.file) }
        if let oldest, oldest.hub != hub { return }
        if oldest == nil {
            isReady = false
            forget()
        }
        let names = try ArchiveFailure.naming(folder) { () throws(Errno) in
            try Folder.make(folder)
            return try Folder.names(in: folder)
        }
        let mine = names.compactMap(ArchiveFileName.init).filter { $0.hub == hub }.sorted()
        let gone = mine.filter { name in oldest.map { name < $0 } ?? true }
        for name in gone {
            try ArchiveFailure.naming(name.text) { () throws(Errno) in
                try Folder.remove(file: path(name.text))
            }
            try pass(.fileRemoved)
        }
        if !gone.isEmpty { try syncFolder() }
    }

    // MARK: Frames

    /// Writes a frame behind the one before, and syncs now and then. Only `settle` makes it safe.
    ///
    /// - Returns: its row for the catalogue.
    package func append(_ built: BuiltFrame) throws(ArchiveFailure) -> ArchivedFrame {
        precondition(isReady, "the files are put in order first")
        precondition(built.hub == hub, "a frame of another hub")
        isReady = false
        if unsettledBytes > 0,
            unsettledBytes + built.raw.count > ArchiveBounds.unsettled
                || place?.name.day != built.day
        {
            try settleAll()
        }
        if file == nil || place?.name.day != built.day { try open(day: built.day) }
        let row = built.row(file: place!.name.text, offset: place!.end)
        try write(built, row)
        place!.end += Int64(built.length)
        unsettled.append((built, row))
        unsettledBytes += built.raw.count
        unsynced += built.length
        if unsynced >= ArchiveBounds.unsynced { try sync(row.file) }
        isReady = true
        return row
    }

    /// Throws `missing` where the folder lacks the file of the newest frame: it is not the folder
    /// that the archive was in, because a disk is not mounted perhaps. What was written there would
    /// be hidden when it is mounted again.
    package func expectNewest() throws(ArchiveFailure) {
        if let place, place.end > 0 { _ = try reader.length(ofFile: place.name.text) }
    }

    private func open(day: Int) throws(ArchiveFailure) {
        try expectNewest()
        var part = 1
        if let place, place.name.day == day {
            if place.goesOn, try goOn(place) { return }
            part = place.name.part + 1
        }
        while true {
            let name = ArchiveFileName(day: day, hub: hub, part: part)
            do {
                file = try ArchiveFile(path(name.text), for: .making)
            } catch {
                guard error == .fileExists, part < ArchiveBounds.parts else {
                    throw ArchiveFailure(name.text, error)
                }
                part += 1
                continue
            }
            place = Place(name: name, end: 0, goesOn: true)
            isNew = true
            return try pass(.fileMade)
        }
    }

    /// Opens the file that the day has begun with; false: it is not there, or not as it was.
    private func goOn(_ place: Place) throws(ArchiveFailure) -> Bool {
        do throws(ArchiveFailure) {
            file = try ArchiveFailure.naming(place.name.text) { () throws(Errno) in
                try ArchiveFile(path(place.name.text), for: .appending)
            }
            return try length(of: place) == place.end
        } catch {
            guard case .missing = error else { throw error }
            return false
        }
    }

    private func length(of place: Place) throws(ArchiveFailure) -> Int64 {
        try ArchiveFailure.naming(place.name.text) { () throws(Errno) in try file!.length() }
    }

    private func write(_ built: BuiltFrame, _ row: ArchivedFrame) throws(ArchiveFailure) {
        let half = (built.headerLength + built.length) / 2
        let parts: [(Range<Int>, ArchiveStep)] = [
            (0..<built.headerLength, .headerWritten), (built.headerLength..<half, .dataHalfWritten),
            (half..<built.length, .written),
        ]
        for (range, step) in parts {
            try ArchiveFailure.naming(row.file) { () throws(Errno) in
                try file!.write(built.bytes, range, at: row.offset + Int64(range.lowerBound))
            }
            try pass(step)
        }
    }

    // MARK: Making sure

    /// Makes sure of every frame appended: on disk, under a name that is on disk, and the same when
    /// read again, the bytes of the file as well as each line.
    package func settle() throws(ArchiveFailure) {
        precondition(isReady, "the files are put in order first")
        isReady = false
        try settleAll()
        isReady = true
    }

    private func settleAll() throws(ArchiveFailure) {
        guard let name = place?.name.text, let first = unsettled.first else { return }
        if unsynced > 0 { try sync(name) }
        try pass(.synced)
        if isNew { try syncFolder() }
        isNew = false
        try pass(.folderSynced)
        let isThere = try ArchiveFailure.naming(name) { () throws(Errno) in
            try file!.isNamed(path(name))
        }
        guard isThere else { throw .missing(file: name) }
        file!.forgetPages(from: first.row.offset)
        for (built, row) in unsettled { try readBack(built, row) }
        try pass(.readBack)
        unsettled.removeAll()
        unsettledBytes = 0
    }

    private func sync(_ name: String) throws(ArchiveFailure) {
        try ArchiveFailure.naming(name) { () throws(Errno) in try file!.sync() }
        unsynced = 0
    }

    private func syncFolder() throws(ArchiveFailure) {
        try ArchiveFailure.naming(folder) { () throws(Errno) in try FileSync.directory(folder) }
    }

    private func readBack(_ built: BuiltFrame, _ row: ArchivedFrame) throws(ArchiveFailure) {
        let unpacked = try reader.load(row, previous: built.previous)
        guard unpacked.hasLines(built.raw) else {
            throw row.damaged("read back, its lines are others than were written")
        }
        try unpacked.verify()
    }
}
