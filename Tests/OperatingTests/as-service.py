#!/usr/bin/python3
"""Runs a program as a systemd unit would have it, as far as that goes without systemd:

    as-service.py UNIT STATE-FOLDER PROGRAM [WORD ...]

As root: a file system that is read-only but for STATE-FOLDER, an unprivileged user, no capability.
As anybody: no new privileges, and the unit's system calls, address families and memory rules. What
the unit forbids ends the process here, where systemd would have the call fail: a test sees it then.
"""
import ctypes
import os
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
seccomp = ctypes.CDLL("libseccomp.so.2")

CLONE_NEWNS = 0x20000
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
KILL, ALLOW = 0x80000000, 0x7FFF0000  # SCMP_ACT_KILL_PROCESS, SCMP_ACT_ALLOW
EQUAL, MASKED = 4, 7  # SCMP_CMP_EQ, SCMP_CMP_MASKED_EQ
WRITE, EXECUTE = 2, 4  # PROT_WRITE, PROT_EXEC
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}


def checked(result, what):
    if result < 0:
        sys.exit(f"as-service: {what}: {os.strerror(ctypes.get_errno() or -result)}")
    return result


def settings(unit):
    """The lines NAME=VALUE of a unit, the values of one name in their order."""
    found = {}
    for line in open(unit):
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def calls(group):
    """The names of the system calls in a group such as @system-service."""
    if not group.startswith("@"):
        return {group}
    said = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True)
    words = [line.split("#")[0].strip() for line in said.stdout.splitlines()[1:]]
    return set().union(*(calls(word) for word in words if word))


def read_only(state):
    """All that is mounted is read-only from here on, but for `state`."""
    def mount(source, target, flags):
        return libc.mount(source, target, None, ctypes.c_ulong(flags), None)

    state = os.fsencode(os.path.realpath(state))
    checked(libc.unshare(CLONE_NEWNS), "unshare")
    checked(mount(None, b"/", MS_REC | MS_PRIVATE), "mount private")
    checked(mount(state, state, MS_BIND), "mount state")
    for line in open("/proc/self/mountinfo", "rb"):
        target = line.split()[4].decode("unicode_escape").encode()
        if target != state and not target.startswith((b"/proc", b"/sys", b"/dev")):
            # What cannot be made so belongs to the machine, such as a file that an engine mounts.
            mount(None, target, MS_REMOUNT | MS_BIND | MS_RDONLY)


def become_nobody(state, program):
    """The user and group 65534, if they may run `program`; no capabilities in any case."""
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os._exit(0 if os.access(program, os.X_OK) else 1)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit(f"as-service: another user may not run {program}")
    os.chown(state, 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


class Compare(ctypes.Structure):
    """struct scmp_arg_cmp of seccomp_rule_add(3)."""
    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int),
                ("first", ctypes.c_uint64), ("second", ctypes.c_uint64)]


def confine(unit):
    allowed = set()
    for words in unit["SystemCallFilter"]:
        removes = words.startswith("~")
        for group in words.lstrip("~").split():
            allowed = allowed - calls(group) if removes else allowed | calls(group)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(KILL)))

    def allow(name, *comparisons):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return  # not of this kind of processor
        rules = (Compare * len(comparisons))(*comparisons)
        checked(seccomp.seccomp_rule_add_array(
            context, ctypes.c_uint32(ALLOW), number, len(comparisons), rules), name)

    conditional = {"socket", "mmap", "mprotect", "pkey_mprotect"}
    # systemd starts the program before the filter would forbid it.
    for name in sorted(allowed - conditional | {"execve"}):
        allow(name)
    for family in unit["RestrictAddressFamilies"][0].split():
        allow("socket", Compare(0, EQUAL, FAMILIES[family], 0))
    assert unit["MemoryDenyWriteExecute"] == ["yes"]
    both = WRITE | EXECUTE
    for protection in (0, WRITE, EXECUTE):
        allow("mmap", Compare(2, MASKED, both, protection))
    allow("mprotect", Compare(2, MASKED, EXECUTE, 0))
    allow("pkey_mprotect", Compare(2, MASKED, EXECUTE, 0))
    checked(seccomp.seccomp_load(context), "seccomp_load")


def main():
    unit, state, program, *words = sys.argv[1:]
    unit = settings(unit)
    if os.geteuid() == 0:
        read_only(state)
        become_nobody(state, program)
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    confine(unit)
    os.execv(program, [program] + words)


main()
