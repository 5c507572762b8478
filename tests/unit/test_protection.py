"""Where the protective stop of a position belongs, what is done about present ones, and the limit of being naked."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from agentic_core.domain import (
    Bps,
    ClientOrderId,
    GapAssumptions,
    Instant,
    Instrument,
    IntentKind,
    IntentState,
    Position,
    Price,
    RiskLimits,
    Side,
    Size,
    Symbol,
    Trigger,
    TriggerKind,
    Usd,
)
from agentic_core.errors import UsageError
from agentic_core.execution.life import Life
from agentic_core.execution.protection import (
    STOP_MOVES,
    FlattenNow,
    FlattenReason,
    KeepStops,
    Naked,
    PlaceStop,
    Protected,
    RemoveStops,
    ReplaceStops,
    Standing,
    is_spare,
    protect,
)
from agentic_core.execution.stop_pricing import stop_distance, stop_of
from tests.support.intents import made

D = Decimal
BTC = Instrument(symbol=Symbol("BTC"), size_decimals=5, leverage_max=40)
DOGE = Instrument(symbol=Symbol("DOGE"), size_decimals=0, leverage_max=10)
NOW = Instant(50_000)
R = IntentState.RESTING


def position(size: str, cost: str) -> Position:
    """Return a position by its signed size and what its units cost."""
    return Position(symbol=Symbol("BTC"), size=Size(D(size)), entry_cost=Usd(D(cost)))


LONG = stop_of(position("0.5", "30000"), BTC, 1_000)
"""Of a long from 60,000: it sells at 54,000."""
SHORT = stop_of(position("-0.5", "30000"), BTC, 1_000)
"""Of a short from 60,000: it buys at 66,000."""


def stop(price: int, state: IntentState = R, *, name: str = "a", side: Side = Side.SELL, **changes: object) -> Life:
    """Return what is known of a stop; as large as the position unless `trigger` says otherwise."""
    trigger = Trigger(kind=TriggerKind.STOP, price=Price(D(price)), position_sized=True)
    fields = {"cloid": ClientOrderId(name), "side": side, "kind": IntentKind.STOP, "trigger": trigger, **changes}
    prepared = made("cover")
    return Life(prepared=replace(prepared, intent=replace(prepared.intent, **fields)), state=state)


def cancel(target: str, state: IntentState) -> Life:
    """Return what is known of a cancel."""
    return Life(
        prepared=made(cloid=ClientOrderId("x"), kind=IntentKind.CANCEL, target=ClientOrderId(target)), state=state
    )


def looked(*lives: Life, mark: str = "60000", since: int | None = None, covered: int | None = None) -> Protected:
    """Return what is to be done about the stops of the long, naked since then and maybe covered again since then."""
    covered_since = None if covered is None else Instant(covered)
    naked = None if since is None else Naked(since=Instant(since), covered_since=covered_since)
    return protect(LONG, lives, D(mark), naked, NOW)


@pytest.mark.parametrize(
    ("size", "cost", "instrument", "bps", "expected"),
    [
        # 58,506.825 and 52,656.3: both rounded up for a sale, so that it fires early and stays inside.
        ("1", "60007", BTC, 250, (Side.SELL, D(58_507), D(52_657))),
        # 61,507.175 and 67,657.7.
        ("-1", "60007", BTC, 250, (Side.BUY, D(61_507), D(67_657))),
        # 0.111105 has too many figures; 0.099999 is legal.
        ("100", "12.345", DOGE, 1_000, (Side.SELL, D("0.11111"), D("0.099999"))),
    ],
)
def test_stop_of_rounds_to_the_safe_side(
    size: str, cost: str, instrument: Instrument, bps: int, expected: tuple[Side, Decimal, Decimal]
) -> None:
    """A stop fires at a legal price, rather early than late, and executes within ten percent of it."""
    found = stop_of(position(size, cost), instrument, bps)
    assert found is not None
    assert (found.side, found.trigger.price, found.limit_price) == expected
    assert (found.trigger.kind, found.trigger.position_sized) == (TriggerKind.STOP, True)


def test_stop_of_flat_position_is_none() -> None:
    """Nothing held needs no stop."""
    assert stop_of(Position.flat(Symbol("BTC")), BTC, 250) is None


def limits(stop_bps: int | None) -> RiskLimits:
    """Return caps with a stop."""
    return RiskLimits(
        position_bps_max=Bps(1_000),
        exposure_bps_max=Bps(2_000),
        orders_per_day_max=10,
        leverage_max=2,
        order_usd_min=Usd(D(10)),
        symbols_allowed=frozenset({Symbol("BTC")}),
        cost_usd_month_max=Usd(D(5)),
        daily_loss_bps_max=Bps(500),
        stop_bps=None if stop_bps is None else Bps(stop_bps),
    )


def test_stop_distance_is_the_skills_or_else_the_assumed_gap() -> None:
    """The skill's own distance wins; without one the gap of its loss bound holds."""
    assert stop_distance(limits(250), GapAssumptions()) == 250
    assert stop_distance(limits(None), GapAssumptions(gap_bps=Bps(700))) == 700


