"""Performing the effects of a turn through the ports: what is written when, and what a refusal leaves behind."""

from decimal import Decimal

import pytest

from agentic_core.brokers import GuardedBroker
from agentic_core.chat.effects import Reserve
from agentic_core.domain import (
    Accepted,
    Decision,
    Denied,
    Fence,
    IntentState,
    Mark,
    MarkSource,
    PreparedIntent,
    Price,
    Rejected,
    RejectedResult,
    SendOutcome,
    Side,
    TradingState,
    Unresolved,
    Usd,
    paper_account,
)
from agentic_core.domain.account import AccountView
from agentic_core.domain.chat import CallId, ChatPurpose
from agentic_core.domain.ids import ClientOrderId, DecisionId
from agentic_core.errors import Conflict, Fenced, UsageError
from agentic_core.ports.broker import BrokerCapabilities, Burned, NotBurned, Observation
from agentic_core.runtime import Interpreter, RunRecorder, Turned, drive, tick
from agentic_core.runtime.effects import Abandon, Persist, Quote, Record, Send
from agentic_core.runtime.tick import TickGenerator
from agentic_core.store.memory import MemoryStore
from tests.support.markets import AT, BTC, Paper
from tests.support.turns import DEPLOYMENT, LIMITS, Says, World, mandate, open_of

pytestmark = pytest.mark.anyio

D = Decimal
ACCOUNT = paper_account(DEPLOYMENT)
BUY = open_of(Side.BUY, "1")
CALL = CallId(deployment=DEPLOYMENT, decision=DecisionId("d"), step=0)


