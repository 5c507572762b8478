"""The mistakes themselves, with the trouble in which each has to come to light."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from agentic_core.domain import (
    Accepted,
    AccountKey,
    AccountSnapshot,
    AccountView,
    Instant,
    Instrument,
    IntentKind,
    IntentState,
    PreparedIntent,
    Rejected,
    SendOutcome,
    Size,
    Symbol,
    TriggerKind,
    Unresolved,
    Usd,
)
from agentic_core.domain.account_events import AccountEvent, FillTold
from agentic_core.domain.records import IntentRecord
from agentic_core.ports.account_memory import AccountMemory, Remembered
from agentic_core.ports.account_reads import AccountReads, OrdersRead
from agentic_core.ports.broker import Absent, Broker, Burned, Known, NotBurned, Observation
from agentic_core.ports.clock import Clock
from agentic_core.ports.intents import IntentStore
from agentic_core.runtime.exits import CloseReport, ExitDesk, ExitPorts, ExitTerms
from agentic_core.runtime.watch import GuardRules
from agentic_core.store.memory.store import MemoryStore
from tests.lifecycles.bugs import Bug
from tests.lifecycles.plants import Plant
from tests.lifecycles.wrappers import BrokerAround, IntentsAround, ReadsAround

__all__ = ["PLANTED"]

_NOTHING = Size(Decimal(0))
_MIRROR = Decimal("1.04")
_DECIMALS = {Symbol("BTC"): 5, Symbol("ETH"): 4, Symbol("SOL"): 2}
_LATE_S = 15
_OLD_MS = 15_000


class LostIsRejected(Bug):
    """An answer that is lost counts as a refusal."""

    def broker(self, broker: Broker) -> Broker:
        """Return a broker that believes so."""

        async def send(prepared: PreparedIntent) -> SendOutcome:
            outcome = await broker.send(prepared)
            if isinstance(outcome, Unresolved) and outcome.left:
                return Rejected(cloid=outcome.cloid, reason=outcome.cause)
            return outcome

        return BrokerAround(broker, send=send)


class AbsentIsDead(Bug):
    """An order that is not shown counts as dead."""

    def broker(self, broker: Broker) -> Broker:
        """Return a broker that believes so."""

        async def observe(prepared: PreparedIntent) -> Observation:
            seen = await broker.observe(prepared)
            if not isinstance(seen, Absent):
                return seen
            return Known(cloid=seen.cloid, state=IntentState.DEAD, fills=(), searched=seen.searched, total=_NOTHING)

        return BrokerAround(broker, observe=observe)


class BurnedWithoutProof(Bug):
    """A nonce counts as used up whatever the venue says."""

    def broker(self, broker: Broker) -> Broker:
        """Return a broker that never even asks."""

        async def burn(prepared: PreparedIntent) -> Burned | NotBurned:
            return Burned()

        return BrokerAround(broker, burn=burn)


class HeedlessTakeover(Bug):
    """What an earlier process left is neither burned nor outlived."""

    def store(self, store: IntentStore, epoch: int, database: MemoryStore) -> IntentStore:
        """Return a store that keeps it secret."""

        async def living(account: AccountKey) -> tuple[IntentRecord, ...]:
            return () if epoch > 1 else await store.living(account)

        return IntentsAround(store, living=living)


class CountedTwice(Bug):
    """The same execution has one name in the answer and another in the stream."""

    def told(self, event: AccountEvent) -> AccountEvent:
        """Return the event under the other name."""
        if not isinstance(event, FillTold):
            return event
        return FillTold(fill=replace(event.fill, fill_id=f"{event.fill.fill_id}:told"))


class NoStops(Bug):
    """Stops are never sent, and believed to rest."""

    def broker(self, broker: Broker) -> Broker:
        """Return a broker that believes so."""

        async def send(prepared: PreparedIntent) -> SendOutcome:
            if prepared.intent.kind is not IntentKind.STOP:
                return await broker.send(prepared)
            return Accepted(cloid=prepared.intent.cloid, state=IntentState.RESTING, fills=(), venue_order_id="1")

        return BrokerAround(broker, send=send)


class _LateExits(ExitDesk):
    def __init__(self, ports: ExitPorts, terms: ExitTerms) -> None:
        super().__init__(ports, terms)
        self._sleep: Final = ports.clock.sleep

    async def run(self) -> None:
        while True:
            await self._sleep(_LATE_S)
            await self.look()


class LateStops(Bug):
    """Stops are placed when somebody comes by."""

    def exits(self, ports: ExitPorts, terms: ExitTerms) -> ExitDesk:
        """Return a desk that looks every quarter of a minute."""
        return _LateExits(ports, terms)


class WrongSide(Bug):
    """What should stop a loss takes a profit."""

    def broker(self, broker: Broker) -> Broker:
        """Return a broker that turns stops round."""

        async def send(prepared: PreparedIntent) -> SendOutcome:
            return await broker.send(_turned(prepared) if prepared.intent.kind is IntentKind.STOP else prepared)

        return BrokerAround(broker, send=send)


def _turned(prepared: PreparedIntent) -> PreparedIntent:
    intent, trigger = prepared.intent, prepared.intent.trigger
    assert trigger is not None, "every stop has one"
    instrument = Instrument(symbol=intent.symbol, size_decimals=_DECIMALS[intent.symbol], leverage_max=20)
    beyond = trigger.price * _MIRROR if intent.side.sign < 0 else trigger.price / _MIRROR
    price = instrument.round_price(beyond, up=intent.side.sign < 0)
    turned = replace(trigger, kind=TriggerKind.TAKE_PROFIT, price=price)
    return replace(prepared, intent=replace(intent, trigger=turned))


class TimerRestarts(Bug):
    """Any stop that rests for a moment starts the count of naked time anew."""

    def exits(self, ports: ExitPorts, terms: ExitTerms) -> ExitDesk:
        """Return a desk that forgets at once."""
        protection = replace(terms.rules.protection, covered_ms=0)
        return ExitDesk(ports, replace(terms, rules=replace(terms.rules, protection=protection)))


class PostOnlyIsDeath(Bug):
    """Nobody knows what the venue says in its post-only phase."""

    def broker(self, broker: Broker) -> Broker:
        """Return a broker that has other words for it."""

        async def send(prepared: PreparedIntent) -> SendOutcome:
            outcome = await broker.send(prepared)
            if isinstance(outcome, Rejected) and "post-only" in outcome.reason:
                return Rejected(cloid=outcome.cloid, reason="refused")
            return outcome

        return BrokerAround(broker, send=send)


class GivesUp(Bug):
    """A close ends after its first order, and says nothing."""

    def exits(self, ports: ExitPorts, terms: ExitTerms) -> ExitDesk:
        """Return a desk of one order, with nobody to call."""
        close = replace(terms.rules.close, orders_max=1)
        return ExitDesk(ports, replace(terms, rules=replace(terms.rules, close=close)))

    def closed(self, report: CloseReport) -> CloseReport:
        """Return the report without the call."""
        return replace(report, paged=None)


class _OldAccount:
    # Shows what was so a while ago as if it were so now.
    def __init__(self, broker: Broker, clock: Clock) -> None:
        self._broker = broker
        self._clock = clock
        self._seen: list[tuple[int, AccountSnapshot]] = []

    async def __call__(self) -> AccountView:
        account = AccountSnapshot.of(await self._broker.account())
        now = self._clock.boottime_ms()
        self._seen.append((now, account))
        old = next(seen for at, seen in reversed([(0, self._seen[0][1]), *self._seen]) if at <= now - _OLD_MS)
        return replace(old, as_of=account.as_of)


class OldReadsWin(Bug):
    """The drift guard believes an account that was read before the last execution."""

    guard = GuardRules(every_ms=10_000)

    def account(self, broker: Broker, clock: Clock) -> Callable[[], Awaitable[AccountView]]:
        """Return how the guard reads it."""
        return _OldAccount(broker, clock)


class _Carefree:
    def __init__(self, memory: AccountMemory) -> None:
        self._memory = memory

    def recall(self, as_of: Instant, equity: Usd) -> Remembered:
        remembered = self._memory.recall(as_of, equity)
        return replace(remembered, unresolved=0, open_intents=())


class OpensRegardless(Bug):
    """What is unresolved does not count."""

    def memory(self, memory: AccountMemory) -> AccountMemory:
        """Return a memory without it."""
        return _Carefree(memory)


class SeesNoOrders(Bug):
    """What rests is not looked at, so an account without positions is called flat."""

    def reads(self, reads: AccountReads) -> AccountReads:
        """Return reads that never show an order."""

        async def orders() -> OrdersRead:
            return replace(await reads.orders(), orders=())

        return ReadsAround(reads, orders=orders)


PLANTED: Final = (
    Plant(LostIsRejected(), ("commits",), "was called"),
    Plant(AbsentIsDead(), ("lateness",), "was called"),
    Plant(BurnedWithoutProof(), ("commits",), "contradiction"),
    Plant(HeedlessTakeover(), ("crash", "commits"), "at the end"),
    Plant(CountedTwice(), ("marks",), "which the venue never executed"),
    Plant(NoStops(), ("marks",), "was naked"),
    Plant(LateStops(), ("marks",), "was naked"),
    Plant(WrongSide(), ("marks",), "was naked"),
    Plant(TimerRestarts(), ("spite",), "was naked"),
    Plant(PostOnlyIsDeath(), ("post_only",), "a human was called"),
    Plant(GivesUp(), ("depth",), "close ended"),
    Plant(OldReadsWin(), ("marks",), "state_drift"),
    Plant(OpensRegardless(), ("lateness",), "was unresolved"),
    Plant(SeesNoOrders(), ("hand",), "flatten left"),
)
"""Every one is caught by the same judge that finds nothing wrong with the shipped parts."""
