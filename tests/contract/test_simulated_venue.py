"""What every venue that a simulation drives promises, whatever its links speak."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import NamedTuple

import pytest

from agentic_core.domain import ClientOrderId, Instant, Price, Side, Size, Symbol
from agentic_core.ports.simulated_venue import (
    CutLink,
    DelayMessage,
    Direction,
    Fault,
    GarbleReply,
    LagReads,
    LoseMessage,
    MoveMark,
    RepeatRequest,
    SimulatedVenue,
)
from agentic_core.simulation.minimal_venue import (
    AskOrder,
    Executed,
    MinimalLink,
    MinimalVenue,
    NoReply,
    NothingLeft,
    OrderFound,
    OrderUnknown,
    Place,
    RequestError,
    ServerError,
)
from agentic_core.simulation.world import World
from tests.support.simulated_hyperliquid import HyperliquidTrader

PORTS = ("agentic_core.ports.simulated_venue.SimulatedVenue",)

BTC = Symbol("BTC")
CLOID = ClientOrderId("0x" + "01" * 16)
UNIT = Size(Decimal(1))


class Trader(NamedTuple):
    """What the suite does over a link, in words that every venue has."""

    buy: Callable[[], Awaitable[str]]
    """Buy one unit at once, always with the same nonce; says what came of it."""
    look: Callable[[], Awaitable[bool]]
    """Ask for that order; says whether it is shown."""


class Subject(NamedTuple):
    """A venue under test, with how to trade on it."""

    venue: SimulatedVenue[object]
    trader: Trader
    world: World


def minimal(world: World) -> Subject:
    """Return the minimal venue."""
    venue = MinimalVenue(world)
    link: MinimalLink = venue.connect("desk")
    order = Place(
        signer="key",
        nonce=world.clock.now(),
        expires_at=Instant(world.clock.now() + 60_000),
        cloid=CLOID,
        symbol=BTC,
        side=Side.BUY,
        size=UNIT,
        limit_price=Price(Decimal(101)),
    )
    words = {
        Executed: "filled",
        RequestError: "refused",
        NoReply: "silence",
        NothingLeft: "nothing left",
        ServerError: "error",
    }

    async def buy() -> str:
        return words[type(await link.ask(order))]

    async def look() -> bool:
        reply = await link.ask(AskOrder(cloid=CLOID))
        assert isinstance(reply, OrderFound | OrderUnknown)
        return isinstance(reply, OrderFound)

    return Subject(venue, Trader(buy, look), world)


def hyperliquid(world: World) -> Subject:
    """Return the simulated Hyperliquid."""
    trader = HyperliquidTrader(world, CLOID)
    return Subject(trader.venue, Trader(trader.buy, trader.look), world)


SUBJECTS = {"minimal": minimal, "hyperliquid": hyperliquid}


@pytest.fixture(params=SUBJECTS)
def play(request: pytest.FixtureRequest) -> Callable[[Callable[[Subject], Awaitable[None]]], None]:
    """Give what runs a scene on a fresh venue whose mark is 100."""

    def played(scene: Callable[[Subject], Awaitable[None]]) -> None:
        async def main(world: World) -> None:
            subject = SUBJECTS[request.param](world)
            subject.venue.inject(MoveMark(symbol=BTC, price=Price(Decimal(100))))
            await scene(subject)

        World(1).run(main)

    return played


Play = Callable[[Callable[[Subject], Awaitable[None]]], None]


def held(subject: Subject) -> Decimal:
    """Return what is really held."""
    return subject.venue.truth().positions.get(BTC, Size(Decimal(0)))


def test_order_over_a_good_link_is_filled_and_true(play: Play) -> None:
    """What the link says is what the truth says."""

    async def scene(subject: Subject) -> None:
        assert await subject.trader.buy() == "filled"
        truth = subject.venue.truth()
        assert (truth.filled(CLOID), held(subject), len(truth.fills)) == (UNIT, UNIT, 1)
        assert [(order.cloid, order.filled, order.live) for order in truth.orders] == [(CLOID, UNIT, False)]
        assert truth.at == subject.world.clock.now()

    play(scene)


@pytest.mark.parametrize(
    ("fault", "said", "units"),
    [
        (LoseMessage(direction=Direction.REQUEST), "silence", 0),
        (LoseMessage(direction=Direction.REPLY), "silence", 1),
        (GarbleReply(), "error", 1),
        (CutLink(for_ms=1_000), "nothing left", 0),
        (CutLink(for_ms=1_000, link="desk"), "nothing left", 0),
        (CutLink(for_ms=1_000, link="elsewhere"), "filled", 1),
        (RepeatRequest(by_ms=50), "filled", 1),
        (DelayMessage(direction=Direction.REQUEST, by_ms=70_000), "silence", 0),
        (DelayMessage(direction=Direction.REPLY, by_ms=70_000), "silence", 1),
        (LoseMessage(direction=Direction.REQUEST, link="elsewhere"), "filled", 1),
        (LoseMessage(direction=Direction.REQUEST, of="cancel"), "filled", 1),
        (LoseMessage(direction=Direction.REQUEST, skip=1), "filled", 1),
    ],
)
def test_fault_does_to_one_exchange_what_it_says(play: Play, fault: Fault, said: str, units: int) -> None:
    """The caller hears what the fault lets through, and the venue has carried out what reached it in time."""

    async def scene(subject: Subject) -> None:
        subject.venue.inject(fault)
        assert await subject.trader.buy() == said
        await subject.world.clock.sleep(100)
        assert held(subject) == units

    play(scene)


def test_faults_are_over_when_they_are_over(play: Play) -> None:
    """A scripted fault takes one message, a cut lasts its time; then everything works."""

    async def scene(subject: Subject) -> None:
        subject.venue.inject(LoseMessage(direction=Direction.REQUEST))
        subject.venue.inject(CutLink(for_ms=9_000))
        assert await subject.trader.buy() == "nothing left"
        await subject.world.clock.sleep(9)
        assert await subject.trader.buy() == "silence"
        assert await subject.trader.buy() == "filled"
        assert await subject.trader.buy() == "refused"  # its nonce is used
        assert held(subject) == 1

    play(scene)


def test_reads_lag_and_the_truth_does_not(play: Play) -> None:
    """For as long as the lag an order that was filled is not shown."""

    async def scene(subject: Subject) -> None:
        subject.venue.inject(LagReads(by_ms=3_000))
        assert await subject.trader.buy() == "filled"
        assert held(subject) == 1
        assert not await subject.trader.look()
        await subject.world.clock.sleep(3)
        assert await subject.trader.look()

    play(scene)