@pytest.mark.parametrize("bps", [0, 10_000])
def test_stop_distance_without_a_price_is_refused(bps: int) -> None:
    """No stop lies at the entry, and none at a price of zero."""
    with pytest.raises(UsageError, match=f"{bps} bps"):
        stop_distance(limits(bps), GapAssumptions())


TAKE_PROFIT = Trigger(kind=TriggerKind.TAKE_PROFIT, price=Price(D(54_000)), position_sized=True)
OWN_SIZE = Trigger(kind=TriggerKind.STOP, price=Price(D(54_000)))
A, B = ClientOrderId("a"), ClientOrderId("b")


@pytest.mark.parametrize(
    ("lives", "action", "naked"),
    [
        ((), "place", True),
        ((stop(54_000),), "keep", False),
        # Twenty-five basis points of 54,000 are 135.
        ((stop(53_865),), "keep", False),
        ((stop(54_135),), "keep", False),
        ((stop(53_864),), "replace", True),
        ((stop(54_136),), "replace", False),
        # After a flip the old one is on the wrong side: it has nothing to reduce, and goes once another rests.
        ((stop(54_000, side=Side.BUY),), "place", True),
        ((stop(54_000, IntentState.UNKNOWN, side=Side.BUY),), "place", True),
        ((stop(54_000), stop(66_000, name="b", side=Side.BUY)), "remove", False),
        ((stop(53_000), stop(66_000, name="b", side=Side.BUY)), "replace", True),
        ((stop(54_000, side=Side.BUY, reduce_only=False),), "replace", True),
        ((stop(54_000, reduce_only=False),), "replace", True),
        ((stop(54_000, trigger=OWN_SIZE),), "replace", True),
        ((stop(54_000), stop(54_000, name="b")), "remove", False),
        # The fate of one is open: nothing is sent.
        *(((stop(54_000, s),), "keep", True) for s in (IntentState.PREPARED, IntentState.SENT, IntentState.UNKNOWN)),
        ((stop(54_000), stop(54_000, IntentState.SENT, name="b")), "keep", False),
        ((stop(54_000), cancel("a", IntentState.UNKNOWN)), "keep", True),
        ((stop(50_000), cancel("a", IntentState.SENT)), "keep", True),
        ((stop(54_000), cancel("a", IntentState.REJECTED)), "keep", False),
        # The venue cancelled it, or refused it.
        ((stop(54_000, IntentState.DEAD),), "place", True),
        ((stop(54_000, IntentState.REJECTED),), "place", True),
        ((stop(54_000, IntentState.DEAD), stop(54_000, name="b")), "keep", False),
        # A take-profit and an ordinary order protect nothing.
        ((stop(54_000, trigger=TAKE_PROFIT),), "place", True),
        ((stop(54_000, trigger=None),), "place", True),
        ((stop(54_000, kind=IntentKind.ORDER),), "place", True),
    ],
)
def test_present_stops_decide_what_is_done(lives: tuple[Life, ...], action: str, *, naked: bool) -> None:
    """One stop that belongs there is kept; nothing is sent while anything is open; being naked is noticed."""
    assert LONG is not None
    expected = {
        "keep": KeepStops(),
        "place": PlaceStop(stop=LONG),
        "replace": ReplaceStops(cloids=(A,), stop=LONG),
        "remove": RemoveStops(cloids=(B,)),
    }
    found = looked(*lives)
    assert found.action == expected[action]
    assert found.naked == (Naked(since=NOW) if naked else None)


def test_partial_fills_leave_a_position_sized_stop_alone() -> None:
    """The size of a position is not the stop's; only a moved entry price moves it."""
    grown = stop_of(position("0.7", "42000"), BTC, 1_000)
    assert protect(grown, [stop(54_000)], D(60_000), None, NOW).action == KeepStops()
    dearer = stop_of(position("0.7", "43400"), BTC, 1_000)
    found = protect(dearer, [stop(54_000)], D(60_000), None, NOW)
    assert isinstance(found.action, ReplaceStops)
    assert found.action.stop.trigger.price == 55_800


def test_flat_position_loses_its_stops() -> None:
    """What rests without a position is cancelled, and what is open is waited for."""
    assert protect(None, [stop(54_000), stop(1, name="b")], None, Naked(since=NOW), NOW).action == RemoveStops(
        cloids=(A, B)
    )
    assert protect(None, [stop(54_000, IntentState.SENT)], None, None, NOW).action == KeepStops()
    assert protect(None, [], None, Naked(since=Instant(0)), NOW) == Protected(action=KeepStops(), naked=None)


