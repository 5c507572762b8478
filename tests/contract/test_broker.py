"""What every broker promises: facts about one account, and each order at most once."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from agentic_core.domain import Accepted, IntentState, OrderIntent, Position, Rejected, Side, Usd
from agentic_core.ports.broker import Absent, Burned, Known, NotBurned
from tests.support.broker_desks import BROKERS, BrokerDesk
from tests.support.hyperliquid_desk import sendable
from tests.support.markets import BTC, order

PORTS = ("agentic_core.ports.broker.Broker",)
pytestmark = pytest.mark.anyio

D = Decimal


@pytest.fixture(params=sorted(BROKERS))
async def venue(request: pytest.FixtureRequest) -> AsyncIterator[BrokerDesk]:
    """Yield each broker in turn."""
    async with BROKERS[request.param]() as made:
        yield made


async def fill(venue: BrokerDesk, intent: OrderIntent) -> Accepted:
    """Send an order that fills completely."""
    outcome = await venue.broker.send(sendable(intent))
    assert isinstance(outcome, Accepted), outcome
    assert outcome.state is IntentState.FILLED
    return outcome


async def holding(venue: BrokerDesk) -> Position:
    """Return the position in BTC as the venue sees it now."""
    return (await venue.broker.account()).position(BTC)


async def equity(venue: BrokerDesk) -> Usd:
    """Return the account's value as the venue sees it now."""
    return (await venue.broker.account()).equity


async def test_broker_says_what_it_can_do_and_keeps_to_it(venue: BrokerDesk) -> None:
    """Capabilities are facts, not states."""
    before = venue.broker.capabilities
    await fill(venue, order(0, Side.BUY, "2", "101"))
    assert venue.broker.capabilities == before


async def test_broker_account_starts_with_its_money_and_nothing_else(venue: BrokerDesk) -> None:
    """10,000 dollars, no position, nothing unresolved."""
    account = await venue.broker.account()
    assert (account.equity, dict(account.positions), account.exposure()) == (D(10_000), {}, D(0))
    assert account.unresolved == 0
    assert account.position(BTC) == Position.flat(BTC)


@pytest.mark.parametrize("side", list(Side))
async def test_broker_executes_within_size_and_limit(venue: BrokerDesk, side: Side) -> None:
    """Fills carry the order's id, symbol and side, sum up to its size, and none is worse than its limit."""
    intent = order(0, side, "2", str(100 + side.sign))
    outcome = await fill(venue, intent)
    assert outcome.cloid == intent.cloid
    assert outcome.filled_size == sum(one.size for one in outcome.fills) == D(2)
    assert {(one.cloid, one.symbol, one.side) for one in outcome.fills} == {(intent.cloid, BTC, side)}
    assert all((one.price - intent.limit_price) * side.sign <= 0 for one in outcome.fills)
    assert (await holding(venue)).size == side.sign * D(2)


async def test_broker_equity_falls_by_the_fee_of_a_fill_at_the_mark(venue: BrokerDesk) -> None:
    """Buying at the price it is valued at costs the fee and nothing more."""
    outcome = await fill(venue, order(0, Side.BUY, "2", "101"))
    assert await equity(venue) == D(10_000) - sum(one.fee for one in outcome.fills)
    assert (await venue.broker.account()).exposure() == D(200)


async def test_broker_realises_profit_when_a_position_closes(venue: BrokerDesk) -> None:
    """Two units from 100 to 110 are twenty dollars before fees, and equity agrees."""
    opened = await fill(venue, order(0, Side.BUY, "2", "101"))
    venue.set("110")
    closed = await fill(venue, order(1, Side.SELL, "2", "109", reduce_only=True))
    fees = sum(one.fee for one in (*opened.fills, *closed.fills))
    assert sum(one.closed_pnl for one in closed.fills) == D(20)
    assert await equity(venue) == D(10_020) - fees
    assert (await holding(venue)).size == 0


async def test_broker_fills_have_names_of_their_own(venue: BrokerDesk) -> None:
    """A fill is recorded once under its name, so no two share one."""
    outcomes = [await fill(venue, order(number, Side.BUY, "1", "101")) for number in range(3)]
    names = [one.fill_id for outcome in outcomes for one in outcome.fills]
    assert len(set(names)) == len(names)


async def test_broker_sent_the_same_order_twice_executes_it_once(venue: BrokerDesk) -> None:
    """The second sending returns the first outcome, even at another price."""
    intent = order(0, Side.BUY, "2", "101")
    first = await fill(venue, intent)
    venue.set("90")
    assert await venue.broker.send(sendable(intent)) == first
    assert (await holding(venue)).size == D(2)


