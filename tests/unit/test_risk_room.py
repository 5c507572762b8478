"""The ends of what passes: sizes, equity and limit prices, each tight to the last step."""

from decimal import Decimal
from typing import ClassVar

import pytest

from agentic_core.domain import Bps, Instrument, Price, Side, Size, Usd
from agentic_core.risk.facts import Facts
from agentic_core.risk.room import equity_least, price_nearest, price_worst, resized, size_least, size_most
from tests.support.markets import BTC
from tests.support.open_facts import facts, tiers, wide

D = Decimal
MARK = D(50_000)
TIERED = Instrument(symbol=BTC, size_decimals=5, leverage_max=40, tiers=tiers(usd_0=40, usd_300000=10))


class Asked(Instrument, frozen=True, kw_only=True, dict=True):
    """A tiered instrument that counts how often a size is judged: each judgment asks for the venue's leverage once."""

    judged: ClassVar[list[Decimal]] = []

    def leverage_at(self, notional: Decimal) -> int:
        """Return the venue's leverage."""
        self.judged.append(notional)
        return super().leverage_at(notional)


def most(asked: Facts, *, least: str = "0.0002", mark: Decimal = MARK) -> Decimal | None:
    """Return the largest size."""
    assert asked.instrument is not None
    return size_most(asked, asked.instrument, mark, Size(D(least)))


@pytest.mark.parametrize(
    ("minimum", "mark", "size"),
    [
        ("0", "50000", "0.00020"),
        ("10", "50000", "0.00020"),
        ("10.01", "50000", "0.00021"),
        ("99.5", "50000", "0.00199"),
        ("0", "49999.9", "0.00021"),
        ("0", "3", "3.33334"),
        ("0", "7000000", "0.00001"),
        ("0", "0.00000000000000000001", "1000000000000000000000.00000"),
    ],
)
def test_room_least_size_is_the_first_step_worth_both_minimums(minimum: str, mark: str, size: str) -> None:
    """The skill's minimum and the venue's 10 dollars, whichever is more, rounded up to a step."""
    assert size_least(facts(order_usd_min=Usd(D(minimum))), TIERED, D(mark)) == D(size)


def test_room_at_a_mark_of_next_to_nothing_has_no_least_size() -> None:
    """A million million million units would not be worth 10 dollars."""
    assert size_least(facts(), TIERED, D("9E-21")) is None
    assert size_least(facts(), TIERED, D("1E-999999")) is None
    assert size_least(facts(), TIERED, D(0)) is None


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        pytest.param(facts(), "0.1", id="R5: up to the cap itself"),
        pytest.param(facts(side=Side.SELL), "0.1", id="R5: the other side"),
        pytest.param(facts(held=Size(D("0.03"))), "0.07", id="a held position is scaled into"),
        pytest.param(facts(held=Size(D("-0.03"))), "0.1", id="an opposite one is closed first"),
        pytest.param(facts(held=Size(D("-0.03")), side=Side.SELL), "0.07", id="a held short is scaled into"),
        pytest.param(facts(held=Size(D("0.03")), buys=D("0.05")), "0.02", id="open orders on the same side"),
        pytest.param(facts(sells=D("0.05"), side=Side.SELL), "0.05", id="open orders to sell"),
        pytest.param(facts(sells=D("0.1")), "0.1", id="open orders on the other side, at the cap"),
        pytest.param(facts(held=Size(D("-0.03")), sells=D("0.07")), "0.1", id="with an opposite position, at the cap"),
        pytest.param(facts(elsewhere_usd=D(7_000)), "0.06", id="R5: all positions"),
        pytest.param(facts(leverage_max=1, exposure_bps_max=Bps(20_000), elsewhere_usd=D(8_000)), "0.04", id="R6"),
        pytest.param(facts(equity=D(9_010)), "0.03999", id="R8: the cap of the day itself is refused"),
        pytest.param(facts(equity=D(9_520), drawdown_bps_max=Bps(500)), "0.07999", id="R8: so is that of the peak"),
        pytest.param(facts(equity=D(9_010), orders=11), "0.03999", id="R8 behind R7"),
        pytest.param(facts(equity=D(9_010), minute_orders=11), "0.03999", id="R8 behind R7 of the minute"),
        pytest.param(facts(equity=D(9_010), orders_per_day_max=0), "0.03999", id="R8 behind R7 of no orders at all"),
        pytest.param(wide(), "8", id="R6: all that the venue lends"),
        pytest.param(wide(instrument=TIERED), "5.99999", id="R6: a tier that lends too little"),
        pytest.param(wide(stop_bps=Bps(1_000)), "1.79775", id="R9: a long that is stopped before it is liquidated"),
        pytest.param(wide(stop_bps=Bps(1_000), side=Side.SELL), "1.75824", id="R9: a short"),
        pytest.param(wide(stop_bps=Bps(1_000), elsewhere_maintenance=D(1_100)), "1.6", id="R9: other positions"),
    ],
)
def test_room_most_size_is_the_last_step_no_cap_refuses(asked: Facts, size: str) -> None:
    """Each cap in turn, computed by hand."""
    assert most(asked) == D(size)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(facts(held=Size(D("0.1"))), id="scaled in up to the cap"),
        pytest.param(facts(sells=D("0.10001")), id="open orders on the other side beyond the cap"),
        pytest.param(facts(held=Size(D("-0.05")), sells=D("0.05001")), id="and an opposite position"),
        pytest.param(facts(elsewhere_usd=D(10_000)), id="other positions at the cap"),
        pytest.param(facts(equity=D(0)), id="no equity"),
        pytest.param(facts(equity=D(9_000)), id="the day's loss reached"),
        pytest.param(facts(baseline=D(0)), id="a day that opened with nothing"),
        pytest.param(facts(leverage_max=0), id="no leverage"),
    ],
)
def test_room_where_the_least_size_is_refused_has_no_most(asked: Facts) -> None:
    """The caps are reached, or broken, before anything is opened."""
    assert most(asked) is None


