"""One seeded story's world: the venue with an owner's account, the database, and everything that was noted."""

from collections import Counter
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import NamedTuple

from agentic_core.domain import Bps, HaltReason, Price, RiskLimits, Size, Symbol, Usd
from agentic_core.errors import (
    AgenticError,
    DatabaseRestored,
    Fenced,
    JournalBroken,
    StoreUnavailable,
    VenueUnavailable,
)
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ports.budgets import Bucket
from agentic_core.ports.simulated_venue import MoveMark
from agentic_core.simulation.world import World
from agentic_core.store.memory.store import MemoryStore
from agentic_hl.rest import MemoryBudgets, weight_bucket
from agentic_hl.simulated import SimulatedHyperliquid
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.venue import VenueOptions
from tests.lifecycles.database import Database
from tests.lifecycles.disks import Disk
from tests.lifecycles.machines import Machine, Sent
from tests.lifecycles.places import ACCOUNT, DEPLOYMENT
from tests.lifecycles.process import Notes, Outage
from tests.lifecycles.venue_books import VenueBooks
from tests.support.hyperliquid_desk import OWNER, approve

__all__ = ["ACCOUNT", "DEPLOYMENT", "DEPOSIT", "LIMITS", "MARKS", "SCARCE", "SYMBOLS", "Claim", "Said", "Scene"]

SCARCE = "scarce"
"""Weight is as scarce as it is at the venue."""

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


_MACHINES = 3
_DATABASE_FAILS = frozenset({"database", "outages", "restore"})


class Scene:
    """What outlives every process."""

    def __init__(self, world: World, kinds: Collection[str] = (), disk: Callable[[], Disk] = Disk) -> None:
        self.world = world
        self.kinds = frozenset(kinds)
        """What may go wrong."""
        self.is_scarce = SCARCE in kinds
        """Whether weight is as scarce as it is at the venue: then what is done in time depends on how much is asked."""
        self.weight = weight_bucket("here") if self.is_scarce else _AMPLE
        self.clock = world.clock
        self.place = SimulatedHyperliquid(world, account=OWNER.address, deposit=DEPOSIT, options=_OPTIONS)
        approve(self.place.venue, world.clock.now())
        self.books = VenueBooks(self.place.venue, OWNER.address, world.clock)
        self.database = Database(world.clock)
        self.machines = tuple(Machine(number, disk()) for number in range(_MACHINES))
        self.notes = Notes(world.clock)
        self.budgets = MemoryBudgets(world.clock)
        self.began = world.clock.now()
        self.outages: list[Outage] = []
        self.repeated: list[Outage] = []
        """When processes ended, or were about to, so that the next did again what they had begun."""
        self.said: list[Said] = []
        self.phases: list[Outage] = []
        """When the venue took no ordinary orders."""
        self.claims: list[Claim] = []
        self.halts: list[tuple[int, HaltReason, str]] = []
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []
        """Processes that ended as none should."""
        self.epochs: list[int] = []
        """Of the leases that were taken, in their order."""
        self.sent: list[Sent] = []
        """What left, signed."""
        self.units: dict[str, bool] = {}
        """Whether each unit of work was stored, by the name of what it wrote."""
        self.marks = dict(MARKS)
        for symbol in SYMBOLS:
            self.move(symbol, MARKS[symbol])

    @property
    def store(self) -> MemoryStore:
        """What the database holds, without any trouble on the way."""
        return self.database.store

    @property
    def ms(self) -> int:
        """The world's time."""
        return self.clock.boottime_ms()

    @property
    def epoch(self) -> int:
        """The newest lease's."""
        return self.epochs[-1] if self.epochs else 0

    def took_lease(self, epoch: int) -> None:
        """Take note of a lease that a process has."""
        self.epochs.append(epoch)

    def kept_out(self) -> None:
        """Take note that no lease was given."""
        self.counts["leases not given"] += 1
        if "revocation" not in self.kinds:
            self.broken.append("no lease was given, and none was revoked")

    def ended_by(self, error: AgenticError) -> None:
        """Take note of what ended a process, and whether anything that went wrong explains it."""
        self.counts[f"ended by {type(error).__name__}"] += 1
        match error:
            case Fenced() | VenueUnavailable():
                is_explained = True
            case StoreUnavailable():
                is_explained = bool(self.kinds & _DATABASE_FAILS)
            case JournalBroken():
                is_explained = "disk" in self.kinds
            case DatabaseRestored():
                is_explained = self.database.is_restored
            case _:
                is_explained = False
        if not is_explained:
            self.broken.append(f"a process ended by {type(error).__name__}: {error}")

    def move(self, symbol: Symbol, price: Decimal, depth: Decimal | None = None) -> None:
        """Let a market trade at a price, to a depth."""
        self.marks[symbol] = price
        size = None if depth is None else Size(depth)
        self.place.inject(MoveMark(symbol=symbol, price=Price(price), depth=size))
        self.books.look()

    def say_of(self, epoch: int) -> Say:
        """Return where the process of an epoch says its lines; 0 is one without a lease."""

        def say(event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
            self.say(epoch, event, message, level, facts)

        return say

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
