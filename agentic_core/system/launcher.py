"""What a child process runs first: it takes its identity, ties its life to its parent, and becomes its program.

`SystemProcesses` executes this file by path with a bare interpreter; nothing imports it. Python code between fork and
exec is unsafe in a process with threads, and a death signal set before the identity changes would be forgotten by the
kernel, hence this step of its own. Every import here is paid by every start of a child: keep it to these three.

Arguments: parent's process id, death signal, `same` | `mapped` | `other`, uid, gid, program, its arguments.
"""

import ctypes
import os
import sys

__all__ = ["main"]

_IDENTITY_REFUSED = 125
_NOT_STARTED = 127
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_SIG_DFL = None
_SIG_SETMASK = 2
_SIGNALS = range(1, 65)
_SIGSET_BYTES = 128


def main(arguments: list[str]) -> int:
    """Become the program; only a failure returns, with an exit code and a line on standard error."""
    parent, death_signal, kind, uid, gid, *command = arguments
    environment = _given_environment()  # cannot be read any more once we are someone else
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        _take_identity(libc, kind, int(uid), int(gid))
    except OSError as exc:
        sys.stderr.write(f"{_IDENTITIES[kind]}: {exc.strerror}\n")
        return _IDENTITY_REFUSED
    _restore_signals(libc)
    if libc.prctl(_PR_SET_PDEATHSIG, *map(ctypes.c_ulong, (int(death_signal), 0, 0, 0))) != 0:
        sys.stderr.write("this system cannot tie a child to its parent; Linux is needed\n")
        return _NOT_STARTED
    if os.getppid() != int(parent):  # it ended before the kernel knew whom to tell
        return _NOT_STARTED
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - no shell is wanted
    except OSError as exc:
        sys.stderr.write(f"{command[0]} cannot be run: {exc.strerror}\n")
    return _NOT_STARTED


_IDENTITIES = {
    "same": "the same user",
    "mapped": "a user namespace is not permitted",
    "other": "switching to another user is not permitted",
}


def _take_identity(libc: ctypes.CDLL, kind: str, uid: int, gid: int) -> None:
    if kind == "mapped":
        outside_uid, outside_gid = os.geteuid(), os.getegid()
        if libc.unshare(_CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        # The kernel wants groups frozen before an unprivileged process may map one.
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/gid_map", f"{gid} {outside_gid} 1")
        _write("/proc/self/uid_map", f"{uid} {outside_uid} 1")
    elif kind == "other":
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)


def _restore_signals(libc: ctypes.CDLL) -> None:
    # Ignored and blocked signals survive exec, and a background shell ignores SIGINT, which may be the death signal.
    for number in _SIGNALS:
        libc.signal(number, _SIG_DFL)
    libc.sigprocmask(_SIG_SETMASK, ctypes.create_string_buffer(_SIGSET_BYTES), None)


def _given_environment() -> dict[bytes, bytes]:
    # Not `os.environ`: an interpreter that is given no locale adds one of its own.
    with open("/proc/self/environ", "rb") as file:  # noqa: PTH123 - pathlib would cost every child milliseconds
        entries = file.read().split(b"\0")
    return dict(entry.split(b"=", 1) for entry in entries if b"=" in entry)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
