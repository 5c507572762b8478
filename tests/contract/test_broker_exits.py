"""What every broker promises of exits that rest: they fire when the mark is there, close, and end when cancelled."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from agentic_core.domain import IntentState, Side, TriggerKind
from tests.support.broker_desks import BROKERS, BrokerDesk
from tests.support.hyperliquid_desk import sendable
from tests.support.markets import order
from tests.support.resting_intents import cancel_of, enter, exit_at, held, refused, seen, taken

pytestmark = pytest.mark.anyio
PORTS = ("agentic_core.ports.broker.Broker",)

D = Decimal


@pytest.fixture(params=sorted(BROKERS))
async def venue(request: pytest.FixtureRequest) -> AsyncIterator[BrokerDesk]:
    """Yield each broker in turn."""
    async with BROKERS[request.param]() as made:
        assert made.broker.capabilities.rests_stops
        yield made


@pytest.mark.parametrize("size", ["2", None], ids=["of its own size", "of the position"])
@pytest.mark.parametrize(
    ("opened", "kind", "price", "short_of_it", "beyond_it"),
    [
        (Side.BUY, TriggerKind.STOP, "95", "96", "94"),
        (Side.SELL, TriggerKind.STOP, "105", "104", "106"),
        (Side.BUY, TriggerKind.TAKE_PROFIT, "105", "104", "106"),
        (Side.SELL, TriggerKind.TAKE_PROFIT, "95", "96", "94"),
    ],
)
async def test_broker_exit_rests_until_the_mark_is_there_and_then_closes(  # noqa: PLR0913 - the table's columns
    venue: BrokerDesk,
    opened: Side,
    kind: TriggerKind,
    price: str,
    short_of_it: str,
    beyond_it: str,
    size: str | None,
) -> None:
    """Short of its price it is resting and nothing else; beyond it the position is gone, and the exit has filled."""
    await enter(venue, opened)
    closing = Side.SELL if opened is Side.BUY else Side.BUY
    stop = await taken(venue, exit_at(1, price, side=closing, kind=kind, size=size), IntentState.RESTING)
    await venue.move(short_of_it)
    assert await seen(venue, stop) == (IntentState.RESTING, D(0))
    assert await held(venue) == 2 * opened.sign
    await venue.move(beyond_it)
    assert await held(venue) == 0
    assert await seen(venue, stop) == (IntentState.FILLED, D(2))


async def test_broker_exit_that_fires_at_its_very_price_closes(venue: BrokerDesk) -> None:
    """Reached is reached."""
    await enter(venue)
    stop = await taken(venue, exit_at(1, "95"), IntentState.RESTING)
    await venue.move("95")
    assert (await held(venue), await seen(venue, stop)) == (D(0), (IntentState.FILLED, D(2)))


async def test_broker_exit_of_the_position_closes_what_came_after_it_too(venue: BrokerDesk) -> None:
    """It follows the position, whatever that was when it was placed."""
    await enter(venue)
    stop = await taken(venue, exit_at(1, "95", size=None), IntentState.RESTING)
    await enter(venue, number=2)
    await venue.move("94")
    assert (await held(venue), await seen(venue, stop)) == (D(0), (IntentState.FILLED, D(4)))


async def test_broker_exit_of_its_own_size_leaves_what_came_after_it(venue: BrokerDesk) -> None:
    """What is held beyond its size is not covered by it."""
    await enter(venue)
    stop = await taken(venue, exit_at(1, "95"), IntentState.RESTING)
    await enter(venue, number=2)
    await venue.move("94")
    assert (await held(venue), await seen(venue, stop)) == (D(2), (IntentState.FILLED, D(2)))


async def test_broker_cancelled_exit_never_fires(venue: BrokerDesk) -> None:
    """The mark may go where it likes; the position stays."""
    await enter(venue)
    stop = await taken(venue, exit_at(1, "95"), IntentState.RESTING)
    await taken(venue, cancel_of(2, stop.cloid), IntentState.FILLED)
    await venue.move("90")
    assert (await held(venue), await seen(venue, stop)) == (D(2), (IntentState.DEAD, D(0)))


async def test_broker_sent_the_same_exit_twice_lets_one_rest(venue: BrokerDesk) -> None:
    """One cancel ends it, and nothing is left that could fire."""
    await enter(venue)
    stop = sendable(exit_at(1, "95"))
    first = await venue.broker.send(stop)
    assert await venue.broker.send(stop) == first
    await taken(venue, cancel_of(2, stop.intent.cloid), IntentState.FILLED)
    await venue.move("90")
    assert await held(venue) == D(2)


@pytest.mark.parametrize(
    ("kind", "price"),
    [(TriggerKind.STOP, "101"), (TriggerKind.STOP, "100"), (TriggerKind.TAKE_PROFIT, "99")],
)
async def test_broker_refuses_an_exit_whose_price_is_behind_the_mark(
    venue: BrokerDesk, kind: TriggerKind, price: str
) -> None:
    """It would fire at once; the position stays, and nothing rests."""
    await enter(venue)
    await refused(venue, exit_at(1, price, kind=kind))
    assert await held(venue) == D(2)


@pytest.mark.parametrize("size", ["2", None], ids=["of its own size", "of the position"])
async def test_broker_refuses_an_exit_where_nothing_is_held(venue: BrokerDesk, size: str | None) -> None:
    """There is nothing to reduce, so it would open."""
    await refused(venue, exit_at(0, "95", size=size))
    await venue.move("94")
    assert await held(venue) == 0


async def test_broker_refuses_an_exit_that_would_add_to_the_position(venue: BrokerDesk) -> None:
    """Buying is no exit from what was bought."""
    await enter(venue)
    await refused(venue, exit_at(1, "105", side=Side.BUY))
    await venue.move("106")
    assert await held(venue) == D(2)


async def test_broker_exit_that_is_too_large_closes_what_is_held(venue: BrokerDesk) -> None:
    """And opens nothing on the other side."""
    await enter(venue)
    stop = await taken(venue, exit_at(1, "95", size="3"), IntentState.RESTING)
    await venue.move("94")
    assert await held(venue) == 0
    assert (await seen(venue, stop))[1] == D(2)


@pytest.mark.parametrize("size", ["2", None], ids=["of its own size", "of the position"])
async def test_broker_exit_ends_with_the_position_it_was_for(venue: BrokerDesk, size: str | None) -> None:
    """It is dead once something else has closed it, and never fires into the next one."""
    await enter(venue)
    stop = await taken(venue, exit_at(1, "95", size=size), IntentState.RESTING)
    await taken(venue, order(2, Side.SELL, "2", "99", reduce_only=True), IntentState.FILLED)
    assert await seen(venue, stop) == (IntentState.DEAD, D(0))
    await enter(venue, number=3)
    await venue.move("94")
    assert (await held(venue), await seen(venue, stop)) == (D(2), (IntentState.DEAD, D(0)))
