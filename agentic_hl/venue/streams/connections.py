"""One websocket as the venue keeps it: what it follows and what is on its way to it."""

from heapq import heappop, heappush

import msgspec

from agentic_hl.venue.channels import Subscription

__all__ = ["Connection", "Following", "frame"]


def frame(channel: str, payload: object) -> bytes:
    """Write a frame."""
    return msgspec.json.encode({"channel": channel, "data": payload})


class Following(msgspec.Struct, kw_only=True):
    """A subscription of one connection, and when its state is due."""

    subscription: Subscription
    every_ms: int | None
    """How often its state is sent; None is never."""
    due: int
    last: bytes | None = None
    """What was sent last, of channels that leave out what is unchanged."""


class Connection:
    """One socket without the socket."""

    def __init__(self, number: int, peer: str, now: int) -> None:
        """Open it."""
        self.number = number
        self.peer = peer
        self.follows: dict[bytes, Following] = {}
        self.posts = 0
        self.ended = ""
        """Why the venue ended it; empty while it is open."""
        self.said_at = now
        """When anything was sent last."""
        self._muted_until: int | None = now
        self._waiting: list[tuple[int, int, bytes]] = []
        self._count = 0

    def put(self, content: bytes, now: int, *, late_ms: int = 0) -> None:
        """Send something; later things that are not late overtake what is."""
        self._count += 1
        heappush(self._waiting, (now + late_ms, self._count, content))

    def take(self, now: int) -> list[bytes]:
        """Return what is due, oldest first; nothing of it comes back."""
        taken = []
        while self._waiting and self._waiting[0][0] <= now:
            taken.append(heappop(self._waiting)[2])
        if self.muted(now):
            return []
        if taken:
            self.said_at = now
        return taken

    def mute(self, until: int | None) -> None:
        """Let nothing pass either way; None is for ever."""
        self._muted_until = until

    def muted(self, now: int) -> bool:
        """Tell whether nothing passes."""
        return self._muted_until is None or self._muted_until > now

    def end(self, reason: str) -> None:
        """Close it from our side."""
        self.ended = self.ended or reason

    @property
    def due(self) -> int | None:
        """When the next thing is to be sent."""
        return self._waiting[0][0] if self._waiting else None

    def users(self) -> set[str]:
        """Return the users it follows."""
        return {user for following in self.follows.values() if (user := following.subscription.user) is not None}
