"""What every broker promises of limits that rest, cancels, what a symbol is set to, and what never left."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from agentic_core.domain import Accepted, IntentState, OrderIntent, Rejected, Side, TimeInForce, Unresolved
from agentic_core.ports.broker import Absent
from tests.support.broker_desks import BROKERS, BrokerDesk
from tests.support.hyperliquid_desk import sendable
from tests.support.markets import order
from tests.support.resting_intents import cancel_of, enter, held, leverage_of, limit, refused, seen, taken

pytestmark = pytest.mark.anyio
PORTS = ("agentic_core.ports.broker.Broker",)

D = Decimal


@pytest.fixture(params=sorted(BROKERS))
async def venue(request: pytest.FixtureRequest) -> AsyncIterator[BrokerDesk]:
    """Yield each broker in turn."""
    async with BROKERS[request.param]() as made:
        assert made.broker.capabilities.rests_stops
        yield made


# ── limits that rest ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tif", [TimeInForce.POST_ONLY, TimeInForce.GTC])
async def test_broker_lets_an_order_rest_until_the_market_comes(venue: BrokerDesk, tif: TimeInForce) -> None:
    """Untouched it is resting and nothing else; then it executes within its limit."""
    resting = await taken(venue, limit(0, Side.BUY, "2", "99", tif), IntentState.RESTING)
    assert await seen(venue, resting) == (IntentState.RESTING, D(0))
    assert await held(venue) == 0
    await venue.move("98")
    assert await seen(venue, resting) == (IntentState.FILLED, D(2))
    assert await held(venue) == D(2)


@pytest.mark.parametrize("side", list(Side))
async def test_broker_refuses_a_post_only_order_that_would_match(venue: BrokerDesk, side: Side) -> None:
    """It never takes, neither at the price that is quoted nor beyond it."""
    for number, price in enumerate((100, 100 + side.sign)):
        await refused(venue, limit(number, side, "2", str(price), TimeInForce.POST_ONLY))
    assert await held(venue) == 0


async def test_broker_takes_what_it_can_of_an_order_that_may_rest(venue: BrokerDesk) -> None:
    """All of it, where the market is there already."""
    await taken(venue, limit(0, Side.BUY, "2", "101", TimeInForce.GTC), IntentState.FILLED)
    assert await held(venue) == D(2)


# ── cancels ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_broker_cancel_ends_what_rests(venue: BrokerDesk) -> None:
    """The market may come afterwards; nothing executes."""
    resting = await taken(venue, limit(0, Side.BUY, "2", "99", TimeInForce.GTC), IntentState.RESTING)
    await taken(venue, cancel_of(1, resting.cloid), IntentState.FILLED)
    assert await seen(venue, resting) == (IntentState.DEAD, D(0))
    await venue.move("98")
    assert await seen(venue, resting) == (IntentState.DEAD, D(0))
    assert await held(venue) == 0


async def test_broker_cancel_ends_one_order_of_several(venue: BrokerDesk) -> None:
    """The others go on resting."""
    orders = [
        await taken(venue, limit(number, Side.BUY, "1", "99", TimeInForce.GTC), IntentState.RESTING)
        for number in range(3)
    ]
    await taken(venue, cancel_of(3, orders[1].cloid), IntentState.FILLED)
    await venue.move("98")
    found = [await seen(venue, one) for one in orders]
    assert found == [(IntentState.FILLED, D(1)), (IntentState.DEAD, D(0)), (IntentState.FILLED, D(1))]


async def test_broker_sent_the_same_cancel_twice_cancels_once(venue: BrokerDesk) -> None:
    """The second sending returns the first outcome, though there is nothing left to cancel."""
    resting = await taken(venue, limit(0, Side.BUY, "2", "99", TimeInForce.GTC), IntentState.RESTING)
    cancel = sendable(cancel_of(1, resting.cloid))
    first = await venue.broker.send(cancel)
    assert await venue.broker.send(cancel) == first


async def test_broker_cancel_of_what_was_never_placed_is_refused_and_proves_nothing(venue: BrokerDesk) -> None:
    """The order stays what it was: unknown to the venue, and free to be placed."""
    late = order(1, Side.BUY, "2", "101")
    await refused(venue, cancel_of(0, late.cloid))
    assert isinstance(await venue.broker.observe(sendable(late)), Absent)
    await taken(venue, late, IntentState.FILLED)
    assert await held(venue) == D(2)


async def test_broker_cancel_of_what_was_cancelled_is_refused_like_that_of_what_was_filled(venue: BrokerDesk) -> None:
    """One and the same refusal, and only the order itself tells which of the two it is."""
    dead = await taken(venue, limit(0, Side.BUY, "2", "99", TimeInForce.GTC), IntentState.RESTING)
    await taken(venue, cancel_of(1, dead.cloid), IntentState.FILLED)
    filled = await taken(venue, order(2, Side.BUY, "2", "101"), IntentState.FILLED)
    answers = [await venue.broker.send(sendable(cancel_of(3 + n, each.cloid))) for n, each in enumerate((dead, filled))]
    assert [isinstance(answer, Rejected) for answer in answers] == [True, True]
    assert len({answer.reason for answer in answers if isinstance(answer, Rejected)}) == 1
    assert [await seen(venue, each) for each in (dead, filled)] == [
        (IntentState.DEAD, D(0)),
        (IntentState.FILLED, D(2)),
    ]


# ── what a symbol is set to ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize(("leverage", "margin"), [(5, "40"), (40, "5")])
async def test_broker_sets_leverage_while_flat(
    venue: BrokerDesk, leverage: int, margin: str, *, isolated: bool
) -> None:
    """Two units at 100 then take that part of 200 dollars, with whichever kind of margin."""
    await taken(venue, leverage_of(0, leverage, isolated=isolated), IntentState.FILLED)
    await enter(venue, number=1)
    assert (await venue.broker.account()).margin_used == D(margin)


@pytest.mark.parametrize("leverage", [41, 1_000])
async def test_broker_refuses_a_leverage_that_the_venue_does_not_have(venue: BrokerDesk, leverage: int) -> None:
    """The old setting stays: ten times."""
    await refused(venue, leverage_of(0, leverage))
    await enter(venue, number=1)
    assert (await venue.broker.account()).margin_used == D(20)


async def test_broker_refuses_another_kind_of_margin_while_something_is_held(venue: BrokerDesk) -> None:
    """The leverage alone may go up, which frees margin."""
    await enter(venue)
    await refused(venue, leverage_of(1, 20, isolated=True))
    assert (await venue.broker.account()).margin_used == D(20)
    await taken(venue, leverage_of(2, 20), IntentState.FILLED)
    assert (await venue.broker.account()).margin_used == D(10)


# ── what never left ──────────────────────────────────────────────────────────────────────────────────────────────────

UNSENT: dict[str, OrderIntent] = {
    "an open": order(9, Side.BUY, "2", "101"),
    "a cancel": cancel_of(9, limit(0, Side.BUY, "2", "99", TimeInForce.GTC).cloid),
    "a leverage": leverage_of(9, 5),
    "a resting order": limit(9, Side.BUY, "2", "98", TimeInForce.POST_ONLY),
}


@pytest.mark.parametrize("name", sorted(UNSENT))
async def test_broker_really_sends_the_next_time_what_never_left(venue: BrokerDesk, name: str) -> None:
    """No connection was made, which it says; once the way is open, the same intent happens once."""
    if not venue.is_remote:
        pytest.skip("nothing lies between this broker and its account")
    resting = await taken(venue, limit(0, Side.BUY, "2", "99", TimeInForce.GTC), IntentState.RESTING)
    ready = sendable(UNSENT[name])
    venue.cut()
    for _ in range(2):
        outcome = await venue.broker.send(ready)
        assert isinstance(outcome, Unresolved), outcome
        assert not outcome.left
        assert outcome.cause
    venue.mend()
    assert await seen(venue, resting) == (IntentState.RESTING, D(0))
    assert await held(venue) == 0
    outcome = await venue.broker.send(ready)
    assert isinstance(outcome, Accepted)
    assert await venue.broker.send(ready) == outcome
    assert await held(venue) == (2 if name == "an open" else 0)
    assert await seen(venue, resting) == (IntentState.DEAD if name == "a cancel" else IntentState.RESTING, D(0))
