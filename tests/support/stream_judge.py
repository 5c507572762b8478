"""A judge who sees the wire on our side of both doors, and says when something counts as fresh that was not read.

What a topic owes is taken from the wire alone: the venue confirmed it on the present link, and a question about it that
left after the confirmation was answered.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import count
from typing import Any, TypeAlias

import anyio
import msgspec

from agentic_hl.rest.transport import Answered, HttpOutcome, HttpTransport
from agentic_hl.stream import Deliver, FreshnessChanged, LinkChanged, StreamEvent, Topic
from agentic_hl.stream.transport import LinkEnded, NotConnected, StreamLink, StreamTransport
from agentic_hl.wire.messages.fills import WireFill
from agentic_hl.wire.messages.orders import OrderFate, OrderUpdate

__all__ = ["FillKey", "Judge", "WatchedStreams", "WatchedTransport"]

FillKey: TypeAlias = tuple[str, int, int]
Subject: TypeAlias = tuple[str, str]

_QUESTIONS = {
    "activeAssetCtx": "metaAndAssetCtxs",
    "l2Book": "l2Book",
    "orderUpdates": "historicalOrders",
    "userFills": "userFillsByTime",
}
_ALREADY = "Already subscribed: "


class Judge:
    """Writes down what happens, and what must not."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._moments = count(1)
        self._confirmed: dict[Subject, int] = {}
        self._asked_at: dict[Subject, int] = {}
        self._read: dict[Subject, int] = {}
        self._changed = anyio.Event()
        self.in_flight = 0
        """Requests that wait for their answer."""
        self.frames = 0
        self.events: list[StreamEvent] = []
        self.fills: list[FillKey] = []
        """Fills that were booked, in order."""
        self.orders: dict[int, OrderFate] = {}
        self.prices: dict[str, list[tuple[int, Decimal]]] = {}
        """Marks by coin, each with when it came to be."""
        self.faults: list[str] = []

    # ── the wire ─────────────────────────────────────────────────────────────────────────────────────────────────

    def sends(self, text: bytes) -> None:
        """Take note of a message that leaves on the stream."""
        message = msgspec.json.decode(text)
        if message["method"] == "subscribe":
            self._asked_at.setdefault(_subject(message["subscription"]), self._now())
        elif message["method"] == "unsubscribe":
            self._asked_at.pop(_subject(message["subscription"]), None)

    def receives(self, text: bytes) -> None:
        """Take note of a frame that arrived."""
        self.frames += 1
        match _json(text):
            case {"channel": "subscriptionResponse", "data": {"method": "subscribe", "subscription": subscription}}:
                self._confirmed[_subject(subscription)] = next(self._moments)
            case {"channel": "subscriptionResponse", "data": {"subscription": subscription}}:
                self._confirmed.pop(_subject(subscription), None)
            case {"channel": "error", "data": str(error)} if error.startswith(_ALREADY):
                subscription = msgspec.json.decode(error.removeprefix(_ALREADY))
                self._confirmed.setdefault(_subject(subscription), next(self._moments))
            case _:
                pass
        self._wake()

    def ends(self) -> None:
        """Take note that the link is gone."""
        self._confirmed.clear()
        self._asked_at.clear()
        self._wake()

    def asks(self) -> int:
        """Take note of a question, and return when that was."""
        self.in_flight += 1
        return next(self._moments)

    def answers(self, body: bytes, asked: int | None) -> None:
        """Take note that a question is over; None is without an answer."""
        self.in_flight -= 1
        if asked is not None:
            question = msgspec.json.decode(body)
            self._read[question["type"], question.get("coin", "")] = asked
        self._wake()

    # ── our side ─────────────────────────────────────────────────────────────────────────────────────────────────

    def heard(self, event: StreamEvent) -> None:
        """Take what the connection told."""
        if isinstance(event, FreshnessChanged | Deliver) and event.is_fresh:
            self.check(event.topic)
        if not isinstance(event, Deliver):
            self.events.append(event)
        self._wake()

    def check(self, topic: Topic) -> None:
        """Look at a topic that counts as fresh."""
        subject = (topic.type, topic.coin or "")
        question = _QUESTIONS[topic.type]
        read = self._read.get((question, subject[1] if question == "l2Book" else ""), 0)
        confirmed = self._confirmed.get(subject)
        if confirmed is None:
            self.faults.append(f"{subject} is fresh without being confirmed")
        elif read < confirmed:
            self.faults.append(f"{subject} is fresh without having been read")

    def check_mark(self, coin: str, price: Decimal | None) -> None:
        """Look at the mark of a topic that counts as fresh: it was never in force before the topic was asked for."""
        since = self._asked_at.get(("activeAssetCtx", coin), self._now())
        known = self.prices[coin]
        ends = [*(at for at, _ in known[1:]), self._now()]
        in_force = {told for (_, told), end in zip(known, ends, strict=True) if end >= since}
        if price not in in_force:
            self.faults.append(f"{coin} is fresh at {price}, and since it was asked for it was at {sorted(in_force)}")

    def moved(self, coin: str, price: Decimal) -> None:
        """Take note that the venue has a new mark."""
        self.prices.setdefault(coin, []).append((self._now(), price))

    def book(self, fill: WireFill) -> None:
        """Book a fill."""
        if fill.key in self.fills:
            self.faults.append(f"{fill.key} was delivered twice")
        self.fills.append(fill.key)

    def note(self, update: OrderUpdate) -> None:
        """Note what became of an order; what is over stays over."""
        before = self.orders.get(update.order.oid)
        if before is None or not before.over:
            self.orders[update.order.oid] = update.fate

    @property
    def links(self) -> list[bool]:
        """What became of links, in order."""
        return [event.is_up for event in self.events if isinstance(event, LinkChanged)]

    def settled(self, filled: set[FillKey], orders: Mapping[int, OrderFate]) -> None:
        """Compare with the venue's own books, once everything is fresh again."""
        if missing := sorted(filled - set(self.fills)):
            self.faults.append(f"{missing} were never delivered")
        if unknown := sorted(set(self.fills) - filled):
            self.faults.append(f"{unknown} never happened")
        wrong = {oid: (self.orders.get(oid), fate) for oid, fate in orders.items() if self.orders.get(oid) != fate}
        if wrong:
            self.faults.append(f"orders are believed to be and are: {wrong}")

    async def news(self) -> None:
        """Wait until something happens."""
        await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


