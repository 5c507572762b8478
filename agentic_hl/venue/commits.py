"""Actions wait for their block and are carried out in the venue's order of classes."""

from collections.abc import Callable

import msgspec

from agentic_hl.venue.protocol.blocks import block_class
from agentic_hl.venue.protocol.replies import Reply

__all__ = ["Answer", "Commits", "Summary", "Waiting", "asked_kind", "summarise"]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What one sees of an action without reading it strictly."""

    kind: str = ""
    """Its `type`; empty where there is none."""
    batch: int = 1
    """How many orders or cancels."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back for a request."""

    reply: Reply | None
    """None is silence."""
    late_ms: int = 0


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An action on its way into a block."""

    body: bytes
    arrived: int
    commit: Callable[[int], None]
    """Carries it out at a time, and answers."""


_BATCHES = ("orders", "cancels", "modifies")


def summarise(body: bytes) -> Summary:
    """Look at the body of an action; what cannot be read has no kind.

    >>> summarise(b'{"action": {"type": "cancel", "cancels": [{"a": 0, "o": 1}, {"a": 0, "o": 2}]}}')
    Summary(kind='cancel', batch=2)
    """
    match _decoded(body):
        case {"action": {"type": str() as kind, **action}}:
            items = next((items for key in _BATCHES if isinstance(items := action.get(key), list)), [None])
            return Summary(kind=kind, batch=len(items))
        case _:
            return Summary()


def asked_kind(body: bytes) -> str:
    """Look at the body of a question; what cannot be read has no kind.

    >>> asked_kind(b'{"type": "meta"}')
    'meta'
    """
    match _decoded(body):
        case {"type": str() as kind}:
            return kind
        case _:
            return ""


def _decoded(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None


class Commits:
    """Collects actions until their block is committed."""

    def __init__(self, block_ms: int) -> None:
        """Take how long a block is; 0 commits every action by itself, at once."""
        self._block_ms = block_ms
        self._waiting: list[Waiting] = []

    def add(self, waiting: Waiting) -> None:
        """Let an action wait, or carry it out."""
        if self._block_ms == 0:
            waiting.commit(waiting.arrived)
        else:
            self._waiting.append(waiting)

    @property
    def due(self) -> int | None:
        """When the next block is committed; None where nothing waits."""
        if not self._waiting:
            return None
        return (self._waiting[0].arrived // self._block_ms + 1) * self._block_ms

    def commit(self) -> None:
        """Carry out what waits for the next block: first what takes nothing, then cancels, then what may take."""
        due = self.due
        if due is None:
            return
        ready = [waiting for waiting in self._waiting if waiting.arrived < due]
        self._waiting = self._waiting[len(ready) :]
        for waiting in sorted(ready, key=lambda one: block_class(one.body)):
            waiting.commit(due)
