"""One seeded story's world: the venue with an owner's account, the database, and everything that was noted."""

from collections import Counter
from decimal import Decimal
from typing import NamedTuple

from agentic_core.domain import (
    AccountKey,
    Bps,
    DeploymentId,
    HaltReason,
    Price,
    RiskLimits,
    Size,
    Symbol,
    Usd,
    derived_uuid,
)
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.budgets import Bucket
from agentic_core.ports.simulated_venue import MoveMark
from agentic_core.simulation.world import World
from agentic_core.store.memory.store import MemoryStore
from agentic_hl.rest import MemoryBudgets, weight_bucket
from agentic_hl.simulated import SimulatedHyperliquid
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.venue import VenueOptions
from tests.lifecycles.process import Notes, Outage
from tests.lifecycles.venue_books import VenueBooks
from tests.support.hyperliquid_desk import OWNER, approve

__all__ = ["ACCOUNT", "DEPLOYMENT", "DEPOSIT", "LIMITS", "MARKS", "SYMBOLS", "Claim", "Said", "Scene"]

ACCOUNT = AccountKey("testnet:lifecycles")
DEPLOYMENT = DeploymentId(derived_uuid("test", "lifecycles"))
DEPOSIT = Decimal(200_000)
MARKS = {Symbol("BTC"): Decimal(95_000), Symbol("ETH"): Decimal(3_200), Symbol("SOL"): Decimal(180)}
SYMBOLS = tuple(MARKS)

LIMITS = RiskLimits(
    position_bps_max=Bps(30_000),
    exposure_bps_max=Bps(60_000),
    orders_per_day_max=10_000,
    orders_per_minute_max=1_000,
    leverage_max=20,
    order_usd_min=Usd(Decimal(11)),
    symbols_allowed=frozenset(SYMBOLS),
    cost_usd_month_max=Usd(Decimal(1)),
    daily_loss_bps_max=Bps(9_000),
    stop_bps=Bps(200),
    venue_marks_only=True,
)

_AMPLE = Bucket(name="ample", capacity=100_000, per_minute=1_000_000)
_OPTIONS = VenueOptions(
    engine=Options(
        start_prices=dict(enumerate((MARKS[SYMBOLS[0]], MARKS[SYMBOLS[1]]))) | {5: MARKS[SYMBOLS[2]]},
        levels=0,
        print_usd=Decimal(0),
        default_leverage=10,
    )
)


class Said(NamedTuple):
    """A line that a process said."""

    at: int
    epoch: int
    event: LogEvent
    message: str
    facts: dict[str, str | int | None]


class Claim(NamedTuple):
    """What was said of a symbol, or of the whole account, beside what was so at that moment."""

    at: int
    what: str
    claimed: str
    is_true: bool


class Scene:
    """What outlives every process."""

    def __init__(self, world: World, *, is_scarce: bool = False) -> None:
        self.world = world
        self.is_scarce = is_scarce
        """Whether weight is as scarce as it is at the venue: then what is done in time depends on how much is asked."""
        self.weight = weight_bucket("here") if is_scarce else _AMPLE
        self.clock = world.clock
        self.place = SimulatedHyperliquid(world, account=OWNER.address, deposit=DEPOSIT, options=_OPTIONS)
        approve(self.place.venue, world.clock.now())
        self.books = VenueBooks(self.place.venue, OWNER.address, world.clock)
        self.store = MemoryStore()
        self.notes = Notes(world.clock)
        self.budgets = MemoryBudgets(world.clock)
        self.began = world.clock.now()
        self.outages: list[Outage] = []
        self.said: list[Said] = []
        self.phases: list[Outage] = []
        """When the venue took no ordinary orders."""
        self.claims: list[Claim] = []
        self.halts: list[tuple[int, HaltReason, str]] = []
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []
        """Processes that ended as none should."""
        self.epoch = 0
        """Of the newest lease."""
        self.marks = dict(MARKS)
        for symbol in SYMBOLS:
            self.move(symbol, MARKS[symbol])

    @property
    def ms(self) -> int:
        """The world's time."""
        return self.clock.boottime_ms()

    def move(self, symbol: Symbol, price: Decimal, depth: Decimal | None = None) -> None:
        """Let a market trade at a price, to a depth."""
        self.marks[symbol] = price
        size = None if depth is None else Size(depth)
        self.place.inject(MoveMark(symbol=symbol, price=Price(price), depth=size))
        self.books.look()

    def say(
        self, epoch: int, event: LogEvent, message: str, level: LogLevel, facts: dict[str, str | int | None]
    ) -> None:
        """Take a line."""
        self.said.append(Said(self.ms, epoch, event, message, facts))
        if event is LogEvent.STATE_DRIFT:
            self.claim("state_drift", message, is_true=self._differs(str(facts["field"]), str(facts["believed"])))
        self.world.record(f"runner {epoch}", event, level=level, message=message, **facts)

    def claim(self, what: str, claimed: str, *, is_true: bool) -> None:
        """Note what a process claims, and whether the venue's books agree."""
        self.claims.append(Claim(self.ms, what, claimed, is_true))
        self.world.record("judge", what, claimed=claimed, agrees=str(is_true))

    def _differs(self, field: str, believed: str) -> bool:
        # Whether what was believed is not so.
        name, _, what = field.rpartition(".")
        if what == "size":
            return Decimal(believed) != self.books.position(Symbol(name))
        cloid = name.removeprefix("order.")
        lives = any(order.cloid == cloid for order in self.books.living())
        return lives is not (believed == "resting")