def test_room_at_a_tiny_mark_ends_where_the_cap_does() -> None:
    """Sizes of seventeen digits are still told to the step."""
    rich = facts(equity=D(10**9), baseline=D(10**9), peak=D(10**9))
    assert most(rich, least="1000000000", mark=D("0.00000001")) == D("50000000000000000")


def test_room_starts_at_the_least_size_it_is_given() -> None:
    """Sizes below it are not looked at: they are refused as too small."""
    assert most(facts(), least="0.1") == D("0.1")
    assert most(facts(), least="0.10001") is None


@pytest.mark.parametrize(
    ("words", "judged"),
    [
        pytest.param({}, ["350000.00000", "350000.50000"], id="a room"),
        pytest.param(
            {"held": Size(D(2)), "buys": D("0.5"), "sells": D(1)},
            ["350000.00000", "350000.50000"],
            id="with a position",
        ),
        pytest.param(
            {"side": Side.SELL, "held": Size(D(-2)), "buys": D("0.5"), "sells": D(1)},
            ["350000.00000", "350000.50000"],
            id="with a short",
        ),
        pytest.param({"held": Size(D(-2)), "sells": D(5)}, ["350000.00000", "350000.50000"], id="as much opposed"),
        pytest.param({"stop_bps": Bps(1_000)}, ["314606.50000", "314607.00000"], id="a stop"),
        pytest.param({"sells": D(8)}, ["400000.00000"], id="orders beyond it before"),
        pytest.param({"held": Size(D(-8))}, ["400000.00000"], id="a position beyond it the other way"),
        pytest.param({"held": Size(D(8))}, ["400010.00000"], id="a position beyond it"),
        pytest.param({"held": Size(D(8)), "side": Side.SELL}, ["400000.00000"], id="a long beyond it the other way"),
    ],
)
def test_room_most_size_is_solved_and_then_judged_on_both_sides_only(
    words: dict[str, object], judged: list[str]
) -> None:
    """No search: two judgments confirm what was solved, and one that there is no room."""
    counting = Asked(symbol=BTC, size_decimals=5, leverage_max=40, tiers=TIERED.tiers)
    counting.judged.clear()
    size_most(wide(equity=D(35_000), baseline=D(35_000), **words), counting, MARK, Size(D("0.0002")))
    assert counting.judged == [D(usd) for usd in judged]


def test_room_least_equity_is_solved_and_then_judged_on_both_sides_only() -> None:
    """One look at the leverage is for solving it."""
    counting = Asked(symbol=BTC, size_decimals=5, leverage_max=40, tiers=TIERED.tiers)
    counting.judged.clear()
    assert equity_least(wide(baseline=D(1), size=D(7)), counting, MARK) == 35_000
    assert len(counting.judged) == 3


