"""Everything that is decided about a websocket to the venue, without the websocket.

A session is told what happens and when, in milliseconds since boot, and says what to do; the same calls always give the
same effects. Wanted topics outlive the link: each new one is asked for all of them, and whatever a topic missed in
between has to be read by REST before it counts as fresh.
"""

from collections.abc import Sequence
from itertools import count

from agentic_core.errors import UsageError
from agentic_hl.stream.arrivals import TYPES_OF_CHANNELS, Arrival, Entry, arrival_of, entry_time, with_entries
from agentic_hl.stream.backoff import JITTER_ONE
from agentic_hl.stream.effects import Complaint, Deliver, Drop, Effect, Refused, Transmit
from agentic_hl.stream.feed import Feed, FeedEvent, FeedState, StreamTimings
from agentic_hl.stream.topics import TOPIC_KINDS, Route, Topic, request_of, route_of, topic_of
from agentic_hl.wire.messages.channels import ErrorFrame, Pong, SubscriptionAnswered
from agentic_hl.wire.messages.frames import Frame, Greeting, UnknownChannel, read_frame
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.messages.subscriptions import StreamError, StreamErrorKind
from agentic_hl.wire.weights import STREAM_LIMITS

__all__ = ["PING", "Session"]

PING = b'{"method":"ping"}'

_NO_CHANNEL = "frame"
_ANSWERS = {"subscribe": FeedEvent.STOOD, "unsubscribe": FeedEvent.ENDED}
_ERRORS = {
    StreamErrorKind.ALREADY_SUBSCRIBED: FeedEvent.STOOD,
    StreamErrorKind.ALREADY_UNSUBSCRIBED: FeedEvent.ENDED,
}


