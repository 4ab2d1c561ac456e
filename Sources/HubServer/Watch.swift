import Hub
import HubSQLite
import Platform
import Synchronization

/// The thread that looks after what nobody asks about: room on the disks, memory that a flood has
/// left, the warehouses whose next message leaves the store, and the tokens.
final class Watch: Sendable {
    private let hub: HubState
    private let bell: Mailbox<Void>

    init(hub: HubState) throws(Errno) {
        self.hub = hub
        bell = try Mailbox(capacity: 1)
    }

    func end() { bell.close() }

    /// Runs until the end.
    func run(_ tokens: TokenWatch) {
        var tokens = tokens
        var room = RoomWatch(hub: hub)
        var memory = MemoryWatch(hub: hub)
        var positions = PositionWatch(hub: hub, reader: tokens.reader)
        while !bell.isClosed {
            let now = MonotonicClock.now()
            room.look(now)
            memory.look(now)
            positions.look(now)
            tokens.look(now)
            bell.wait(milliseconds: hub.configuration.retention.pause)
        }
        tokens.end()
    }
}

/// Gives memory back that a flood of connections has left. Seldom: a loop that allocates meanwhile
/// waits for some milliseconds.
private struct MemoryWatch {
    let hub: HubState
    private var next: UInt64 = 0

    init(hub: HubState) { self.hub = hub }

    mutating func look(_ now: UInt64) {
        guard now >= next, hub.hasEbbed.exchange(false, ordering: .relaxed) else { return }
        ProcessMemory.giveBack()
        next = now + 5_000_000_000
    }
}

/// Looks once a second whether the disks of data and archive have room enough.
private struct RoomWatch {
    private let hub: HubState
    private var gauge: RoomGauge
    private var next: UInt64 = 0
    private var isBlind = false

    init(hub: HubState) {
        self.hub = hub
        gauge = RoomGauge(limit: hub.configuration.leastFree)
    }

    mutating func look(_ now: UInt64) {
        guard now >= next else { return }
        next = now + 1_000_000_000
        let data = free(hub.configuration.data)
        let archive = free(hub.configuration.archive)
        hub.metrics.archive.note(dataFree: data, archiveFree: archive)
        // Nobody knows: what was said last is held to.
        guard let least = [data, archive].compactMap(\.self).min(), gauge.note(free: least) else {
            return
        }
        hub.condition.isShortOfRoom = gauge.isShort
        if gauge.isShort {
            hub.log.error(
                """
                the disk is nearly full, \(least / 1_000_000) MB are free: publishes are refused \
                with 507; make room on \(hub.configuration.data) or \(hub.configuration.archive)
                """)
        } else {
            hub.log.info("the disk has room again: messages are taken")
        }
    }

    /// Of a folder that is not there yet, the one above it tells.
    private mutating func free(_ path: String) -> UInt64? {
        var path = path
        while true {
            do throws(Errno) {
                let free = try hub.configuration.free(path)
                isBlind = false
                return free
            } catch {
                if error == .notFound, let slash = path.lastIndex(of: "/") {
                    path = slash == path.startIndex ? "/" : String(path[..<slash])
                    continue
                }
                if error == .notFound, path != "." {
                    path = "."
                    continue
                }
                if !isBlind { hub.log.error("the room at \(path) cannot be read: \(error)") }
                isBlind = true
                return nil
            }
        }
    }
}
