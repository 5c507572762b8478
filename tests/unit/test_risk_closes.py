"""Closing a position, whole or in part: nothing refuses it, and the venue takes what it comes to."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import ActionKind, Approved, Figures, Noop, PlannedOrder, Price, Side, Size, TradingState
from tests.support.markets import BTC
from tests.support.risk_scenes import Scene, approved, denied, judge, opening

D = Decimal
CLOSE = Scene(kind=ActionKind.CLOSE, side=None, size=None, held=D("0.03"))
"""1,500 dollars of BTC at 50,000."""

RAISED, DUST, NO_MARK = "R9_PARTIAL_BELOW_MINIMUM", "R9_LEAVES_DUST", "R4_NO_MARK"


def close(**changes: object) -> Scene:
    """Return the close of everything with some of its numbers changed."""
    return msgspec.structs.replace(CLOSE, **changes)


def closing(side: Side, size: str, limit: str | None = None) -> PlannedOrder:
    """Return a planned order of BTC that only closes."""
    price = None if limit is None else Price(D(limit))
    return PlannedOrder(symbol=BTC, side=side, size=Size(D(size)), reduce_only=True, limit_price=price)


HINDRANCES: list[dict[str, object]] = [
    {},
    {"mark": None},
    {"mark_age_ms": 86_400_000},
    {"mark_age_ms": -86_400_000},
    {"account_age_ms": 86_400_000},
    {"account_age_ms": -1},
    {"venue_marks_only": True, "mark_source": "book"},
    {"equity": D(0)},
    {"equity": D(-500)},
    {"orders": 10},
    {"orders": 10_000},
    {"minute_orders": 10_000},
    {"unresolved": 3},
    {"symbols_allowed": frozenset()},
    {"listed": False},
    {"baseline": D(1_000_000)},
    {"baseline": D(0)},
    {"drawdown_bps_max": 1, "peak": D(1_000_000)},
    {"position_bps_max": 0, "exposure_bps_max": 0, "leverage_max": 0},
    {"elsewhere_usd": D(1_000_000)},
    {"open_intents": (opening(Side.SELL, "9"),)},
    {"order_usd_min": D(1_000_000)},
    {"stop_bps": 9_999},
    {"venue_leverage": 1},
    {"held": D("0.00001")},
]


@pytest.mark.parametrize("state", TradingState)
@pytest.mark.parametrize("hindrance", HINDRANCES, ids=lambda one: "-".join(one) or "none")
def test_close_passes_whatever_hinders_an_open(state: TradingState, hindrance: dict[str, object]) -> None:
    """An order that only shrinks a position is never refused."""
    asked = close(state=state, **hindrance)
    assert approved(asked).plan == (closing(Side.SELL, str(asked.held)),)


def test_close_of_a_short_buys_it_back() -> None:
    """A short is closed by buying all of it; the figures say what was held, what goes and at which mark."""
    assert judge(close(held=D("-0.03"))) == Approved(
        plan=(closing(Side.BUY, "0.03"),), numbers=Figures(mark=D(50_000), held=D("-0.03"), size=D("0.03"))
    )


@pytest.mark.parametrize("part", [{}, {"size": D("0.01")}, {"size_usd": D(100)}, {"mark": None}])
def test_close_without_position_is_a_noop(part: dict[str, object]) -> None:
    """There is nothing to close on a flat symbol."""
    assert judge(close(held=D(0), **part)) == Noop(reason="nothing_to_close")


@pytest.mark.parametrize(
    ("changes", "size", "adjusted"),
    [
        # 0.0002 BTC are 10 dollars.
        pytest.param({"size": D("0.01")}, "0.01", (), id="a-part"),
        pytest.param({"size": D("0.0123456")}, "0.01234", (), id="rounded-down"),
        pytest.param({"size_usd": D(500)}, "0.01", (), id="dollars"),
        pytest.param({"size_usd": D("500.49")}, "0.01", (), id="dollars-rounded-down"),
        pytest.param({"size": D("0.01"), "held": D("-0.03")}, "0.01", (), id="of-a-short"),
        pytest.param({"size": D("0.03")}, "0.03", (), id="exactly-all"),
        pytest.param({"size": D("0.03000999")}, "0.03", (), id="all-after-rounding"),
        pytest.param({"size": D(7)}, "0.03", (), id="more-than-held"),
        pytest.param({"size": D("1E+30")}, "0.03", (), id="absurdly-more"),
        pytest.param({"size_usd": D("1E+30")}, "0.03", (), id="absurd-dollars"),
        pytest.param({"size": D("0.0002")}, "0.0002", (), id="worth-ten"),
        pytest.param({"size": D("0.00019")}, "0.0002", (RAISED,), id="a-step-below-ten"),
        pytest.param({"size": D("0.000001")}, "0.0002", (RAISED,), id="below-a-step"),
        pytest.param({"size_usd": D("0.01")}, "0.0002", (RAISED,), id="a-cent"),
        pytest.param({"size": D("0.00019"), "mark": D(50_001)}, "0.0002", (RAISED,), id="raised-up-to-the-step"),
        pytest.param({"size": D("0.00019"), "mark": D(49_999)}, "0.00021", (RAISED,), id="raised-by-two-steps"),
        pytest.param({"size": D("0.0298")}, "0.0298", (), id="leaves-ten"),
        pytest.param({"size": D("0.02981")}, "0.03", (DUST,), id="leaves-a-step-less"),
        pytest.param({"size": D("0.0298"), "mark": D(49_999)}, "0.03", (DUST,), id="leaves-a-cent-less"),
        pytest.param({"size": D("0.02999")}, "0.03", (DUST,), id="leaves-one-step"),
        pytest.param({"size": D("0.0001"), "held": D("0.0004")}, "0.0002", (RAISED,), id="raised-leaves-ten"),
        pytest.param({"size": D("0.0001"), "held": D("0.00039")}, "0.00039", (RAISED, DUST), id="raised-leaves-dust"),
        pytest.param({"size": D("0.0001"), "held": D("0.0002")}, "0.0002", (RAISED, DUST), id="raised-to-all"),
        pytest.param({"size": D("0.0001"), "held": D("0.00015")}, "0.00015", (RAISED, DUST), id="raised-beyond-all"),
        pytest.param({"size": D("0.00015"), "held": D("0.00015")}, "0.00015", (), id="all-of-dust"),
        pytest.param({"size_usd": D(100), "mark": None}, "0.03", (NO_MARK,), id="dollars-without-a-mark"),
        pytest.param({"size_usd": D("0.01"), "mark": None}, "0.03", (NO_MARK,), id="a-cent-without-a-mark"),
        pytest.param({"size": D("0.0123456"), "mark": None}, "0.01234", (), id="units-without-a-mark"),
        pytest.param({"size": D("0.00001"), "mark": None}, "0.00001", (), id="a-step-without-a-mark"),
        pytest.param({"size": D("0.000001"), "mark": None}, "0.00001", (), id="less-than-a-step-without-a-mark"),
        pytest.param({"size": D(7), "mark": None}, "0.03", (), id="more-than-held-without-a-mark"),
        pytest.param({"size": D("1E+30"), "mark": None}, "0.03", (), id="absurdly-more-without-a-mark"),
        pytest.param({"size": D("0.01239"), "listed": False}, "0.0123", (), id="unlisted-has-four-decimals"),
    ],
)
def test_close_of_a_part_comes_to_what_the_venue_takes(
    changes: dict[str, object], size: str, adjusted: tuple[str, ...]
) -> None:
    """Rounded down, capped at what is held, raised to ten dollars, and whole where dust would remain."""
    asked = close(**changes)
    verdict = approved(asked)
    side = Side.SELL if asked.held > 0 else Side.BUY
    assert verdict.plan == (closing(side, size),)
    assert verdict.adjusted == adjusted
    assert verdict.numbers == Figures(mark=asked.mark, held=asked.held, size=D(size))


@pytest.mark.parametrize(
    ("named", "limit"),
    [
        ("49500", "49500"),
        ("60000", "60000"),
        ("1", "1"),
        ("49500.5", None),
        ("0.0000001", None),
        ("1E+19", "1E+19"),
        ("1E+20", None),
        ("1E+999999", None),
    ],
)
def test_close_keeps_a_limit_price_that_the_venue_takes(named: str, limit: str | None) -> None:
    """However far away it is; one that the venue would refuse, or nothing can store, must not cost the close."""
    assert approved(close(limit_price=D(named))).plan == (closing(Side.SELL, "0.03", limit),)


def test_close_of_an_unlisted_symbol_keeps_a_cautious_limit_price() -> None:
    """Two decimals are legal for what the venue does not list."""
    asked = close(listed=False, mark=D("3.5"))
    assert approved(msgspec.structs.replace(asked, limit_price=D("3.55"))).plan[0].limit_price == D("3.55")
    assert approved(msgspec.structs.replace(asked, limit_price=D("3.555"))).plan[0].limit_price is None


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"side": Side.SELL}, "R1_CLOSE_HAS_SIDE"),
        ({"side": Side.BUY, "size": D(-1), "size_usd": D(1)}, "R1_CLOSE_HAS_SIDE"),
        ({"size": D("0.01"), "size_usd": D(100)}, "R1_SIZE_AMBIGUOUS"),
        ({"size": D(0), "size_usd": D(0)}, "R1_SIZE_AMBIGUOUS"),
        ({"size": D(0)}, "R1_SIZE_NOT_POSITIVE"),
        ({"size": D("-0.01")}, "R1_SIZE_NOT_POSITIVE"),
        ({"size": D("NaN"), "limit_price": D(0)}, "R1_SIZE_NOT_POSITIVE"),
        ({"size_usd": D(0)}, "R1_SIZE_NOT_POSITIVE"),
        ({"size_usd": D("Infinity")}, "R1_SIZE_NOT_POSITIVE"),
        ({"limit_price": D(0)}, "R1_LIMIT_PRICE_NOT_POSITIVE"),
        ({"limit_price": D(-1)}, "R1_LIMIT_PRICE_NOT_POSITIVE"),
        ({"limit_price": D("NaN")}, "R1_LIMIT_PRICE_NOT_POSITIVE"),
    ],
)
@pytest.mark.parametrize("held", ["0.03", "0"])
def test_close_that_is_misshapen_is_denied_by_its_shape(changes: dict[str, object], rule: str, held: str) -> None:
    """Only a shape that cannot be understood is refused, whether anything is held or not; the figures are its own."""
    verdict = denied(close(held=D(held), **changes))
    size, limit = changes.get("size"), changes.get("limit_price")
    finite = isinstance(size, Decimal) and size.is_finite()
    assert verdict.rule == rule
    assert verdict.numbers == Figures(
        size=D(str(size)) if finite else None,
        limit_price=limit if isinstance(limit, Decimal) and limit.is_finite() else None,
    )
    assert verdict.changes