class Room:
    """A paper account at 100 dollars a BTC behind an interpreter; it is a broker that notes what was durable."""

    def __init__(self, *, fate: SendOutcome | None = None) -> None:
        self.paper = Paper()
        self.store = MemoryStore()
        self.state = TradingState.ACTIVE
        self.fate = fate
        self.recorder = RunRecorder()
        self.durable: list[tuple[ClientOrderId, ...]] = []
        """At every send: the orders that were in the store and not settled."""

    @property
    def capabilities(self) -> BrokerCapabilities:
        """Those of the paper broker."""
        return self.paper.broker.capabilities

    async def send(self, prepared: PreparedIntent) -> SendOutcome:
        """Note what is durable, and execute or answer as told."""
        self.durable.append(await self.open_orders())
        return self.fate or await self.paper.broker.send(prepared)

    async def observe(self, prepared: PreparedIntent) -> Observation:
        """Ask the paper broker."""
        return await self.paper.broker.observe(prepared)

    async def burn(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Ask the paper broker."""
        return await self.paper.broker.burn(prepared)

    async def account(self) -> AccountView:
        """Return the ledger."""
        return self.paper.ledger

    async def open_orders(self) -> tuple[ClientOrderId, ...]:
        """Return what the store calls unresolved."""
        return tuple(one.intent.cloid for one in await self.store.intents.unresolved(ACCOUNT))

    async def interpreter(self, *, epoch: int | None = None) -> Interpreter:
        """Take the lease and join everything; an epoch replaces the lease's."""
        lease = await self.store.leases.acquire(ACCOUNT, "here", 60_000)
        assert lease is not None
        paper = self.paper
        gate = GuardedBroker(
            self, state=lambda: self.state, now=lambda: AT, market=paper.market, limits=LIMITS, books=paper.books
        )
        return Interpreter(
            fence=Fence(account=ACCOUNT, epoch=lease.epoch if epoch is None else epoch),
            intents=self.store.intents,
            decisions=self.store.decisions,
            broker=gate,
            recorder=self.recorder,
            now=lambda: AT,
        )

    def turn(self) -> TickGenerator:
        """Begin a turn that wants one BTC."""
        paper = self.paper
        return tick(mandate(Says(BUY)), paper.market, paper.ledger, TradingState.ACTIVE, mark=AT, record_holds=False)

    async def recorded(self) -> list[tuple[Decision, object]]:
        """Return the decisions of the store with their results."""
        found = await self.store.decisions.recent(DEPLOYMENT, 9)
        return [(one.decision, one.result) for one in found]


def effects_of(room: Room) -> tuple[Persist, Record]:
    """Return what a turn asks the store for, as the tick makes it."""
    world = World(lambda one: Rejected(cloid=one.intent.cloid, reason="no"))
    world.play(room.turn())
    return world.of(Persist)[0], world.of(Record)[0]


async def test_interpreter_has_the_order_durable_before_it_is_sent() -> None:
    """At the moment of sending the store holds the intent; afterwards it is settled with its fill."""
    room = Room()
    interpreter = await room.interpreter()
    outcome = await drive(room.turn(), interpreter.perform)
    assert isinstance(outcome, Turned)
    ((cloid,),) = room.durable
    assert await room.open_orders() == ()
    assert [fill.cloid for fill in await room.store.intents.fills(ACCOUNT)] == [cloid]
    assert await room.recorded() == [(outcome.decision, outcome.result)]


async def test_interpreter_settles_what_the_gate_denies_and_sends_nothing() -> None:
    """Trading halted between approval and sending: the order is closed in the store and never seen by the broker."""
    room = Room()
    interpreter = await room.interpreter()
    room.state = TradingState.HALTED
    outcome = await drive(room.turn(), interpreter.perform)
    assert isinstance(outcome, Turned)
    assert room.durable == []
    assert await room.open_orders() == ()
    assert await room.store.intents.fills(ACCOUNT) == ()
    assert room.recorder.orders == []
    assert isinstance(outcome.result, RejectedResult)
    assert outcome.result.rule == "R3_HALTED"


async def test_interpreter_settles_an_abandoned_order() -> None:
    """A leg that will never be sent does not stay open."""
    room = Room()
    interpreter = await room.interpreter()
    persist, _ = effects_of(room)
    reply = await interpreter.perform(persist)
    assert isinstance(reply, tuple)
    assert len(await room.open_orders()) == 1
    assert await interpreter.perform(Abandon(prepared=reply[0], cause="the leg before it did not fill")) is None
    assert (await room.open_orders(), room.durable, room.recorder.orders) == ((), [], [])


async def test_interpreter_leaves_an_order_of_unknown_fate_open() -> None:
    """It stays unresolved in the store, and the diary says so."""
    persist, _ = effects_of(Room())
    cloid = persist.intents[0].cloid
    lost = Unresolved(cloid=cloid, cause="no answer")
    room = Room(fate=lost)
    interpreter = await room.interpreter()
    await drive(room.turn(), interpreter.perform)
    assert await room.open_orders() == (cloid,)
    assert [(one.time, one.outcome) for one in room.recorder.orders] == [(AT, lost)]


async def test_interpreter_notes_orders_and_their_fills_for_the_report() -> None:
    """The run's diary holds the order with its outcome, and every fill of it."""
    room = Room()
    await drive(room.turn(), (await room.interpreter()).perform)
    ((order, fill),) = zip(room.recorder.orders, room.recorder.fills, strict=True)
    assert isinstance(order.outcome, Accepted)
    assert order.outcome.state is IntentState.FILLED
    assert order.outcome.fills == (fill,)
    assert (fill.symbol, fill.size, fill.price) == (BTC, D(1), D(100))
    assert len(room.recorder.decisions) == 1


async def test_interpreter_under_a_lost_lease_writes_and_sends_nothing() -> None:
    """The store refuses the fence, so the order never comes into being."""
    room = Room()
    interpreter = await room.interpreter(epoch=7)
    with pytest.raises(Fenced):
        await drive(room.turn(), interpreter.perform)
    assert (room.durable, await room.recorded(), await room.open_orders()) == ([], [], ())


async def test_interpreter_without_a_chat_model_cannot_ask() -> None:
    """A question nobody was configured for is a mistake in the program."""
    interpreter = await Room().interpreter()
    with pytest.raises(UsageError, match="none is configured"):
        await interpreter.perform(Reserve(call=CALL, purpose=ChatPurpose.LOOK, bound=Usd(D(1))))


async def test_interpreter_prepares_a_decision_once() -> None:
    """The same turn a second time is refused by the store before anything is sent."""
    room = Room()
    interpreter = await room.interpreter()
    await drive(room.turn(), interpreter.perform)
    with pytest.raises(Conflict):
        await drive(room.turn(), interpreter.perform)
    assert len(room.durable) == 1


async def test_interpreter_sends_an_intent_it_is_given_once_however_often() -> None:
    """A repetition does not pass the gate, because the first one moved the position; what is settled stays settled."""
    room = Room()
    interpreter = await room.interpreter()
    persist, _ = effects_of(room)
    reply = await interpreter.perform(persist)
    assert isinstance(reply, tuple)
    first, second = [await interpreter.perform(Send(prepared=reply[0])) for _ in range(2)]
    assert isinstance(first, Accepted)
    assert isinstance(second, Denied)
    assert second.rule == "R3_STATE_MOVED"
    assert (len(room.durable), await room.open_orders()) == (1, ())
    assert [fill.size for fill in await room.store.intents.fills(ACCOUNT)] == [D(1)]


async def test_interpreter_quotes_the_price_that_the_gate_finds() -> None:
    """The mark while it is young, else the middle of the book, else nothing."""
    room = Room()
    interpreter = await room.interpreter()
    assert await interpreter.perform(Quote(symbol=BTC)) == room.paper.market.mark(BTC)
    del room.paper.market.marks[BTC]
    room.paper.books.set(BTC, "98")
    quoted = await interpreter.perform(Quote(symbol=BTC))
    assert quoted == Mark(symbol=BTC, price=Price(D(98)), as_of=AT, source=MarkSource.BOOK)
    del room.paper.books.books[BTC]
    assert await interpreter.perform(Quote(symbol=BTC)) is None