class Session:
    """One multiplexed stream, across as many links as it takes."""

    def __init__(self, timings: StreamTimings | None = None) -> None:
        """Begin without a link and without topics."""
        self._timings = timings or StreamTimings()
        self._feeds: dict[Route, Feed] = {}
        self._gaps = count(1)
        self._is_up = False
        self._ping_at = 0
        self._pong_until: int | None = None
        self.duplicates = 0
        """Entries that came again and were not delivered."""

        self.outdated = 0
        """States that were older than one delivered before, and were not."""

        self.unmatched = 0
        """Frames that belong to no wanted topic."""

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What is wanted, in the order it was asked for."""
        return tuple(feed.topic for feed in self._feeds.values())

    def is_fresh(self, topic: Topic, now: int) -> bool:
        """Tell whether a topic is wanted, confirmed, whole, and not silent for too long."""
        feed = self._feeds.get(route_of(topic))
        return feed is not None and feed.is_fresh and (feed.due is None or now < feed.due)

    def state_of(self, topic: Topic) -> FeedState | None:
        """Return where a topic stands; None when it is not wanted."""
        feed = self._feeds.get(route_of(topic))
        return None if feed is None else feed.state

    def next_at(self) -> int | None:
        """Return when `tick` has something to do at the earliest; None while there is no link."""
        if not self._is_up:
            return None
        dues = [feed.due for feed in self._feeds.values() if feed.due is not None]
        pong = [] if self._pong_until is None else [self._pong_until]
        return min([self._ping_at, *pong, *dues])

    def want(self, topic: Topic, now: int, *, silence_ms: int | None = None) -> list[Effect]:
        """Subscribe to a topic, on this link and all later ones; to one that is wanted already, nothing is done.

        Args:
            topic: what is wanted.
            now: milliseconds since boot.
            silence_ms: how long it may say nothing; by default what its type allows.

        Raises:
            UsageError: its frames could not be told from another topic's, or the venue allows no more.
        """
        route = route_of(topic)
        known = self._feeds.get(route)
        if known is not None and known.topic == topic:
            return []
        self._check_room(topic, known)
        feed = Feed(topic, self._timings, silence_ms=silence_ms)
        self._feeds[route] = feed
        return self._move(feed, FeedEvent.DUE, now) if self._is_up else []

    def unwant(self, topic: Topic) -> list[Effect]:
        """End a subscription; one that is not wanted changes nothing."""
        feed = self._feeds.get(route_of(topic))
        if feed is None or feed.topic != topic:
            return []
        del self._feeds[feed.route]
        stands = self._is_up and feed.state in {FeedState.ASKED, FeedState.CONFIRMED}
        return [Transmit(text=request_of("unsubscribe", topic))] if stands else []

    def opened(self, now: int, jitter: int) -> list[Effect]:
        """Begin on a new link; jitter is a number from 0 up to `JITTER_ONE`, and puts the subscriptions off."""
        assert not self._is_up, "the former link was closed before"
        self._is_up = True
        self._ping_at, self._pong_until = now + self._timings.ping_every_ms, None
        at = now + self._timings.jitter_ms * jitter // JITTER_ONE
        for place, feed in enumerate(self._feeds.values()):
            feed.due = at + place * self._timings.spacing_ms
        return self.tick(now)

    def closed(self, now: int) -> list[Effect]:
        """Take note that the link is gone; nothing is fresh any more. A link that is gone already changes nothing."""
        if not self._is_up:
            return []
        self._is_up = False
        return [effect for feed in self._feeds.values() for effect in self._move(feed, FeedEvent.LINK_LOST, now)]

    def tick(self, now: int) -> list[Effect]:
        """Do what is due."""
        if not self._is_up:
            return []
        if self._pong_until is not None and now >= self._pong_until:
            return [Drop(reason=f"no pong within {self._timings.pong_within_ms} ms")]
        effects: list[Effect] = []
        if now >= self._ping_at:
            self._ping_at = now + self._timings.ping_every_ms
            self._pong_until = self._pong_until or now + self._timings.pong_within_ms
            effects.append(Transmit(text=PING))
        for feed in self._feeds.values():
            if feed.due is not None and now >= feed.due:
                effects += self._move(feed, FeedEvent.DUE, now)
        return effects

    def received(self, text: bytes, now: int) -> list[Effect]:
        """Take a message from the link, whatever it holds."""
        if not self._is_up:
            return []
        frame = read_frame(text)
        arrival = arrival_of(frame)
        if arrival is not None:
            return self._arrived(frame, arrival, now)
        if isinstance(frame, Pong):
            self._pong_until = None
            return []
        return self._said(frame, now)

    def admit(self, topic: Topic, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Return what of a log's entries, read by REST, was not delivered yet, oldest first; it counts as delivered."""
        feed = self._feeds.get(route_of(topic))
        return tuple(entries) if feed is None else self._new_entries(feed, entries)

    def gap_filled(self, number: int, *, until: int | None = None) -> list[Effect]:
        """Take note that everything a topic missed was read, up to some venue time where that is known.

        A number of a gap that another loss has made obsolete changes nothing.
        """
        return [effect for feed in self._feeds.values() for effect in feed.fill_gap(number, until)]

    def is_gap_open(self, number: int) -> bool:
        """Tell whether a gap still has to be filled."""
        return any(feed.is_open(number) for feed in self._feeds.values())

    def _said(self, frame: Frame, now: int) -> list[Effect]:
        match frame:
            case SubscriptionAnswered(payload=echo):
                return self._answered(topic_of(echo.subscription), _ANSWERS.get(echo.method), now)
            case ErrorFrame():
                return self._failed(frame.error, now)
            case Unreadable():
                return self._unreadable(frame)
            case UnknownChannel(channel=channel):
                return [Complaint(text=f"a frame of the unknown channel {channel!r}")]
            case Greeting():
                return []
            case _:
                self.unmatched += 1
                return []

    def _arrived(self, frame: Frame, arrival: Arrival, now: int) -> list[Effect]:
        feed = self._feeds.get(arrival.route)
        if feed is None:
            self.unmatched += 1
            return []
        if feed.is_outdated(arrival.at):
            self.outdated += 1
            return []
        feed.heard(now)
        effects = feed.judged()
        if arrival.entries is None:
            feed.advance(arrival.at)
        else:
            kept = self._new_entries(feed, arrival.entries)
            self.duplicates += len(arrival.entries) - len(kept)
            if not kept:
                return effects
            frame = with_entries(frame, kept)
        effects.append(Deliver(topic=feed.topic, frame=frame, is_fresh=feed.is_fresh))
        return effects

    def _new_entries(self, feed: Feed, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        kept = feed.seen.admit(entries)
        if kept:
            feed.advance(entry_time(kept[-1]))
        return kept

    def _answered(self, topic: Topic | None, event: FeedEvent | None, now: int) -> list[Effect]:
        feed = self._feed_of(topic)
        return [] if feed is None or event is None else self._move(feed, event, now)

    def _failed(self, error: StreamError, now: int) -> list[Effect]:
        if error.subscription is not None:
            feed = self._feed_of(topic_of(error.subscription))
        elif error.kind is StreamErrorKind.TOO_MANY_USERS:
            # It names no subscription; the venue answers in order, so it means the first one that waits.
            asked = (feed for feed in self._feeds.values() if feed.state is FeedState.ASKED)
            feed = next((feed for feed in asked if feed.topic.user is not None), None)
        else:
            feed = None
        if feed is None:
            return [Complaint(text=error.text)]
        event = _ERRORS.get(error.kind, FeedEvent.DENIED)
        was = feed.state
        effects = self._move(feed, event, now)
        if feed.state is FeedState.REFUSED and was is not feed.state:
            effects.append(Refused(topic=feed.topic, text=error.text))
        return effects

    def _unreadable(self, frame: Unreadable) -> list[Effect]:
        # Of a state the next frame tells all again; of a log an entry is lost, unless it is read by REST. What does not
        # even name its channel may have been of any log.
        kind = None if frame.what == _NO_CHANNEL else TYPES_OF_CHANNELS.get(frame.what, frame.what)
        effects: list[Effect] = [Complaint(text=f"a frame of {frame.what!r} cannot be read: {frame.cause}")]
        for feed in self._feeds.values():
            if kind in {None, feed.topic.type} and feed.kind.is_log and feed.state is FeedState.CONFIRMED:
                effects += [feed.open_gap(next(self._gaps)), *feed.judged()]
        return effects

    def _feed_of(self, topic: Topic | None) -> Feed | None:
        if topic is None or topic.type not in TOPIC_KINDS:
            return None
        feed = self._feeds.get(route_of(topic))
        return feed if feed is not None and feed.plain == topic else None

    def _move(self, feed: Feed, event: FeedEvent, now: int) -> list[Effect]:
        return feed.move(event, now, next(self._gaps))

    def _check_room(self, topic: Topic, known: Feed | None) -> None:
        if known is not None:
            raise UsageError(
                f"the frames of {topic} cannot be told from those of {known.topic}; use a session for each of them"
            )
        users = {feed.topic.user for feed in self._feeds.values()} | {topic.user}
        if len(users - {None}) > STREAM_LIMITS.users or len(self._feeds) >= STREAM_LIMITS.subscriptions:
            raise UsageError(
                f"{topic} is too much: the venue allows {STREAM_LIMITS.subscriptions} subscriptions "
                f"of {STREAM_LIMITS.users} accounts"
            )
