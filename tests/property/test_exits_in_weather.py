"""Exits over links and a venue that misbehave by chance: what is reported is what the venue's books have."""

from decimal import Decimal
from functools import partial
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_core.domain import ClientOrderId, Size, TradingState
from agentic_core.logevents import LogEvent
from agentic_core.ports.simulated_venue import CutLink, Weather
from agentic_hl.venue.fault_values import (
    AnswerLost,
    ErrorAfterCommit,
    ErrorInstead,
    Fault,
    Halted,
    LaggedReads,
    PostOnly,
)
from tests.support.exits_place import ExitPlace, Shape, play
from tests.support.markets import BTC, ETH

D = Decimal
HALTED = Shape(state=TradingState.HALTED)
LIVELY = settings(max_examples=25, deadline=None)

FAULTS = st.one_of(
    st.builds(AnswerLost, of=st.sampled_from(["", "order", "cancelByCloid"]), count=st.integers(1, 4)),
    st.builds(ErrorAfterCommit, of=st.sampled_from(["", "order"]), count=st.integers(1, 4)),
    st.builds(ErrorInstead, of=st.sampled_from(["", "order", "clearinghouseState"]), count=st.integers(1, 6)),
    st.builds(Halted, for_ms=st.integers(500, 30_000)),
    st.builds(PostOnly, for_ms=st.integers(500, 30_000)),
    st.builds(LaggedReads, by_ms=st.integers(100, 6_000)),
)
WEATHERS = st.builds(
    Weather,
    lose=st.integers(0, 150),
    repeat=st.integers(0, 150),
    garble=st.integers(0, 150),
    delay=st.integers(0, 500),
    delay_ms_max=st.integers(1, 4_000),
)


class Trouble(NamedTuple):
    """What goes wrong, and when, in milliseconds after the beginning."""

    weather: Weather
    faults: list[tuple[int, Fault]]
    cuts: list[tuple[int, int]]
    """When a link is cut, and for how long."""
    moves: list[tuple[int, int]]
    """When BTC moves, and to which price."""

    def begin(self, place: ExitPlace) -> None:
        """Let it happen."""
        place.sim.inject(self.weather)
        for at, fault in self.faults:
            place.world.after(at, partial(place.go_wrong, fault))
        for at, lasting in self.cuts:
            place.world.after(at, partial(place.sim.inject, CutLink(for_ms=lasting)))
        for at, price in self.moves:
            place.world.after(at, partial(place.quote, str(price)))


TIMES = st.integers(0, 15_000)
TROUBLES = st.builds(
    Trouble,
    weather=WEATHERS,
    faults=st.lists(st.tuples(TIMES, FAULTS), max_size=4),
    cuts=st.lists(st.tuples(TIMES, st.integers(100, 15_000)), max_size=2),
    moves=st.lists(st.tuples(TIMES, st.integers(95, 105)), max_size=3),
)
HOLDINGS = st.sampled_from(["2", "-3", "0.05", "0"])
SEEDS = st.integers(0, 1_000)


def hold(place: ExitPlace, btc: str, eth: str, *, rests: bool) -> None:
    """Let the owner hold this, maybe with a bid far away."""
    for symbol, size in ((BTC, D(btc)), (ETH, D(eth))):
        if size:
            whole = max(abs(size), D(1)) * (1 if size > 0 else -1)
            place.take(str(whole), "101" if whole > 0 else "99", symbol=symbol)
            if whole != size:
                place.take(str(size - whole), "99", symbol=symbol)
    if rests:
        named = ClientOrderId("0x" + "7" * 32)
        for cloid in (None, named):
            place.by_hand(place.hand.order("1", "60", cloid=cloid, rests=True, now=place.world.clock.now()))


@LIVELY
@given(trouble=TROUBLES, btc=HOLDINGS, eth=HOLDINGS, rests=st.booleans(), enters=st.booleans(), seed=SEEDS)
def test_flatten_says_flat_only_where_it_is(
    trouble: Trouble, btc: str, eth: str, seed: int, *, rests: bool, enters: bool
) -> None:
    """And where it does not, it names what is left and calls a human; it always ends."""

    async def story(place: ExitPlace) -> None:
        hold(place, btc, eth, rests=rests)
        prepared = await place.prepare("1")
        trouble.begin(place)
        if enters:
            await place.desk.submit(prepared)
        began = place.world.clock.now()
        report = await place.exits.flatten("test")
        assert place.world.clock.now() - began <= 900_000
        flat = not place.held() and not place.held(ETH) and not place.orders()
        assert flat or not report.is_flat
        assert report.is_flat is bool(place.lines(LogEvent.FLATTENED))
        assert report.is_flat is (not report.left)
        assert report.is_flat or place.pages

    play(story, seed=seed, watches=False)


@LIVELY
@given(trouble=TROUBLES, units=st.integers(10, 290), seed=SEEDS)
def test_close_of_a_part_never_closes_more(trouble: Trouble, units: int, seed: int) -> None:
    """Of three units so many hundredths: never more, and exactly as many where nobody was called."""

    async def story(place: ExitPlace) -> None:
        place.take("3", "101")
        await place.pass_time(7)
        trouble.begin(place)
        wanted = D(units) / 100
        report = await place.exits.close(BTC, wanted=Size(wanted), cause="test")
        await place.pass_time(40)
        gone = 3 - place.held()
        assert gone <= wanted + D("0.12")  # what is left of less than ten dollars cannot be left
        assert report.paged is not None or gone == report.closed >= wanted

    play(story, HALTED, seed=seed, watches=False)


@LIVELY
@given(trouble=TROUBLES, btc=HOLDINGS, eth=HOLDINGS, seed=SEEDS)
def test_positions_are_protected_once_the_venue_can_be_reached(trouble: Trouble, btc: str, eth: str, seed: int) -> None:
    """A minute after the last trouble every position has exactly one stop on its own side, or is gone."""

    async def story(place: ExitPlace) -> None:
        hold(place, btc, eth, rests=False)
        trouble.begin(place)
        await place.pass_time(90)
        place.sim.inject(Weather())
        place.go_wrong(LaggedReads(by_ms=0))
        await place.pass_time(60)
        for symbol in (BTC, ETH):
            held = place.held(symbol)
            stops = place.stops(symbol)
            assert len(stops) == (1 if held else 0)
            assert all((stop < place.mark(symbol)) is (held > 0) for stop in stops)

    play(story, seed=seed)
