"""Ports round other ports, of which one method can be another."""

from collections.abc import Awaitable, Callable, Sequence

from agentic_core.domain import (
    AccountKey,
    AccountView,
    ClientOrderId,
    Decision,
    DeploymentId,
    Fence,
    Fill,
    FundingPayment,
    Instant,
    IntentState,
    OrderIntent,
    PreparedIntent,
    SendOutcome,
    Symbol,
)
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.order import Signing
from agentic_core.domain.records import IntentRecord
from agentic_core.ports.account_reads import AccountReads, FillsRead, OrdersRead, SymbolLeverage
from agentic_core.ports.broker import Broker, BrokerCapabilities, Burned, NotBurned, Observation
from agentic_core.ports.intents import IntentStore

__all__ = ["BrokerAround", "IntentsAround", "NoteCall", "PrepareCall", "ReadsAround"]

PrepareCall = Callable[[Decision, Sequence[OrderIntent]], Awaitable[tuple[PreparedIntent, ...]]]
"""Prepares, under the same fence and with the same signing as was asked for."""
NoteCall = Callable[[Fence, Sequence[Fill]], Awaitable[None]]
"""Notes the same record as was asked for."""
PrepareAround = Callable[[PrepareCall, Decision, Sequence[OrderIntent]], Awaitable[tuple[PreparedIntent, ...]]]
NoteAround = Callable[[NoteCall, Fence, Sequence[Fill]], Awaitable[None]]


class BrokerAround:
    """A broker round another."""

    def __init__(
        self,
        broker: Broker,
        *,
        send: Callable[[PreparedIntent], Awaitable[SendOutcome]] | None = None,
        observe: Callable[[PreparedIntent], Awaitable[Observation]] | None = None,
        burn: Callable[[PreparedIntent], Awaitable[Burned | NotBurned]] | None = None,
    ) -> None:
        self._broker = broker
        self._send = send or broker.send
        self._observe = observe or broker.observe
        self._burn = burn or broker.burn

    @property
    def capabilities(self) -> BrokerCapabilities:
        """What it can do."""
        return self._broker.capabilities

    async def send(self, prepared: PreparedIntent) -> SendOutcome:
        """Send an intent."""
        return await self._send(prepared)

    async def observe(self, prepared: PreparedIntent) -> Observation:
        """Ask what became of one."""
        return await self._observe(prepared)

    async def burn(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Make one impossible."""
        return await self._burn(prepared)

    async def account(self) -> AccountView:
        """Return the account."""
        return await self._broker.account()


class ReadsAround:
    """Reads of an account round others."""

    def __init__(self, reads: AccountReads, *, orders: Callable[[], Awaitable[OrdersRead]]) -> None:
        self._reads = reads
        self._orders = orders

    async def now(self) -> Instant:
        """Return the venue's time."""
        return await self._reads.now()

    async def orders(self) -> OrdersRead:
        """Return what rests."""
        return await self._orders()

    async def fills(self, since: Instant) -> FillsRead:
        """Return executions."""
        return await self._reads.fills(since)

    async def funding(self, since: Instant) -> tuple[FundingPayment, ...]:
        """Return funding payments."""
        return await self._reads.funding(since)

    async def transfers(self, since: Instant) -> tuple[Transfer, ...]:
        """Return transfers."""
        return await self._reads.transfers(since)

    async def leverage(self, symbol: Symbol) -> SymbolLeverage:
        """Return a setting."""
        return await self._reads.leverage(symbol)

    async def mode(self) -> str:
        """Return the account's mode."""
        return await self._reads.mode()


class IntentsAround:
    """A store of intents round another."""

    def __init__(
        self,
        store: IntentStore,
        *,
        prepare: PrepareAround | None = None,
        note: NoteAround | None = None,
        living: Callable[[AccountKey], Awaitable[tuple[IntentRecord, ...]]] | None = None,
        find: Callable[[AccountKey, ClientOrderId], Awaitable[IntentRecord | None]] | None = None,
    ) -> None:
        self._store = store
        self._prepare = prepare
        self._note = note
        self._living = living or store.living
        self._find = find or store.find

    async def prepare(
        self,
        fence: Fence,
        decision: Decision,
        intents: Sequence[OrderIntent],
        *,
        at: Instant,
        signing: Signing | None = None,
    ) -> tuple[PreparedIntent, ...]:
        """Write intents."""

        async def call(decision: Decision, intents: Sequence[OrderIntent]) -> tuple[PreparedIntent, ...]:
            return await self._store.prepare(fence, decision, intents, at=at, signing=signing)

        if self._prepare is None:
            return await call(decision, intents)
        return await self._prepare(call, decision, intents)

    async def assign(self, fence: Fence, prepared: PreparedIntent, signing: Signing, *, at: Instant) -> PreparedIntent:
        """Give an intent its nonce."""
        return await self._store.assign(fence, prepared, signing, at=at)

    async def note(
        self,
        fence: Fence,
        record: IntentRecord,
        fills: Sequence[Fill] = (),
        *,
        at: Instant,
        venue_order_id: str | None = None,
    ) -> None:
        """Replace what is known."""

        async def call(fence: Fence, fills: Sequence[Fill]) -> None:
            await self._store.note(fence, record, fills, at=at, venue_order_id=venue_order_id)

        if self._note is None:
            await call(fence, fills)
        else:
            await self._note(call, fence, fills)

    async def living(self, account: AccountKey) -> tuple[IntentRecord, ...]:
        """Return what is left to do."""
        return await self._living(account)

    async def find(self, account: AccountKey, cloid: ClientOrderId) -> IntentRecord | None:
        """Return one intent."""
        return await self._find(account, cloid)

    async def settle(self, fence: Fence, prepared: PreparedIntent, outcome: SendOutcome, *, at: Instant) -> IntentState:
        """Record an outcome."""
        return await self._store.settle(fence, prepared, outcome, at=at)

    async def unresolved(self, account: AccountKey) -> tuple[PreparedIntent, ...]:
        """Return what is open."""
        return await self._store.unresolved(account)

    async def fills(self, account: AccountKey) -> tuple[Fill, ...]:
        """Return the ledger."""
        return await self._store.fills(account)

    async def record_fills(self, fence: Fence, deployment: DeploymentId, fills: Sequence[Fill], *, at: Instant) -> None:
        """Record what others caused."""
        await self._store.record_fills(fence, deployment, fills, at=at)