@pytest.mark.parametrize(
    ("asked", "usd"),
    [
        pytest.param(facts(held=Size(D("0.1")), size=D("0.0002")), "10020.000000", id="R5: of one symbol"),
        pytest.param(facts(elsewhere_usd=D(20_000)), "20500.000000", id="R5: of all"),
        pytest.param(facts(baseline=D(1), size=D("0.0002"), position_bps_max=Bps(3_000)), "33.333334", id="rounded up"),
        pytest.param(facts(equity=D(0)), "9002.500001", id="R8: more than what the caps keep"),
        pytest.param(facts(orders=11), "9002.500001", id="R8 behind R7"),
        pytest.param(facts(minute_orders=11), "9002.500001", id="R8 behind R7 of the minute"),
        pytest.param(facts(elsewhere_usd=D(2 * 10**9)), "2000000500.000000", id="thousands of millions"),
        pytest.param(wide(baseline=D(1), size=D(2)), "2500.000000", id="R6: what the venue lends on it"),
        pytest.param(wide(baseline=D(1), size=D(2), stop_bps=Bps(1_000)), "11125.000000", id="R9: its stop"),
    ],
)
def test_room_least_equity_is_the_first_millionth_at_which_no_cap_refuses(asked: Facts, usd: str) -> None:
    """Each cap in turn, computed by hand; the equity there is does not matter."""
    assert asked.instrument is not None
    assert equity_least(asked, asked.instrument, MARK) == D(usd)


def test_room_under_a_cap_of_zero_has_no_least_equity() -> None:
    """No amount is enough."""
    assert equity_least(facts(leverage_max=0), TIERED, MARK) is None


def test_room_under_positions_beyond_all_money_has_no_least_equity() -> None:
    """The search ends."""
    assert equity_least(facts(elsewhere_usd=D(10) ** 30), TIERED, MARK) is None


@pytest.mark.parametrize(
    ("side", "mark", "collar_bps", "worst"),
    [
        (Side.BUY, "50000", 100, "50500"),
        (Side.SELL, "50000", 100, "49500"),
        (Side.BUY, "9.87", 10, "9.8"),
        (Side.SELL, "9.87", 10, "9.9"),
        (Side.BUY, "99995", 1, "100004"),
        (Side.SELL, "100004", 1, "99994"),
        (Side.BUY, "0.05", 100, None),
        (Side.SELL, "0.05", 100, "0.1"),
        (Side.SELL, "50000", 10_000, "0.1"),
        (Side.SELL, "50000", 12_000, "0.1"),
    ],
)
def test_room_worst_price_is_the_legal_one_furthest_inside_the_collar(
    side: Side, mark: str, collar_bps: int, worst: str | None
) -> None:
    """Rounded towards the mark, to five figures and one decimal; a buy below the smallest price has none."""
    found = price_worst(facts(side=side, collar_bps=Bps(collar_bps)), TIERED, D(mark))
    assert found == (None if worst is None else D(worst))


@pytest.mark.parametrize(
    ("side", "limit", "nearest"),
    [
        (Side.BUY, None, "50500"),
        (Side.BUY, "NaN", "50500"),
        (Side.BUY, "-Infinity", "50500"),
        (Side.BUY, "Infinity", "50500"),
        (Side.BUY, "50501", "50500"),
        (Side.BUY, "50500", "50500"),
        (Side.BUY, "50499.6", "50500"),
        (Side.BUY, "50000.4", "50000"),
        (Side.BUY, "50000.5", "50000"),
        (Side.BUY, "50000.6", "50001"),
        (Side.BUY, "0.04", "0.1"),
        (Side.BUY, "0", "0.1"),
        (Side.BUY, "-7", "0.1"),
        (Side.SELL, "Infinity", "49500"),
        (Side.SELL, "49499", "49500"),
        (Side.SELL, "-7", "49500"),
        (Side.SELL, "49500.4", "49500"),
        (Side.SELL, "50000.4", "50000"),
        (Side.SELL, "50000.5", "50001"),
        (Side.SELL, "123456.7", "123457"),
    ],
)
def test_room_nearest_price_is_legal_and_inside_the_collar(side: Side, limit: str | None, nearest: str) -> None:
    """Between two legal prices the nearer one; half-way, the one that gives less away."""
    named = None if limit is None else Price(D(limit))
    assert price_nearest(facts(side=side, limit_price=named), TIERED, MARK) == D(nearest)


def test_room_without_a_legal_price_inside_the_collar_has_no_nearest() -> None:
    """A buy at five cents, where prices go by ten."""
    assert price_nearest(facts(limit_price=Price(D("0.04"))), TIERED, D("0.05")) is None


def test_room_resizes_an_open_in_units() -> None:
    """A size in dollars gives way."""
    asked = resized(facts(size=None, size_usd=D(900)), D("0.3"))
    assert (asked.action.size, asked.action.size_usd, asked.equity) == (D("0.3"), None, D(10_000))
