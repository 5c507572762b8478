"""An account that is watched by hand: what is told of it is made up, what is done about it is kept."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from agentic_core.domain import (
    AccountKey,
    ClientOrderId,
    Fence,
    Fill,
    FillKind,
    FundingPayment,
    Instant,
    Liquidity,
    OrderIntent,
    Price,
    Side,
    Size,
    SkillId,
    Symbol,
    Usd,
)
from agentic_core.domain.account_events import (
    AccountEvent,
    FillTold,
    FundingTold,
    OrderTold,
    ToldStatus,
    Transfer,
    TransferTold,
)
from agentic_core.domain.trading import HaltReason
from agentic_core.execution.evidence import Evidence, SendBegan
from agentic_core.execution.life import Life, begin
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.account_reads import SymbolLeverage
from agentic_core.ports.repositories import Store
from agentic_core.runtime.drive import immediately
from agentic_core.runtime.watch import AccountSettings, AccountWatch, Watched, WatchTerms
from agentic_core.store.memory import MemoryStore
from tests.support.breaking_stores import BreakingStore
from tests.support.intents import told
from tests.support.markets import BTC, ETH
from tests.support.stored_values import DEPLOYMENT, decision, intent

__all__ = [
    "ACCOUNT",
    "EPOCH",
    "SINCE",
    "UNTIL",
    "DeskByHand",
    "Line",
    "WatchedRoom",
    "execution",
    "funding_told",
    "order_told",
    "stranger",
    "transfer_told",
]

ACCOUNT = AccountKey("mainnet:0xab")
SINCE = Instant(1_700_000_000_000)
"""Since when the account is answered for."""

UNTIL = Instant(SINCE + 3_600_000)
"""Up to when an earlier run took in liquidations, and the book holds transfers."""

EPOCH = 2
"""Of the lease that is held: somebody had the account before."""


class Line(NamedTuple):
    """A line that was said."""

    event: LogEvent
    level: LogLevel
    message: str
    facts: Mapping[str, str | int | None]


class DeskByHand:
    """Our orders, of which a test says what is known; what is learned is kept, and fills are booked."""

    def __init__(self, store: Store, fence: Fence) -> None:
        self.lives: dict[ClientOrderId, Life] = {}
        self.learned: list[tuple[ClientOrderId, Evidence | None, tuple[str, ...]]] = []
        self.looked: list[ClientOrderId] = []
        self._intents = store.intents
        self._fence = fence

    async def learn(
        self, cloid: ClientOrderId, evidence: Evidence | None = None, fills: Sequence[Fill] = ()
    ) -> Life | None:
        """Book the fills, and keep what was told."""
        await self._intents.record_fills(self._fence, DEPLOYMENT, fills, at=UNTIL)
        self.learned.append((cloid, evidence, tuple(fill.fill_id for fill in fills)))
        return self.lives.get(cloid)

    def look(self, cloid: ClientOrderId) -> None:
        """Keep whom the venue is to be asked about."""
        self.looked.append(cloid)


class WatchedRoom:
    """Everything a watch is given; `restarted` makes a second one over the same store, as after a crash."""

    def __init__(self, breaking: BreakingStore) -> None:
        self.breaking = breaking
        self.store = breaking.as_store()
        self.fence = Fence(account=ACCOUNT, epoch=EPOCH)
        self.desk = DeskByHand(self.store, self.fence)
        self.said: list[Line] = []
        self.halts: list[tuple[HaltReason, str]] = []
        self.fails_to_halt = False
        self.transfers: list[tuple[Usd, Instant]] = []
        self.watched = Watched(
            fence=self.fence,
            deployment=DEPLOYMENT,
            orders=self.desk,
            store=self.store.intents,
            ledger=self.store.ledger,
            say=self.say,
            halt=self.halt,
            venue_now=lambda: UNTIL,
            since=SINCE,
        )
        leverage = {BTC: SymbolLeverage(leverage=10, isolated=False)}
        settings = AccountSettings(mode="default", leverage=leverage, modes_accepted=frozenset({"disabled"}))
        terms = WatchTerms(settings=settings, accounted_until=UNTIL)
        self.watch = AccountWatch(self.watched, self, terms)

    @classmethod
    async def open(cls) -> "WatchedRoom":
        """Return a room whose lease is held."""
        real = MemoryStore()
        for holder in ("before", "before"):
            assert await real.leases.acquire(ACCOUNT, holder, 1_000) is not None
        return cls(BreakingStore(real))

    def restarted(self) -> "WatchedRoom":
        """Return a new process over the same store, under the same lease."""
        return WatchedRoom(self.breaking)

    def say(self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
        """Keep a line."""
        self.said.append(Line(event, level, message, facts))

    async def halt(self, reason: HaltReason, detail: str) -> None:
        """Keep a halt, or fail as a store does."""
        if self.fails_to_halt:
            self.breaking.broken = "intents.fills"
            await self.store.intents.fills(ACCOUNT)
        self.halts.append((reason, detail))

    def transfer(self, amount: Usd, at: Instant) -> None:
        """Keep a transfer, as the book of the account does."""
        self.transfers.append((amount, at))

    @property
    def paid(self) -> list[FundingPayment]:
        """The payments in the ledger."""
        entries = immediately(self.breaking.real.ledger.entries(ACCOUNT, Instant(0)))
        return [entry for entry in entries if isinstance(entry, FundingPayment)]

    @property
    def moved(self) -> list[Transfer]:
        """The transfers in the ledger."""
        entries = immediately(self.breaking.real.ledger.entries(ACCOUNT, Instant(0)))
        return [entry for entry in entries if isinstance(entry, Transfer)]

    @property
    def events(self) -> list[LogEvent]:
        """What was said, by name."""
        return [line.event for line in self.said]

    def only(self, event: LogEvent) -> Line:
        """Return the one line of this name."""
        (line,) = [line for line in self.said if line.event is event]
        return line

    async def prepare(self, number: int = 0, *, sends: int = 1, at_desk: bool = True, **changes: object) -> Life:
        """Write an intent of ours down, sent or not; the desk may have forgotten it."""
        wanted: OrderIntent = replace(intent(number), **changes)
        skill = SkillId("1")
        (prepared,) = await self.store.intents.prepare(
            self.fence, decision(skill, minute=number), [wanted], at=Instant(SINCE + 1)
        )
        life = told(begin(prepared), *(SendBegan(epoch=EPOCH) for _ in range(sends)))
        await self.store.intents.note(self.fence, life.record(), at=UNTIL)
        if at_desk:
            self.desk.lives[life.cloid] = life
        return life

    async def hears(self, *events: AccountEvent) -> None:
        """Hear events, and take them in."""
        for event in events:
            self.watch.heard(event)
        await self.watch.drain()

    async def booked(self) -> tuple[Fill, ...]:
        """Return the ledger."""
        return await self.store.intents.fills(ACCOUNT)


def funding_told(at: int, usd: str = "-1.5") -> FundingTold:
    """Return the telling of a payment on ten ETH."""
    payment = FundingPayment(
        symbol=ETH, time=Instant(at), size=Size(Decimal(10)), rate=Decimal("0.0001"), amount=Usd(Decimal(usd))
    )
    return FundingTold(payment=payment)


def transfer_told(name: str, usd: str, at: int) -> TransferTold:
    """Return the telling of money that went or, where it is positive, came."""
    return TransferTold(transfer=Transfer(transfer_id=name, kind="withdraw", amount=Usd(Decimal(usd)), at=Instant(at)))


def stranger(number: int = 1) -> ClientOrderId:
    """Return a name that no intent of ours bears."""
    return ClientOrderId(f"0x{'5' * 30}{number:02x}")


def execution(
    number: int,
    cloid: ClientOrderId | None = None,
    *,
    at: int = UNTIL + 1,
    kind: FillKind | None = None,
    units: str = "1",
    symbol: Symbol = ETH,
) -> FillTold:
    """Return the telling of an execution, sold at 2,000; of the kind the venue's message says."""
    meant = kind or (FillKind.EXTERNAL if cloid is None else FillKind.ORDER)
    fill = Fill(
        fill_id=f"{symbol}:{number}:{number}",
        cloid=cloid,
        symbol=symbol,
        side=Side.SELL,
        size=Size(Decimal(units)),
        price=Price(Decimal(2_000)),
        fee=Usd(Decimal("0.9")),
        liquidity=Liquidity.TAKER,
        time=Instant(at),
        closed_pnl=Usd(Decimal(0)),
        kind=meant,
    )
    return FillTold(fill=fill)


def order_told(
    cloid: ClientOrderId | None, status: ToldStatus = ToldStatus.OPEN, *, left: str = "1", at: int = UNTIL + 1
) -> OrderTold:
    """Return the telling of an order to buy one ETH."""
    return OrderTold(
        cloid=cloid,
        venue_order_id="9",
        symbol=ETH,
        side=Side.BUY,
        status=status,
        word=status.value,
        size=Size(Decimal(1)),
        left=Size(Decimal(left)),
        reduce_only=False,
        is_trigger=False,
        at=Instant(at),
    )
