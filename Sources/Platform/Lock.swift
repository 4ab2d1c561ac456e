// Unsafe: a pthread mutex must keep its address, so it lives in memory of its own.

import Glibc

/// A mutual exclusion; pthread_mutex_lock(3). Prefer `Locked`, which also holds what it guards.
///
/// Not the standard library's `Mutex`: that one sleeps on a futex, which the thread sanitizer
/// cannot see, so that it reports every use as a race. It is slower by a few nanoseconds.
package struct Lock: ~Copyable, @unchecked Sendable {
    // Unchecked: a mutex is for being used by several threads; the pointer never changes.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    package init() {
        mutex = .allocate(capacity: 1)
        let code = pthread_mutex_init(mutex, nil)
        precondition(code == 0)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    package borrowing func lock() {
        let code = pthread_mutex_lock(mutex)
        precondition(code == 0)
    }

    package borrowing func unlock() {
        let code = pthread_mutex_unlock(mutex)
        precondition(code == 0)
    }
}
