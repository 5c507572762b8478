"""One topic on its way: wanted, asked for, confirmed, silent, refused, and whether what it tells is complete."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

from agentic_hl.stream.effects import Effect, FreshnessChanged, GapNeeded, Transmit
from agentic_hl.stream.seen import Seen
from agentic_hl.stream.topics import TOPIC_KINDS, Topic, plain, request_of, route_of

__all__ = ["FEED_MOVES", "Feed", "FeedEvent", "FeedState", "StreamTimings"]


class StreamTimings(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How long a session waits for what; milliseconds."""

    ping_every_ms: int = 20_000
    pong_within_ms: int = 10_000
    answer_within_ms: int = 10_000
    """For the answer to a subscription; doubled with each try."""

    longest_ms: int = 300_000
    """No deadline grows beyond this."""

    spacing_ms: int = 30
    """Between subscriptions after a connection was made; 2,000 messages a minute are allowed."""

    jitter_ms: int = 500
    """By how much the first of them is put off at most."""


class FeedState(StrEnum):
    """Where a topic stands on the present link."""

    WAITING = "waiting"
    """Wanted and not asked for: there is no link, or it is not its turn yet."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    LEAVING = "leaving"
    """Too silent, so it is being ended in order to be asked for again."""

    REFUSED = "refused"


class FeedEvent(StrEnum):
    """What can happen to a topic."""

    DUE = "due"
    """The time for what comes next has come."""

    STOOD = "stood"
    """The venue says that the subscription stands."""

    ENDED = "ended"
    """The venue says that there is no subscription."""

    DENIED = "denied"
    """The venue does not take it."""

    LINK_LOST = "link_lost"


FEED_MOVES: Mapping[tuple[FeedState, FeedEvent], FeedState] = MappingProxyType(
    {
        (FeedState.WAITING, FeedEvent.DUE): FeedState.ASKED,
        (FeedState.ASKED, FeedEvent.DUE): FeedState.ASKED,
        (FeedState.ASKED, FeedEvent.STOOD): FeedState.CONFIRMED,
        (FeedState.ASKED, FeedEvent.DENIED): FeedState.REFUSED,
        (FeedState.CONFIRMED, FeedEvent.DUE): FeedState.LEAVING,
        (FeedState.LEAVING, FeedEvent.DUE): FeedState.ASKED,
        (FeedState.LEAVING, FeedEvent.ENDED): FeedState.ASKED,
        (FeedState.LEAVING, FeedEvent.DENIED): FeedState.ASKED,
        (FeedState.REFUSED, FeedEvent.DUE): FeedState.ASKED,
        **{(state, FeedEvent.LINK_LOST): FeedState.WAITING for state in FeedState},
    }
)
"""Every move; an event that a state does not name came late and changes nothing."""

_REASONS = {
    FeedState.WAITING: "the link was lost",
    FeedState.ASKED: "it is being asked for",
    FeedState.LEAVING: "it was silent for too long",
    FeedState.REFUSED: "the venue refused it",
}


class Feed:
    """The life of one topic, whatever link carries it."""

    def __init__(self, topic: Topic, timings: StreamTimings, *, silence_ms: int | None = None) -> None:
        """Begin without a link; `silence_ms` is how long the topic may say nothing, by default what its type allows."""
        self.topic = topic
        self.plain = plain(topic)
        """The topic as an answer of the venue spells it, to compare."""

        self.kind = TOPIC_KINDS[topic.type]
        self.route = route_of(topic)
        self.state = FeedState.WAITING
        self.due: int | None = None
        """When `FeedEvent.DUE` happens; None is never."""

        self.is_fresh = False
        self.complete_until: int | None = None
        """Venue time up to which nothing is missing."""

        self._timings = timings
        self._silence_ms = silence_ms or self.kind.silence_ms
        self._seen = Seen()
        self._newest: int | None = None
        self._tries = 0
        self._silences = 0
        self._spoke = False
        self._gap: int | None = None
        self._is_whole = False

    @property
    def seen(self) -> Seen:
        """What the log brought already."""
        return self._seen

    def move(self, event: FeedEvent, now: int, gap: int) -> list[Effect]:
        """Let something happen; `gap` is the number of the gap that may open with it."""
        state = FEED_MOVES.get((self.state, event))
        if state is None:
            return []
        self._tries = self._tries + 1 if state is self.state else 0
        self.state = state
        effects: list[Effect] = []
        match state:
            case FeedState.WAITING:
                self._lose()
                self.due = None
            case FeedState.ASKED:
                effects = [Transmit(text=request_of("subscribe", self.topic))]
                self.due = now + self._grown(self._timings.answer_within_ms, self._tries)
            case FeedState.CONFIRMED:
                effects = [self.open_gap(gap)]
                self.due = self._silent_at(now)
            case FeedState.LEAVING:
                effects = [Transmit(text=request_of("unsubscribe", self.topic))]
                self._lose()
                self._silences += 1
                self._newest = None  # whatever made everything since look old must not do so for ever
                self.due = now + self._timings.answer_within_ms
            case FeedState.REFUSED:
                self.due = now + self._timings.longest_ms
        return effects + self.judged()

    def open_gap(self, number: int) -> GapNeeded:
        """Say that something may be missing; what was complete before stays known until it is filled."""
        self._gap, self._is_whole = number, False
        return GapNeeded(topic=self.topic, number=number, since=self.complete_until)

    def fill_gap(self, number: int, until: int | None) -> list[Effect]:
        """Take note that a gap was filled up to some venue time; one that is not open any more changes nothing."""
        if number != self._gap:
            return []
        self._gap, self._is_whole = None, True
        self._complete(until)
        self._complete(self._newest)
        return self.judged()

    def is_open(self, number: int) -> bool:
        """Tell whether a gap still waits to be filled."""
        return number == self._gap

    def heard(self, now: int) -> None:
        """Take note that the topic spoke."""
        if self.state in {FeedState.ASKED, FeedState.CONFIRMED}:
            self._spoke = True
            self._silences = 0
        if self.state is FeedState.CONFIRMED:
            self.due = self._silent_at(now)

    def is_outdated(self, at: int | None) -> bool:
        """Tell whether a state is older than one that was delivered."""
        return at is not None and self._newest is not None and at < self._newest

    def advance(self, at: int | None) -> None:
        """Take note of the venue time of what is delivered."""
        if at is not None and (self._newest is None or at > self._newest):
            self._newest = at
        if self._is_whole:
            self._complete(self._newest)

    def judged(self) -> list[Effect]:
        """Say whether the topic is fresh, where that changed."""
        is_fresh = self.state is FeedState.CONFIRMED and self._is_whole and (self._spoke or self._silence_ms is None)
        if is_fresh == self.is_fresh:
            return []
        self.is_fresh = is_fresh
        reason = "it is confirmed and whole" if is_fresh else _REASONS.get(self.state, "something may be missing")
        return [FreshnessChanged(topic=self.topic, is_fresh=is_fresh, reason=reason)]

    def _lose(self) -> None:
        self._spoke, self._gap, self._is_whole = False, None, False

    def _complete(self, at: int | None) -> None:
        if at is not None and (self.complete_until is None or at > self.complete_until):
            self.complete_until = at

    def _silent_at(self, now: int) -> int | None:
        return None if self._silence_ms is None else now + self._grown(self._silence_ms, self._silences)

    def _grown(self, first_ms: int, times: int) -> int:
        return max(first_ms, min(self._timings.longest_ms, first_ms << min(times, 16)))
