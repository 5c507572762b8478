"""A venue without sockets and a session on it, which are shaken by dice and watched for what must never happen."""

from collections import deque
from typing import Any

import msgspec

from agentic_hl.stream import (
    Complaint,
    Deliver,
    Drop,
    Effect,
    FreshnessChanged,
    GapNeeded,
    Session,
    Topic,
    Transmit,
    account_topic,
    coin_topic,
)
from agentic_hl.wire.messages.channels import BookFrame, FillsFrame
from agentic_hl.wire.messages.fills import WireFill
from agentic_hl.wire.messages.reading import Reader, Unreadable
from tests.support.dice import Dice
from tests.support.wire_answers import CONTEXT, FILL, MASTER, Json, encoded

__all__ = ["TOPICS", "World"]

FILLS = account_topic("userFills", MASTER)
BOOK = coin_topic("l2Book", "BTC")
MARK = coin_topic("activeAssetCtx", "ETH")
ORDERS = account_topic("orderUpdates", MASTER)
TOPICS = (FILLS, BOOK, MARK, ORDERS)
SILENT_MS = {BOOK: 20_000, MARK: 15_000}

_FILL = Reader(WireFill, "fill")


def _fill(number: int, at: int) -> dict[str, Json]:
    return {**FILL, "tid": number, "oid": number // 2, "time": at}


def _wire_fill(fill: Json) -> WireFill:
    found = _FILL.read(encoded(fill))
    assert not isinstance(found, Unreadable)
    return found


class World:
    """Everything on both sides of the link."""

    def __init__(self) -> None:
        self.session = Session()
        self.now = 1_000
        self.venue_time = 1_785_000_000_000
        self.is_up = False
        self.fills: list[dict[str, Json]] = []
        """What happened at the venue, oldest first."""

        self.subscribed: list[Json] = []
        self.refuses: set[str] = set()
        self.requests: deque[dict[str, Any]] = deque()
        self.frames: deque[bytes] = deque()
        self.delivered: list[tuple[str, int, int]] = []
        self.book_at = 0
        self.gaps: dict[Topic, GapNeeded | None] = dict.fromkeys(TOPICS)
        """What has to be read; None where it has to be asked for first."""

        self.filled: set[Topic] = set()
        self.reads: dict[Topic, tuple[int, list[dict[str, Json]]]] = {}
        self.told: dict[Topic, bool] = dict.fromkeys(TOPICS, False)
        self.heard: dict[Topic, int] = {}
        self.stood: dict[Topic, int] = {}
        for topic in TOPICS:
            self.perform(self.session.want(topic, self.now))

    # ── our side ─────────────────────────────────────────────────────────────────────────────────────────────────

    def perform(self, effects: list[Effect]) -> None:
        """Carry effects out, and watch them."""
        for effect in effects:
            match effect:
                case Transmit(text=text):
                    assert self.is_up, "something was sent without a link"
                    self.requests.append(msgspec.json.decode(text))
                    if b'"unsubscribe"' in text and b'"l2Book"' in text:
                        self.book_at = 0  # asked for anew because it was silent: what comes then counts
                case GapNeeded(topic=topic):
                    self.gaps[topic] = effect
                    self.filled.discard(topic)
                    self.stood[topic] = self.now
                case Deliver(topic=topic):
                    self._delivered(effect)
                case FreshnessChanged(topic=topic, is_fresh=is_fresh):
                    assert is_fresh is not self.told[topic], "a change that is none"
                    self.told[topic] = is_fresh
                case Drop():
                    self.lose()
                case _:
                    pass
        self.check()

    def _delivered(self, effect: Deliver) -> None:
        assert not effect.is_fresh or effect.topic in self.filled, "fresh before its gap was filled"
        if isinstance(effect.frame, FillsFrame):
            keys = [fill.key for fill in effect.frame.payload.fills]
            times = [fill.time for fill in effect.frame.payload.fills]
            assert times == sorted(times)
            self._book(keys)
        if isinstance(effect.frame, BookFrame):
            assert effect.frame.payload.time >= self.book_at, "a book older than the one before"
            self.book_at = effect.frame.payload.time

    def _book(self, keys: list[tuple[str, int, int]]) -> None:
        assert not set(keys) & set(self.delivered), "a fill came twice"
        assert len(set(keys)) == len(keys), "a fill came twice in one frame"
        self.delivered += keys

    def check(self) -> None:
        """Look at what holds at any time."""
        for topic in self.session.topics:
            if self.session.is_fresh(topic, self.now):
                assert self.is_up
                assert topic in self.filled, "fresh before its gap was filled"
                silent = SILENT_MS.get(topic)
                since = max(self.heard.get(topic, 0), self.stood[topic])
                assert silent is None or (topic in self.heard and self.now - since < silent), "fresh although silent"

    def open(self, dice: Dice) -> None:
        """Make a new link."""
        if not self.is_up:
            self.is_up = True
            self.perform(self.session.opened(self.now, dice.whole(0, 999)))

    def lose(self) -> None:
        """Lose the link with everything that was on its way."""
        if self.is_up:
            self.is_up = False
            self.subscribed.clear()
            self.requests.clear()
            self.frames.clear()
            self.filled.clear()
            self.gaps = dict.fromkeys(self.gaps)
            self.perform(self.session.closed(self.now))
            assert not any(self.told.values()), "fresh without a link"

    def let_pass(self, milliseconds: int) -> None:
        """Let time pass, and do what is due at its own time."""
        until = self.now + milliseconds
        while (at := self.session.next_at()) is not None and at <= until:
            self.now = max(self.now, at)
            self.perform(self.session.tick(self.now))
        self.now = until
        self.venue_time += milliseconds
        self.check()

    def read_gap(self, topic: Topic) -> None:
        """Read by REST what a topic may have missed; it is reported later."""
        gap = self.gaps[topic]
        if gap is not None:
            since = gap.since or 0
            self.reads[topic] = gap.number, [fill for fill in self.fills if int(str(fill["time"])) >= since]

    def report_gap(self, topic: Topic) -> None:
        """Report what was read."""
        number, fills = self.reads.pop(topic, (0, []))
        if topic is FILLS:
            admitted = self.session.admit(FILLS, [*map(_wire_fill, fills)])
            self._book([fill.key for fill in admitted if isinstance(fill, WireFill)])
        gap = self.gaps[topic]
        if gap is not None and gap.number == number:
            self.filled.add(topic)
            self.gaps[topic] = None
        self.perform(self.session.gap_filled(number))

    def go_well(self, rounds: int, dice: Dice, *, pause_ms: int, gaps: bool = True) -> None:
        """Let everything that was begun come to its end, on a venue that does what it should."""
        for _ in range(rounds):
            self.open(dice)
            self.let_pass(pause_ms)
            while self.requests or self.frames:
                self.serve()
                self.arrive()
            for topic in TOPICS:
                self.tell_state(topic)
                if gaps:
                    self.read_gap(topic)
                    self.report_gap(topic)

    # ── the venue's side ─────────────────────────────────────────────────────────────────────────────────────────

    def serve(self, *, ignoring: bool = False) -> None:
        """Let the venue see to a request, or lose it."""
        if not self.requests:
            return
        request = self.requests.popleft()
        if ignoring:
            return
        if request["method"] == "ping":
            self._say("pong")
            return
        subscription, method = request["subscription"], request["method"]
        stands, text = subscription in self.subscribed, encoded(subscription).decode()
        if subscription["type"] in self.refuses and method == "subscribe":
            self._say("error", f"Invalid subscription {text}")
        elif stands is (method == "subscribe"):
            self._say("error", f"Already {method}d: {text}")
        else:
            self._changed(method, subscription)

    def trade(self, dice: Dice, *, broken: bool = False) -> None:
        """Let a fill happen; its frame may arrive broken."""
        self.venue_time += dice.whole(0, 2)
        fill = _fill(len(self.fills) + 1, self.venue_time)
        self.fills.append(fill)
        if any(one == {"type": "userFills", "user": MASTER} for one in self.subscribed):
            self._say("userFills", {"user": MASTER, "fills": [{**fill, "px": 1.5} if broken else fill]})

    def tell_state(self, topic: Topic, *, earlier_ms: int = 0) -> None:
        """Push the state of a topic, perhaps an old one."""
        if msgspec.to_builtins(topic) not in self.subscribed:
            return
        if topic is BOOK:
            self._say("l2Book", {"coin": "BTC", "time": self.venue_time - earlier_ms, "levels": [[], []]})
        elif topic is MARK:
            self._say("activeAssetCtx", {"coin": "ETH", "ctx": CONTEXT})

    def repeat(self) -> None:
        """Let what is on its way come twice."""
        if self.frames:
            self.frames.append(self.frames[0])

    def arrive(self) -> None:
        """Let the next frame arrive."""
        if self.frames and self.is_up:
            frame = self.frames.popleft()
            for topic, channel in ((BOOK, b'"l2Book"'), (MARK, b'"activeAssetCtx"')):
                if frame.startswith(b'{"channel":' + channel):
                    self.heard[topic] = self.now
            self.perform(self.session.received(frame, self.now))

    def garbage(self, text: bytes) -> None:
        """Let something arrive that nobody expects."""
        if self.is_up:
            effects = self.session.received(text, self.now)
            assert any(isinstance(effect, Complaint) for effect in effects)
            self.perform(effects)

    def _changed(self, method: str, subscription: dict[str, Any]) -> None:
        if method == "unsubscribe":
            self.subscribed.remove(subscription)
        else:
            self.subscribed.append(subscription)
        defaults = {"aggregateByTime": False} if subscription["type"] == "userFills" else {}
        self._say("subscriptionResponse", {"method": method, "subscription": {**subscription, **defaults}})
        if subscription["type"] == "userFills" and method == "subscribe":
            newest_first = self.fills[::-1][:3]
            self._say("userFills", {"user": MASTER, "isSnapshot": True, "fills": newest_first})

    def _say(self, channel: str, payload: Json = None) -> None:
        self.frames.append(encoded({"channel": channel} if payload is None else {"channel": channel, "data": payload}))
