"""A stop fires before the venue liquidates, whatever the skill wants: the venue's own liquidations are the judge."""

from decimal import Decimal

import pytest

from agentic_core.domain import Side
from agentic_core.logevents import LogEvent
from agentic_hl.venue.fault_values import ErrorInstead
from tests.support.exits_place import ExitPlace, Shape, play
from tests.support.markets import ETH

D = Decimal
FAR = 900
"""The skill's distance: 9 % away, where 40 times leverage is liquidated a little more than 1 % away."""
_STEP = D("0.1")


async def walk_against(place: ExitPlace, side: Side) -> None:
    """Let the price go against a position, a tick every two seconds, until it is gone."""
    await place.pass_time(6)
    for _ in range(100):
        place.quote(str(place.mark() - _STEP * side.sign))
        await place.pass_time(2)
        if not place.held():
            return


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("isolated", "deposit"), [(True, "10000"), (False, "260"), (False, "400")])
def test_stop_fires_before_the_liquidation(side: Side, deposit: str, *, isolated: bool) -> None:
    """90 units at 100 with 225 dollars of their own, or with all that the account has."""

    async def story(place: ExitPlace) -> None:
        place.by_hand(place.hand.leverage(40, isolated=isolated, now=place.world.clock.now()))
        place.take(f"{90 * side.sign}", "101" if side is Side.BUY else "99")
        await walk_against(place, side)
        assert (place.held(), place.liquidations) == (D(0), 0)
        (stop,) = [order for order in place.placed() if order.trigger is not None]
        assert (stop.status, stop.orig_sz) == ("triggered", D(90))
        assert place.exits_said() == []

    play(story, Shape(deposit=deposit, stop_bps=FAR))


@pytest.mark.parametrize("side", list(Side))
def test_liquidation_is_where_it_would_have_been_without_a_stop(side: Side) -> None:
    """The judge can tell: nobody keeps stops, and the same walk ends in a liquidation."""

    async def story(place: ExitPlace) -> None:
        place.by_hand(place.hand.leverage(40, isolated=True, now=place.world.clock.now()))
        place.take(f"{90 * side.sign}", "101" if side is Side.BUY else "99")
        await walk_against(place, side)
        assert place.liquidations > 0

    play(story, Shape(stop_bps=FAR), watches=False)


def test_what_another_position_needs_is_not_counted_on() -> None:
    """Both are cross: what margins the other market is not there for this one."""

    async def story(place: ExitPlace) -> None:
        now = place.world.clock.now()
        place.by_hand(place.hand.leverage(40, now=now))
        place.by_hand(place.hand.leverage(25, coin="ETH", now=now))
        place.take("90", "101")
        place.take("50", "101", symbol=ETH)
        await walk_against(place, Side.BUY)
        assert (place.held(), place.liquidations) == (D(0), 0)
        assert place.held(ETH) == D(50)

    play(story, Shape(deposit="560", stop_bps=FAR))


def test_stop_that_has_no_place_before_the_liquidation_is_a_close() -> None:
    """Half a percent before it, nothing is left between mark and stop: the position goes at once."""

    async def story(place: ExitPlace) -> None:
        place.by_hand(place.hand.leverage(40, isolated=True, now=place.world.clock.now()))
        place.take("90", "101")
        place.quote("99.1")
        await place.exits.look()
        assert (place.held(), place.liquidations) == (D(0), 0)
        assert [line.facts["cause"] for line in place.lines(LogEvent.FLATTENED)] == ["breached"]
        assert [order for order in place.placed() if order.trigger is not None] == []

    play(story, Shape(stop_bps=FAR), watches=False)


def test_near_stop_of_the_skill_stays_where_it_is() -> None:
    """Half a percent away it fires long before any liquidation."""

    async def story(place: ExitPlace) -> None:
        place.by_hand(place.hand.leverage(40, isolated=True, now=place.world.clock.now()))
        place.take("90", "101")
        await place.pass_time(5)
        assert place.stops() == [D("99.5")]

    play(story, Shape(stop_bps=50))


def test_stop_does_not_wait_for_what_nobody_tells() -> None:
    """Where the leverage cannot be read, the skill's distance has to do, and it is there in time."""

    async def story(place: ExitPlace) -> None:
        place.go_wrong(ErrorInstead(of="activeAssetData", count=1_000))
        place.take("90", "101")
        await place.pass_time(8)
        assert (place.held(), place.stops()) == (D(90), [D(98)])

    play(story, Shape(stop_bps=200))


def test_stop_is_drawn_in_once_the_leverage_is_told() -> None:
    """It was placed 9 % away while nobody knew better; a minute later it lies before the liquidation."""

    async def story(place: ExitPlace) -> None:
        place.by_hand(place.hand.leverage(40, isolated=True, now=place.world.clock.now()))
        place.go_wrong(ErrorInstead(of="activeAssetData", count=8))
        place.take("90", "101")
        await place.pass_time(4)
        assert place.stops() == [D(91)]
        await place.pass_time(90)
        assert (place.held(), place.stops()) == (D(90), [D("99.3")])
        assert place.exits_said() == []

    play(story, Shape(stop_bps=FAR))
