#define _GNU_SOURCE

#include "CLinux.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(clinux_event) == sizeof(struct epoll_event), "same size");
_Static_assert(offsetof(clinux_event, bits) == offsetof(struct epoll_event, events), "same bits");
_Static_assert(offsetof(clinux_event, slot) == offsetof(struct epoll_event, data), "same word");
_Static_assert(CLINUX_EPOLLIN == EPOLLIN && CLINUX_EPOLLOUT == EPOLLOUT, "same bits");
_Static_assert(CLINUX_EPOLLERR == EPOLLERR && CLINUX_EPOLLHUP == EPOLLHUP, "same bits");

int clinux_epoll_create(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

int clinux_epoll_add(int epoll, int fd, clinux_event event) {
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, (struct epoll_event *)&event);
}

int clinux_epoll_modify(int epoll, int fd, clinux_event event) {
    return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, (struct epoll_event *)&event);
}

int clinux_epoll_remove(int epoll, int fd) {
    return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
}

int clinux_epoll_wait(int epoll, clinux_event *events, int capacity, int milliseconds) {
    return epoll_wait(epoll, (struct epoll_event *)events, capacity, milliseconds);
}

int clinux_eventfd(void) {
    return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

int clinux_signalfd(const sigset_t *signals) {
    return signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

int clinux_signalfd_read(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : -1;
}

int clinux_accept(int fd, struct sockaddr *address, socklen_t *length) {
    return accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// From linux/ioprio.h, which only newer headers have.
enum { IOPRIO_PROCESS = 1, IOPRIO_IDLE = 3, IOPRIO_SHIFT = 13 };

int clinux_come_last(void) {
    // On Linux both take a thread: setpriority(2), "C library/kernel differences".
    int nice = setpriority(PRIO_PROCESS, 0, 10);
    long disk = syscall(SYS_ioprio_set, IOPRIO_PROCESS, 0, IOPRIO_IDLE << IOPRIO_SHIFT);
    return nice == 0 && disk == 0 ? 0 : -1;
}

int clinux_run_when_idle(void) {
    // On Linux it takes a thread: sched(7).
    struct sched_param none = {0};
    return sched_setscheduler(0, SCHED_IDLE, &none);
}

int clinux_thread_id(void) {
    return gettid();
}

int clinux_name_thread(const char *name) {
    return pthread_setname_np(pthread_self(), name);
}

void clinux_let_others_go_first(void) {
    // The numbers of <linux/ioprio.h>: IOPRIO_WHO_PROCESS, IOPRIO_CLASS_BE, the lowest of it. Not
    // the idle class: work that others keep from ever ending holds up more than it costs.
    setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
    syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 7);
}

long clinux_getrandom(void *bytes, unsigned long count) {
    return getrandom(bytes, count, 0);
}

int clinux_flock_exclusive(int fd) {
    return flock(fd, LOCK_EX | LOCK_NB);
}

int clinux_flock_release(int fd) {
    return flock(fd, LOCK_UN);
}

int clinux_descriptor_limit(uint64_t *soft, uint64_t *hard) {
    struct rlimit limit;
    int result = getrlimit(RLIMIT_NOFILE, &limit);
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    return result;
}

int clinux_set_descriptor_limit(uint64_t soft, uint64_t hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    return setrlimit(RLIMIT_NOFILE, &limit);
}

const char *clinux_error_name(int code) {
    return strerrorname_np(code);
}

const char *clinux_error_text(int code) {
    return strerrordesc_np(code);
}

const void *clinux_memmem(
    const void *bytes, unsigned long count, const void *part, unsigned long length) {
    return memmem(bytes, count, part, length);
}

void clinux_bound_heap(int bytes) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, bytes);
    mallopt(M_TRIM_THRESHOLD, bytes);
#endif
}

void clinux_trim_heap(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
