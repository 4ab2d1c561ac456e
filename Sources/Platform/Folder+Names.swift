// Unsafe because readdir(3) lends each name as a C array.

import Glibc

extension Folder {
    /// The names in the folder at `path`, but `.` and `..`, in no order; readdir(3).
    package static func names(in path: String) throws(Errno) -> [String] {
        guard let folder = opendir(path) else { throw Errno(errno) }
        defer { closedir(folder) }
        var names: [String] = []
        while true {
            // The only way to tell the end from an error.
            errno = 0
            guard let entry = readdir(folder) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
                    String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw Errno(errno) }
        return names
    }
}