async def test_broker_rejects_an_order_that_cannot_execute_within_its_limit(venue: BrokerDesk) -> None:
    """A rejection is proof that nothing happened, with a reason in words, and it stays what it is."""
    intent = order(0, Side.BUY, "2", "99")
    first = await venue.broker.send(sendable(intent))
    assert isinstance(first, Rejected)
    assert first.cloid == intent.cloid
    assert first.reason
    venue.set("98")
    assert await venue.broker.send(sendable(intent)) == first
    assert (await holding(venue)).size == 0
    assert await equity(venue) == D(10_000)


async def test_broker_observes_an_executed_order_as_it_answered_it(venue: BrokerDesk) -> None:
    """Asking later tells the same as sending did."""
    intent = order(0, Side.BUY, "2", "101")
    outcome = await fill(venue, intent)
    known = await venue.broker.observe(sendable(intent))
    assert isinstance(known, Known)
    assert (known.cloid, known.state, known.fills) == (outcome.cloid, outcome.state, outcome.fills)
    assert known.total in {None, D(2)}


async def test_broker_observes_no_fill_of_a_rejected_order(venue: BrokerDesk) -> None:
    """A venue may forget an order that never lived, and never claims that it executed."""
    intent = order(0, Side.BUY, "2", "99")
    await venue.broker.send(sendable(intent))
    seen = await venue.broker.observe(sendable(intent))
    assert (seen.cloid, seen.fills) == (intent.cloid, ())
    assert isinstance(seen, Absent) or seen.state is IntentState.REJECTED


async def test_broker_observes_an_order_never_sent_as_absent(venue: BrokerDesk) -> None:
    """It says that it does not know it, and has looked for fills since a minute before it was prepared."""
    ready = sendable(order(0, Side.BUY, "2", "101"))
    seen = await venue.broker.observe(ready)
    assert isinstance(seen, Absent)
    assert (seen.cloid, seen.fills) == (ready.intent.cloid, ())
    assert seen.searched.since <= ready.prepared_at - 60_000
    assert seen.searched.read_at >= ready.prepared_at


async def test_broker_reduces_no_further_than_flat(venue: BrokerDesk) -> None:
    """A reduce-only order that is too large closes the position and opens none."""
    await fill(venue, order(0, Side.BUY, "2", "101"))
    outcome = await venue.broker.send(sendable(order(1, Side.SELL, "5", "99", reduce_only=True)))
    assert isinstance(outcome, Accepted)
    assert outcome.filled_size == D(2)
    assert (await holding(venue)).size == 0


@pytest.mark.parametrize("held", ["0", "2"])
async def test_broker_never_grows_a_position_by_a_reduce_only_order(venue: BrokerDesk, held: str) -> None:
    """Neither out of nothing nor on top of what is held."""
    if held != "0":
        await fill(venue, order(0, Side.BUY, held, "101"))
    outcome = await venue.broker.send(sendable(order(1, Side.BUY, "1", "101", reduce_only=True)))
    assert isinstance(outcome, Rejected)
    assert (await holding(venue)).size == D(held)


async def test_broker_rejects_what_the_account_cannot_carry(venue: BrokerDesk) -> None:
    """10,000 dollars at ten times carry no more than 1,000 units at 100."""
    outcome = await venue.broker.send(sendable(order(0, Side.BUY, "1001", "101")))
    assert isinstance(outcome, Rejected)
    assert (await holding(venue)).size == 0


async def test_broker_burns_an_order_that_was_never_sent_for_good(venue: BrokerDesk) -> None:
    """Where it says burned, sending it afterwards executes nothing."""
    if not venue.broker.capabilities.burns_nonces:
        pytest.skip("this broker cannot make an order impossible, and says so")
    intent = order(0, Side.BUY, "2", "101")
    assert await venue.broker.burn(sendable(intent)) == Burned()
    outcome = await venue.broker.send(sendable(intent))
    assert not isinstance(outcome, Accepted)
    assert (await holding(venue)).size == 0


async def test_broker_burns_no_order_that_has_executed(venue: BrokerDesk) -> None:
    """It says that nothing was learned, and the fill stays."""
    intent = order(0, Side.BUY, "2", "101")
    await fill(venue, intent)
    assert isinstance(await venue.broker.burn(sendable(intent)), NotBurned)
    assert (await holding(venue)).size == D(2)
