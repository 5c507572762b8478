"""A drift guard over a venue whose answers are set by hand, and over a ledger that really books."""

from collections.abc import Callable
from decimal import Decimal

from agentic_core.domain import ZERO, Fill, FundingPayment, Instant, Price, Side, Size, Symbol
from agentic_core.domain.account import AccountView
from agentic_core.domain.account_events import Transfer
from agentic_core.errors import VenueUnavailable
from agentic_core.execution.life import Life
from agentic_core.ports.account_reads import FillsRead, OrdersRead, RestingOrder, SymbolLeverage
from agentic_core.ports.broker import Searched
from agentic_core.runtime.watch import DriftGuard, GuardRules
from tests.support.clocks import VirtualClock
from tests.support.markets import ETH, AccountByHand, MarketByHand, held
from tests.support.watched_room import UNTIL, Line, WatchedRoom

__all__ = ["RULES", "DriftRoom", "hand_order", "listed"]

RULES = GuardRules(every_ms=60_000, again_ms=10_000, confirm_ms=2_000, overlap_ms=5_000)


class _WakingClock(VirtualClock):
    # Whoever sleeps lets the time pass, up to the last moment that is wanted.
    def __init__(self, at: Instant, ends_at: Instant) -> None:
        super().__init__(at)
        self._ends_at = ends_at

    async def sleep(self, seconds: float) -> None:
        await super().sleep(0)
        if self.now() + seconds * 1_000 > self._ends_at:
            await super().sleep(seconds)
        self.freeze(int(seconds * 1_000))


class DriftRoom:
    """What the venue would answer, and the guard that asks; the venue's clock is ahead of ours by `ahead_ms`."""

    def __init__(self, room: WatchedRoom, *, ends_at: int = UNTIL + 3_600_000) -> None:
        self.room = room
        self.clock = _WakingClock(Instant(UNTIL), Instant(ends_at))
        self.ahead_ms = 0
        self.travel_ms = 0
        """How long the question about the time takes, there and back."""
        self.equity = "5000"
        self.positions: dict[Symbol, str] = {}
        self.as_of: int | None = None
        """Of the account that is read; None is the present."""
        self.resting: list[RestingOrder] = []
        self.executed: list[Fill] = []
        self.unanswered: set[str] = set()
        self.meanwhile: dict[str, Callable[[], None]] = {}
        """What happens just before a question is answered, once."""
        self.asked: list[str] = []
        self.searches: list[Instant] = []
        self.guard = DriftGuard(room.watch, self.account, self, self.clock, RULES)

    @classmethod
    async def open(cls, *, ends_at: int = UNTIL + 3_600_000) -> "DriftRoom":
        """Return a room in which nothing was traded."""
        return cls(await WatchedRoom.open(), ends_at=ends_at)

    # ── the venue ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def venue_time(self) -> Instant:
        """The venue's present."""
        return Instant(self.clock.now() + self.ahead_ms)

    def _answer(self, question: str) -> None:
        self.asked.append(question)
        self.meanwhile.pop(question, lambda: None)()
        if question in self.unanswered:
            message = f"no answer about {question}"
            raise VenueUnavailable(message)

    async def account(self) -> AccountView:
        """Return the account as of a moment."""
        self._answer("account")
        at = self.venue_time if self.as_of is None else Instant(self.as_of)
        view = AccountByHand(MarketByHand(at=at), equity=self.equity, at=at)
        view.hold(*(held(symbol, units) for symbol, units in self.positions.items()))
        return view

    async def now(self) -> Instant:
        """Return the venue's time."""
        self._answer("now")
        self.clock.freeze(self.travel_ms // 2)
        told = self.venue_time
        self.clock.freeze(self.travel_ms - self.travel_ms // 2)
        return told

    async def orders(self) -> OrdersRead:
        """Return what rests."""
        read_at = self.venue_time if self.as_of is None else Instant(self.as_of)
        self._answer("orders")
        return OrdersRead(read_at=read_at, orders=tuple(self.resting))

    async def fills(self, since: Instant) -> FillsRead:
        """Return what was executed since."""
        self.searches.append(since)
        searched = Searched(since=since, read_at=self.venue_time)
        self._answer("fills")
        return FillsRead(searched=searched, fills=tuple(fill for fill in self.executed if fill.time >= since))

    async def funding(self, since: Instant) -> tuple[FundingPayment, ...]:
        """Fail: a guard has no use for it."""
        raise AssertionError("a drift guard asks nothing of the kind")

    async def transfers(self, since: Instant) -> tuple[Transfer, ...]:
        """Fail: a guard has no use for it."""
        raise AssertionError("a drift guard asks nothing of the kind")

    async def leverage(self, symbol: Symbol) -> SymbolLeverage:
        """Fail: a guard has no use for it."""
        raise AssertionError("a drift guard asks nothing of the kind")

    async def mode(self) -> str:
        """Fail: a guard has no use for it."""
        raise AssertionError("a drift guard asks nothing of the kind")

    # ── what is looked at ────────────────────────────────────────────────────────────────────────────────────────

    def drifts(self) -> list[tuple[object, object, object]]:
        """Return what was said of differing fields."""
        lines = [line for line in self.room.said if line.event == "state_drift"]
        return [(line.facts["field"], line.facts["believed"], line.facts["observed"]) for line in lines]

    def reconciled(self) -> list[Line]:
        """Return what was said of checks."""
        return [line for line in self.room.said if line.event == "reconciled"]


def listed(life: Life, *, left: str | None = None) -> RestingOrder:
    """Return an order as the venue lists it."""
    intent = life.intent
    return RestingOrder(
        venue_order_id="9",
        cloid=intent.cloid,
        symbol=intent.symbol,
        side=intent.side,
        size=intent.size if left is None else Size(Decimal(left)),
        limit_price=intent.limit_price,
        reduce_only=intent.reduce_only,
        trigger=None,
        placed_at=Instant(UNTIL),
    )


def hand_order() -> RestingOrder:
    """Return an order that a person placed."""
    return RestingOrder(
        venue_order_id="10",
        cloid=None,
        symbol=ETH,
        side=Side.BUY,
        size=Size(Decimal(1)),
        limit_price=Price(ZERO + 1_000),
        reduce_only=False,
        trigger=None,
        placed_at=Instant(UNTIL),
    )
