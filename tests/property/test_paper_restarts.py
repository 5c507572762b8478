"""A paper account that dies anywhere and comes back is, to the last digit, the one that never did."""

from decimal import Decimal

import anyio
import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentic_core.brokers.paper import PaperVenue
from agentic_core.domain import (
    Instant,
    IntentKind,
    OrderIntent,
    Price,
    Side,
    Symbol,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from agentic_core.domain.account_events import LiquidationTold
from agentic_core.domain.ledger import LedgerEntry
from agentic_core.ports.account_reads import RestingOrder
from agentic_core.ports.broker import Absent
from tests.support.markets import BTC, ETH, order, prepared
from tests.support.paper_market import BEGAN, LOOK_MS, Died, PaperPlace, PathMarket

MINUTES = 14
LOOKS = MINUTES * 4
SIDES = {BTC: Side.BUY, ETH: Side.SELL}
"""What is opened: bitcoin falls first within a candle and ether rises first, so that both go adverse first."""

SHAPES = ((0, 0, 0, 0), (0, 0, 1, 1), (0, 0, 1, 0), (0, -1, 0, 0), (0, -1, 0, -1))
"""How a price may move within a candle, one dollar a look at most, the low before the high."""


class Act(msgspec.Struct, frozen=True):
    """Something that whoever trades does at a look."""

    look: int
    symbol: Symbol
    what: str
    number: int


class Outage(msgspec.Struct, frozen=True):
    """The process is gone after one look and back before another."""

    after: int
    back: int


class Plan(msgspec.Struct, frozen=True):
    """A market, what is done there, and what goes wrong."""

    paths: dict[Symbol, list[tuple[int, ...]]]
    acts: tuple[Act, ...]
    outages: tuple[Outage, ...]
    deaths: tuple[tuple[int, bool], ...]
    """Writes of the venue's books at which the process dies, before or after them."""
    booked: tuple[int, ...]
    """How many of the oldest events are booked after each look."""
    units: str
    """What is opened at a time; much of it is more than the account can carry through a fall of some dollars."""


class Final(msgspec.Struct, frozen=True):
    """What an account is in the end."""

    cash: Decimal
    equity: Decimal
    positions: dict[Symbol, tuple[Decimal, Decimal]]
    entries: tuple[LedgerEntry, ...]
    resting: tuple[RestingOrder, ...]
    liquidated: frozenset[str]
    """The names of all liquidations that were told of."""


@st.composite
def paths(draw: st.DrawFn, sign: int) -> list[tuple[int, ...]]:
    """Draw the prices of some minutes."""
    price, found = 100, []
    for _ in range(MINUTES):
        price += draw(st.integers(-1, 1))
        prices = tuple(price + sign * step for step in draw(st.sampled_from(SHAPES)))
        price = prices[-1]
        found.append(prices)
    return found


@st.composite
def outages(draw: st.DrawFn) -> tuple[Outage, ...]:
    """Draw times without a process: a look within a candle, or from the end of one to the beginning of another."""
    begun, lasted = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    long = Outage(begun * 4 + draw(st.integers(2, 3)), (begun + lasted) * 4)
    short = draw(st.lists(st.integers(long.back, LOOKS - 4), max_size=3, unique=True))
    return (long, *(Outage(look, look + 1) for look in sorted(short)))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw everything."""
    gone = draw(outages())
    away = {look for each in gone for look in range(each.after + 1, each.back)}
    there = [look for look in range(LOOKS - 4) if look not in away]
    drawn = []
    for symbol in (BTC, ETH):
        before = draw(st.integers(0, gone[0].after - 1))
        drawn += [(before, symbol, "open"), (before + 1, symbol, draw(st.sampled_from(["stop", "tight"])))]
    kinds = st.sampled_from(["open", "stop", "tight", "cancel", "close"])
    drawn += draw(st.lists(st.tuples(st.sampled_from(there), st.sampled_from([BTC, ETH]), kinds), max_size=8))
    drawn.sort()
    return Plan(
        paths={BTC: draw(paths(1)), ETH: draw(paths(-1))},
        acts=tuple(Act(look, symbol, what, number) for number, (look, symbol, what) in enumerate(drawn)),
        outages=gone,
        deaths=tuple(draw(st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=4))),
        booked=tuple(draw(st.lists(st.integers(0, 4), min_size=1, max_size=7))),
        units=draw(st.sampled_from(["3.5", "1600", "3500"])),
    )


class Trader:
    """Carries a plan out on one place, opening the account again whenever its process is gone."""

    def __init__(self, plan: Plan, *, dies: bool) -> None:
        self.plan = plan
        self.place = PaperPlace(PathMarket(plan.paths), leverage=40)
        self.outages = {each.after: each for each in plan.outages} if dies else {}
        self.away = {look for each in plan.outages for look in range(each.after + 1, each.back)}
        self.deaths = dict(plan.deaths) if dies else {}
        self.stops: dict[Symbol, OrderIntent] = {}

    async def run(self) -> Final:
        """Go through all looks, then let everything be booked."""
        venue: PaperVenue | None = None
        for look in range(LOOKS + 8):
            self.place.market.at = Instant(BEGAN + look * LOOK_MS)
            if self.outages and look in self.away:
                venue = None
                continue
            venue = await self._at(look, venue)
            if look in self.outages:
                venue = None
        assert venue is not None, "every outage ends"
        await self.place.book()
        return await self._final(venue)

    async def _at(self, look: int, venue: PaperVenue | None) -> PaperVenue:
        # Whatever dies in between is begun again at the same look, by another process.
        while True:
            try:
                self._arm()
                venue = venue or await self.place.open()
                await venue.look()
                for act in self.plan.acts:
                    if act.look == look:
                        await self._act(venue, act)
                await self.place.book(self.plan.booked[look % len(self.plan.booked)])
            except Died:
                venue = None
            else:
                return venue

    def _arm(self) -> None:
        paper = self.place.paper
        ahead = {number: after for number, after in self.deaths.items() if number > paper.writes}
        paper.dies_at = min(ahead, default=None)
        paper.dies_after = ahead.get(paper.dies_at, False) if paper.dies_at is not None else False

    async def _act(self, venue: PaperVenue, act: Act) -> None:
        wanted = self._intent(act)
        if wanted is None:
            return
        ready = msgspec.structs.replace(
            prepared(wanted), prepared_at=Instant(BEGAN + act.look * LOOK_MS), fence=self.place.fence
        )
        if isinstance(await venue.broker.observe(ready), Absent):
            await venue.broker.send(ready)

    def _intent(self, act: Act) -> OrderIntent | None:
        side, price = SIDES[act.symbol], self.place.market.price(act.symbol)
        base = order(act.number, side, self.plan.units, price * 2 if side is Side.BUY else price / 2, symbol=act.symbol)
        match act.what:
            case "open":
                return base
            case "close":
                worst = Price(Decimal(1 if side is Side.BUY else 10_000))
                return msgspec.structs.replace(base, side=side.opposite, reduce_only=True, limit_price=worst)
            case "cancel":
                stop = self.stops.get(act.symbol)
                target = None if stop is None else stop.cloid
                return None if stop is None else msgspec.structs.replace(base, kind=IntentKind.CANCEL, target=target)
            case _:
                stop = self._stop(act, base)
                self.stops[act.symbol] = stop
                return stop

    def _stop(self, act: Act, base: OrderIntent) -> OrderIntent:
        # A tight one is over once it fires, because its limit lies on the way back.
        away = -SIDES[act.symbol].sign * (1 + act.number % 2)
        trigger = Price(self.place.market.price(act.symbol) + away)
        steps = 1 if act.what == "tight" else -20
        limit = Price(trigger + steps * SIDES[act.symbol].sign)
        return msgspec.structs.replace(
            base,
            side=base.side.opposite,
            kind=IntentKind.STOP,
            reduce_only=True,
            limit_price=limit,
            time_in_force=TimeInForce.GTC,
            trigger=Trigger(kind=TriggerKind.STOP, price=trigger, position_sized=True),
        )

    async def _final(self, venue: PaperVenue) -> Final:
        account = await venue.look()
        orders = await venue.reads.orders()
        entries = await self.place.store.ledger.entries(self.place.fence.account, Instant(0))
        worth = sum(
            (each.size * self.place.market.price(each.symbol) for each in account.positions.values()), Decimal(0)
        )
        return Final(
            cash=account.equity - worth,
            equity=account.equity,
            positions={symbol: (each.size, each.entry_cost) for symbol, each in sorted(account.positions.items())},
            entries=entries,
            resting=tuple(sorted(orders.orders, key=lambda one: one.venue_order_id)),
            liquidated=frozenset(one.liquidation_id for one in self.place.heard if isinstance(one, LiquidationTold)),
        )


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(plan=plans())
def test_paper_account_that_died_anywhere_equals_the_one_that_never_did(plan: Plan) -> None:
    """Cash, positions, executions, funding and what rests are the same after any number of deaths and outages."""
    whole = anyio.run(Trader(plan, dies=False).run)
    broken = anyio.run(Trader(plan, dies=True).run)
    assert broken == whole
