"""What PostgreSQL writes about itself into `postmaster.pid`."""

import msgspec

__all__ = ["POSTMASTER_FILE", "Postmaster", "parse_postmaster"]

POSTMASTER_FILE = "postmaster.pid"

_PID_LINE = 0
_SOCKETS_LINE = 4
_STATUS_LINE = 7


class Postmaster(msgspec.Struct, frozen=True, kw_only=True):
    """The main process of a running or crashed server."""

    pid: int
    is_ready: bool
    """It accepts connections; False while it starts, recovers or stops."""

    sockets: str = ""
    """The folder of its socket, as far as it is written."""


def parse_postmaster(content: bytes | None) -> Postmaster | None:
    r"""Read the file as far as it is written; None when not even the process id is there.

    >>> parse_postmaster(b"7\n/db\n1700000000\n5432\n/run\n\n  1 2\nready   \n")
    Postmaster(pid=7, is_ready=True, sockets='/run')
    """
    lines = (content or b"").split(b"\n")
    # Standalone back ends write their process id as a negative number.
    number = lines[_PID_LINE].strip().removeprefix(b"-")
    if not number.isdigit():
        return None
    is_ready = len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == b"ready"
    sockets = lines[_SOCKETS_LINE].decode(errors="replace") if len(lines) > _SOCKETS_LINE else ""
    return Postmaster(pid=int(number), is_ready=is_ready, sockets=sockets)