@pytest.mark.parametrize(
    ("mark", "placed"), [("54001", True), ("54000", False), ("53000", False)], ids=["above", "at", "below"]
)
def test_mark_beyond_the_stop_flattens_at_once(mark: str, *, placed: bool) -> None:
    """A stop that would fire on arrival is not placed; the position is closed instead."""
    assert LONG is not None
    breached = FlattenNow(reason=FlattenReason.BREACHED)
    assert looked(mark=mark).action == (PlaceStop(stop=LONG) if placed else breached)
    assert looked(stop(54_000), mark=mark).action == KeepStops()
    assert looked(stop(50_000), mark=mark).action == (ReplaceStops(cloids=(A,), stop=LONG) if placed else breached)


def test_short_is_breached_when_the_mark_rises() -> None:
    """The stop of a short waits above; without a mark it is placed all the same."""
    assert SHORT is not None
    assert protect(SHORT, [], D(66_000), None, NOW).action == FlattenNow(reason=FlattenReason.BREACHED)
    assert protect(SHORT, [], D(65_999), None, NOW).action == PlaceStop(stop=SHORT)
    assert protect(SHORT, [], None, None, NOW).action == PlaceStop(stop=SHORT)
    assert protect(SHORT, [stop(66_000, side=Side.BUY)], None, None, NOW).action == KeepStops()


def test_naked_position_is_flattened_after_ten_seconds() -> None:
    """Whatever is under way, ten seconds without a resting stop are the end."""
    sent = stop(54_000, IntentState.SENT)
    assert looked(sent, since=40_001).action == KeepStops()
    assert looked(sent, since=40_000).action == FlattenNow(reason=FlattenReason.NAKED)
    assert looked(since=39_000).action == FlattenNow(reason=FlattenReason.NAKED)


@pytest.mark.parametrize(("since", "flattens"), [(40_000, False), (30_001, False), (30_000, True)])
def test_stop_that_rests_too_far_away_is_replaced_for_as_long_again(since: int, *, flattens: bool) -> None:
    """Ten seconds without the right one close nothing that another protects; twenty do."""
    found = looked(stop(50_000), since=since)
    assert isinstance(found.action, FlattenNow if flattens else ReplaceStops)


def test_covered_position_is_not_flattened_and_its_count_ends_once_the_stop_has_lasted() -> None:
    """A stop that rests ends the danger at once, and the count after five seconds."""
    resting = Naked(since=Instant(39_000), covered_since=NOW)
    assert looked(stop(54_000), since=39_000) == Protected(action=KeepStops(), naked=resting)
    assert looked(stop(54_000), since=39_000, covered=45_001).naked == Naked(
        since=Instant(39_000), covered_since=Instant(45_001)
    )
    assert looked(stop(54_000), since=39_000, covered=45_000) == Protected(action=KeepStops(), naked=None)


def test_stop_that_is_cancelled_soon_does_not_restart_the_count() -> None:
    """Naked again before a stop has lasted, the position counts from its first naked moment."""
    gone = stop(54_000, IntentState.DEAD)
    found = looked(gone, since=41_000, covered=49_000)
    assert isinstance(found.action, PlaceStop)
    assert found.naked == Naked(since=Instant(41_000))
    assert looked(gone, since=40_000, covered=49_999).action == FlattenNow(reason=FlattenReason.NAKED)


def test_flatten_at_says_when_to_look_again() -> None:
    """The next look comes no later than the limit of being naked; a covered position has none."""
    assert looked(since=45_000).flatten_at() == 55_000
    assert looked(stop(54_000), since=45_000).flatten_at() is None
    assert looked(stop(54_000)).flatten_at() is None


def test_spare_stop_neither_covers_nor_keeps_another_back() -> None:
    """A stop that was prepared with an entry and has no nonce is nothing yet; with one it is waited for."""
    life = stop(54_000, IntentState.PREPARED)
    spare = replace(life, prepared=replace(life.prepared, nonce=None))
    assert LONG is not None
    assert (is_spare(life), is_spare(spare), is_spare(replace(spare, sends=1))) == (False, True, False)
    assert looked(spare).action == PlaceStop(stop=LONG)
    assert looked(life).action == KeepStops()


def test_stop_moves_cover_every_standing() -> None:
    """The table is complete, and a stop is placed only where none lives."""
    assert set(STOP_MOVES) == {(held, standing) for held in (True, False) for standing in Standing}
    assert [cell for cell, move in STOP_MOVES.items() if move == "place"] == [(True, Standing.NONE)]
