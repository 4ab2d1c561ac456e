// What Linux offers and Swift's Glibc module does not show: thin functions over the calls of the
// manual pages named beside them. Each returns what the call returns and leaves errno as it is.
//
// No feature macro is defined here: a header that did so would change what other modules see.
#ifndef CLINUX_H
#define CLINUX_H

#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>

/// struct epoll_event, its user word shown as the two halves of a token. On x86-64 the kernel packs
/// it into 12 bytes, elsewhere it is padded to 16; shim.c proves that both layouts are the same.
typedef struct clinux_event {
    uint32_t bits;
#if !defined(__x86_64__)
    uint32_t padding;
#endif
    uint32_t slot;
    uint32_t generation;
} clinux_event;

enum {
    CLINUX_EPOLLIN = 0x001,
    CLINUX_EPOLLOUT = 0x004,
    CLINUX_EPOLLERR = 0x008,
    CLINUX_EPOLLHUP = 0x010,
};

/// epoll_create1(2), close-on-exec.
int clinux_epoll_create(void);
/// epoll_ctl(2) with EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL.
int clinux_epoll_add(int epoll, int fd, clinux_event event);
int clinux_epoll_modify(int epoll, int fd, clinux_event event);
int clinux_epoll_remove(int epoll, int fd);
/// epoll_wait(2).
int clinux_epoll_wait(int epoll, clinux_event *events, int capacity, int milliseconds);

/// eventfd(2), counter 0, non-blocking, close-on-exec.
int clinux_eventfd(void);
/// signalfd(2), non-blocking, close-on-exec.
int clinux_signalfd(const sigset_t *signals);
/// Reads one signal off a signalfd: its number, or -1.
int clinux_signalfd_read(int fd);

/// accept4(2), non-blocking, close-on-exec.
int clinux_accept(int fd, struct sockaddr *address, socklen_t *length);

/// setpriority(2) of the calling thread and those it starts, to a tenth of the others' share, and
/// ioprio_set(2) to the class that gets the disk when nobody else wants it. Returns -1 if either
/// was refused.
int clinux_come_last(void);

/// SCHED_IDLE of sched(7) for the calling thread. Returns -1 if it was refused.
int clinux_run_when_idle(void);

/// gettid(2).
int clinux_thread_id(void);
/// mallopt(3): blocks of so many bytes have pages of their own, and the end of a heap that is free
/// and as large goes back; for good, where the C library would let both grow with what was freed.
void clinux_bound_heap(int bytes);
/// malloc_trim(3) with no room kept; nothing where the C library has no such call.
void clinux_trim_heap(void);

/// pthread_setname_np(3) for the calling thread: at most 15 bytes. Returns an errno, 0 for success.
int clinux_name_thread(const char *name);

/// Lets others go first: the calling thread, and those it starts, get the lowest priority for the
/// processor (nice 19; setpriority(2)) and for disks (best effort 7; ioprio_set(2)).
void clinux_let_others_go_first(void);

/// getrandom(2), never short of entropy once the system has started.
long clinux_getrandom(void *bytes, unsigned long count);
/// flock(2), exclusive, not waiting. A function of its own since Swift sees a struct of that name.
int clinux_flock_exclusive(int fd);
int clinux_flock_release(int fd);

/// getrlimit(2) and setrlimit(2) of RLIMIT_NOFILE.
int clinux_descriptor_limit(uint64_t *soft, uint64_t *hard);
int clinux_set_descriptor_limit(uint64_t soft, uint64_t hard);

/// strerrorname_np(3): "EADDRINUSE", or NULL for a number that is no error.
const char *clinux_error_name(int code);
/// strerrordesc_np(3): "Address already in use", never translated, or NULL.
const char *clinux_error_text(int code);

/// memmem(3)
const void *clinux_memmem(
    const void *bytes, unsigned long count, const void *part, unsigned long length);

#endif
