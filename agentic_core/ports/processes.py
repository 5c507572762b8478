"""Child processes that cannot outlive us."""

from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Protocol

import msgspec

__all__ = [
    "IDENTITY_REFUSED",
    "Account",
    "Child",
    "Finished",
    "Identity",
    "IdentityRefused",
    "Launch",
    "MappedUser",
    "OtherUser",
    "Processes",
    "SameUser",
    "Signal",
    "TimedOut",
]

IDENTITY_REFUSED = 125
"""Exit code of a child that was not allowed the identity it was launched with; its program never ran."""


class Signal(IntEnum):
    """What can be sent to a process, by its number on Linux."""

    INTERRUPT = 2
    QUIT = 3
    KILL = 9
    TERMINATE = 15


class SameUser(msgspec.Struct, frozen=True):
    """Run the child as the user we are."""


class MappedUser(msgspec.Struct, frozen=True, kw_only=True):
    """Run the child as the user we are, who it sees under another number in a user namespace of its own."""

    uid: int
    gid: int


class OtherUser(msgspec.Struct, frozen=True, kw_only=True):
    """Run the child as another user, with that user's group only; we have to be root."""

    uid: int
    gid: int


Identity = SameUser | MappedUser | OtherUser


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A user this system knows by name."""

    name: str
    uid: int
    gid: int


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """How a child is started: in a session of its own, without input, and never outliving us."""

    command: tuple[str, ...]
    """The program and its arguments."""

    environment: Mapping[str, str]
    """Everything the child sees; nothing is inherited."""

    folder: Path | None = None
    """Where the child works; None is where we do."""

    identity: Identity = SameUser()
    death_signal: Signal = Signal.KILL
    """What the kernel sends the child when we are gone, however we ended."""

    keep_open: tuple[int, ...] = ()
    """Our file descriptors that the child holds too, under the same numbers."""


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """The child ended by itself."""

    exit_code: int
    """Negative when a signal ended it."""

    output: str
    """What it wrote to its standard output and error, in order."""


class TimedOut(msgspec.Struct, frozen=True, kw_only=True):
    """The child took too long and was killed with its whole session."""

    output: str


class IdentityRefused(msgspec.Struct, frozen=True, kw_only=True):
    """The system did not allow the identity; the program never ran."""

    reason: str


class Child(Protocol):
    """A process we started."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Return its exit code (negative for a signal), or None when it still runs after the timeout."""

    def signal(self, number: Signal) -> None:
        """Send it a signal; nothing happens when it has ended."""


class Processes(Protocol):
    """Starts children and looks at processes; may be called from any thread."""

    def own_pid(self) -> int:
        """Return the id of this process."""

    def effective_uid(self) -> int:
        """Return the number of the user we act as; 0 is root."""

    def account(self, key: str | int) -> Account | None:
        """Look a user up by name or number, or return None when the system does not know it."""

    def start(self, launch: Launch, *, output: Path) -> Child:
        """Start a child whose standard output and error are appended to a file."""

    def run(self, launch: Launch, *, timeout_s: float) -> Finished | TimedOut | IdentityRefused:
        """Run a child to its end."""

    def is_alive(self, pid: int) -> bool:
        """Tell whether a process runs; one that has ended but was never waited for does not."""

    def command_of(self, pid: int) -> tuple[str, ...]:
        """Return the command line of a process, empty when there is none to see."""
