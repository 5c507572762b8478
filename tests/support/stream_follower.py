"""Somebody who follows the market and one account over a stream, and reads by REST what the stream missed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from agentic_core.domain.ids import Symbol
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.clock import Clock
from agentic_core.ports.entropy import Entropy
from agentic_hl.market.live import FreshnessLimits, LiveMarketData
from agentic_hl.market.market_feed import MarketFeed
from agentic_hl.rest import HttpTransport, HyperliquidRest, IpBudget, MemoryBudgets, RestFailure, weight_bucket
from agentic_hl.rest.queries import fills_by_time, historical_orders
from agentic_hl.stream import (
    Connection,
    Deliver,
    Entry,
    GapFilled,
    GapNeeded,
    LinkAllowance,
    StreamEvent,
    StreamTransport,
    account_topic,
    link_bucket,
)
from agentic_hl.wire.messages.channels import FillsFrame, OrderUpdatesFrame
from agentic_hl.wire.messages.fills import WireFill
from agentic_hl.wire.messages.orders import OrderUpdate
from tests.support.stream_judge import Judge, WatchedStreams, WatchedTransport

__all__ = ["Bug", "Doors", "Follower"]

_FOR_EVER_MS = 10**12


class Bug:
    """Mistakes that a follower can be made to make."""

    NONE = ""
    HASTY = "a gap of the market counts as filled without a question"
    DEAF = "a question that failed counts as an answer"
    HEEDLESS = "what was read is booked without asking the connection what of it is new"


class Doors(NamedTuple):
    """What is ours of the outside."""

    http: HttpTransport
    streams: StreamTransport
    clock: Clock
    entropy: Entropy


class Follower:
    """A `StreamListener` as a live desk has one: the shipped feed for the market, and the account's own log."""

    def __init__(self, doors: Doors, symbols: Sequence[Symbol], user: str, *, bug: str = Bug.NONE) -> None:
        clock, entropy = doors.clock, doors.entropy
        self.judge = Judge(clock.boottime_ms)
        budgets = MemoryBudgets(clock)
        http = WatchedTransport(doors.http, self.judge)
        self.rest = HyperliquidRest(http, clock, entropy, IpBudget(budgets, clock, weight_bucket("here")))
        # Whatever came stays young, so that what is looked at is what the feed brought and no question of the moment.
        limits = FreshnessLimits(mark_age_ms_max=_FOR_EVER_MS, book_age_ms_max=_FOR_EVER_MS)
        self.market = LiveMarketData(self.rest, clock, limits=limits)
        self.feed = MarketFeed(self.market, clock, symbols, tell=self.judge.heard)
        allowance = LinkAllowance(budgets, clock, link_bucket("here"))
        self.connection = Connection(WatchedStreams(doors.streams, self.judge), clock, entropy, allowance, self)
        self._user = user
        self._bug = bug
        self.fills, self.orders = account_topic("userFills", user), account_topic("orderUpdates", user)
        self.topics = (*self.feed.topics, self.fills, self.orders)
        for topic in self.topics:
            self.connection.want(topic)

    def heard(self, event: StreamEvent) -> None:
        """Take an event; the account's entries are booked, all else is the feed's."""
        if not isinstance(event, Deliver):
            self.feed.heard(event)
            return
        self.judge.heard(event)
        match event.frame:
            case FillsFrame(payload=told):
                self._book(told.fills)
            case OrderUpdatesFrame(payload=updates):
                self._book(updates)
            case _:
                self.feed.heard(event)

    async def fill(self, gap: GapNeeded) -> GapFilled | None:
        """Read what a topic missed."""
        filled = await self._fill(gap)
        return GapFilled() if filled is None and self._bug == Bug.DEAF else filled

    def is_whole(self) -> bool:
        """Tell whether every topic is fresh."""
        return all(self.connection.is_fresh(topic) for topic in self.topics)

    async def look(self) -> None:
        """Let the judge look at what counts as fresh right now."""
        fresh = [topic for topic in self.topics if self.connection.is_fresh(topic)]
        for topic in fresh:
            self.judge.check(topic)
        for topic in fresh:
            if topic.type == "activeAssetCtx" and topic.coin is not None:
                self.judge.check_mark(topic.coin, await self._mark(Symbol(topic.coin)))

    async def _mark(self, symbol: Symbol) -> Decimal | None:
        try:
            mark = (await self.market.marks([symbol])).get(symbol)
        except VenueUnavailable:
            return None
        return None if mark is None else mark.price

    async def _fill(self, gap: GapNeeded) -> GapFilled | None:
        answer: Sequence[Entry] | RestFailure
        match gap.topic:
            case self.fills:
                answer = await self.rest.query(fills_by_time(self._user, start=gap.since or 0))
            case self.orders:
                answer = await self.rest.query(historical_orders(self._user))
            case _:
                return GapFilled() if self._bug == Bug.HASTY else await self.feed.fill(gap)
        if isinstance(answer, RestFailure):
            return None
        new = self.connection.admit(gap.topic, answer)
        self._book(answer if self._bug == Bug.HEEDLESS else new)
        return GapFilled()

    def _book(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            match entry:
                case WireFill():
                    self.judge.book(entry)
                case OrderUpdate():
                    self.judge.note(entry)
                case _:
                    raise AssertionError(entry)