class WatchedTransport:
    """A transport of requests that the judge sees."""

    def __init__(self, inner: HttpTransport, judge: Judge) -> None:
        self._inner = inner
        self._judge = judge

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Post, and tell the judge of it."""
        if path != "/info":
            return await self._inner.post(path, body, timeout_ms)
        asked, answered = self._judge.asks(), False
        try:
            outcome = await self._inner.post(path, body, timeout_ms)
            answered = isinstance(outcome, Answered) and outcome.status == 200
        finally:
            self._judge.answers(body, asked if answered else None)
        return outcome


class WatchedStreams:
    """A transport of streams that the judge sees."""

    def __init__(self, inner: StreamTransport, judge: Judge) -> None:
        self._inner = inner
        self._judge = judge

    async def connect(self) -> "StreamLink | NotConnected":
        """Make a link, and let the judge listen on it."""
        self._judge.ends()
        link = await self._inner.connect()
        return link if isinstance(link, NotConnected) else _WatchedLink(link, self._judge)


class _WatchedLink:
    def __init__(self, inner: StreamLink, judge: Judge) -> None:
        self._inner = inner
        self._judge = judge

    async def transmit(self, text: bytes) -> None:
        self._judge.sends(text)
        await self._inner.transmit(text)

    async def receive(self) -> bytes | LinkEnded:
        text = await self._inner.receive()
        if isinstance(text, LinkEnded):
            self._judge.ends()
        else:
            self._judge.receives(text)
        return text

    async def aclose(self) -> None:
        self._judge.ends()
        await self._inner.aclose()


def _subject(subscription: Mapping[str, Any]) -> Subject:
    return subscription["type"], subscription.get("coin", "")


def _json(text: bytes) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
