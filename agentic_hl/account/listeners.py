"""Several feeds on one connection."""

from collections.abc import Mapping
from typing import Final, Protocol

from agentic_core.errors import UsageError
from agentic_hl.stream.connection import Connection, GapFilled, StreamEvent, StreamListener
from agentic_hl.stream.effects import Deliver, FreshnessChanged, GapNeeded, Refused
from agentic_hl.stream.topics import Topic

__all__ = ["Feed", "Listeners"]


class Feed(StreamListener, Protocol):
    """A listener that knows what it wants to hear."""

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What the connection has to subscribe to."""


class Listeners:
    """A `StreamListener` that hands each topic to the feed it belongs to, and what belongs to none to all of them."""

    def __init__(self, *feeds: Feed) -> None:
        """Take the feeds.

        Raises:
            UsageError: two of them want the same topic.
        """
        self._feeds: Final = feeds
        owners: dict[Topic, Feed] = {}
        for feed in feeds:
            for topic in feed.topics:
                if owners.setdefault(topic, feed) is not feed:
                    message = f"two feeds want {topic}; give it to one of them"
                    raise UsageError(message)
        self._owners: Final[Mapping[Topic, Feed]] = owners

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Everything the feeds want, in their order."""
        return tuple(self._owners)

    def subscribe(self, connection: Connection) -> None:
        """Subscribe to everything the feeds want.

        Raises:
            UsageError: the venue allows no more, or the connection wants something that cannot be told from it.
        """
        for topic in self.topics:
            connection.want(topic)

    def heard(self, event: StreamEvent) -> None:
        """Hand an event on; one of a topic that no feed wants is of no use."""
        match event:
            case Deliver(topic=topic) | FreshnessChanged(topic=topic) | Refused(topic=topic):
                owner = self._owners.get(topic)
                if owner is not None:
                    owner.heard(event)
            case _:
                for feed in self._feeds:
                    feed.heard(event)

    async def fill(self, gap: GapNeeded) -> GapFilled | None:
        """Let the feed of a topic read what it missed; None where no feed wants it."""
        owner = self._owners.get(gap.topic)
        return None if owner is None else await owner.fill(gap)
