"""Orders that may still execute count on their worse side, in their own symbol and in every other one."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import Approved, OpenIntent, Side, Symbol, Usd
from agentic_core.risk import process
from tests.support.expected_rules import first_broken
from tests.support.markets import ETH
from tests.support.risk_scenes import Elsewhere, Scene, approved, denied, opening, scene

D = Decimal
SOL = Symbol("SOL")
BUY, SELL = Side.BUY, Side.SELL


def position_usd(asked: Scene) -> Decimal | None:
    """Return what the position would be worth, by the engine."""
    return approved(asked).numbers.position_usd


@pytest.mark.parametrize(
    ("side", "held", "intents", "usd"),
    [
        # An open of 0.01 BTC at 50,000 is 500 dollars.
        (BUY, "0", (), 500),
        (BUY, "0", (opening(BUY, "0.02"),), 1_500),
        (BUY, "0", (opening(BUY, "0.02"), opening(BUY, "0.03")), 3_000),
        (BUY, "0", (opening(SELL, "0.02"),), 1_000),
        (BUY, "0", (opening(SELL, "0.01"),), 500),
        (BUY, "0", (opening(SELL, "0.005"),), 500),
        (BUY, "0", (opening(BUY, "0.02"), opening(SELL, "0.04")), 2_000),
        (BUY, "0.03", (), 2_000),
        (BUY, "0.03", (opening(BUY, "0.02"),), 3_000),
        (BUY, "0.03", (opening(SELL, "0.05"),), 2_500),
        (BUY, "-0.03", (), 1_500),
        (BUY, "-0.03", (opening(SELL, "0.02"),), 2_500),
        (BUY, "-0.03", (opening(BUY, "0.04"),), 2_500),
        (BUY, "-0.03", (opening(BUY, "0.02"),), 1_500),
        (SELL, "0", (opening(SELL, "0.02"),), 1_500),
        (SELL, "0", (opening(BUY, "0.02"),), 1_000),
        (SELL, "-0.03", (), 2_000),
        (SELL, "-0.03", (opening(SELL, "0.02"),), 3_000),
        (SELL, "-0.03", (opening(BUY, "0.05"),), 2_500),
        (SELL, "0.03", (), 1_500),
        (SELL, "0.03", (opening(BUY, "0.02"),), 2_500),
        (SELL, "0.03", (opening(SELL, "0.04"),), 2_500),
    ],
)
def test_position_is_the_larger_of_all_filling_along_and_all_against(
    side: Side, held: str, intents: tuple[OpenIntent, ...], usd: int
) -> None:
    """Held and ordered in the direction of the open, or held and ordered the other way, whichever is more."""
    asked = scene(side=side, held=D(held), open_intents=intents)
    assert position_usd(asked) == usd
    assert first_broken(asked) is None


def test_position_leaves_reducing_orders_and_other_symbols_out() -> None:
    """A stop cannot grow a position; an order in ETH is no BTC."""
    intents = (opening(BUY, "9", reduce_only=True), opening(SELL, "9", reduce_only=True), opening(BUY, "1", symbol=ETH))
    assert position_usd(scene(open_intents=intents)) == 500


@pytest.mark.parametrize(
    ("held", "intents", "usd"),
    [
        # SOL stands at 100 dollars.
        ("0", (), 0),
        ("2", (), 200),
        ("-2", (), 200),
        ("0", ((BUY, "3"),), 300),
        ("0", ((SELL, "3"),), 300),
        ("0", ((BUY, "3"), (SELL, "5")), 500),
        ("0", ((BUY, "3"), (BUY, "4")), 700),
        ("2", ((BUY, "3"),), 500),
        ("2", ((SELL, "3"),), 200),
        ("2", ((SELL, "5"),), 300),
        ("-2", ((SELL, "3"),), 500),
        ("-2", ((BUY, "3"),), 200),
        ("-2", ((BUY, "5"),), 300),
        ("-2", ((BUY, "5"), (SELL, "2")), 400),
    ],
)
def test_exposure_counts_another_symbol_on_its_worse_side(
    held: str, intents: tuple[tuple[Side, str], ...], usd: int
) -> None:
    """The larger of what it would be if all buys filled, and if all sells did."""
    orders = tuple(opening(side, size, symbol=SOL, limit="7") for side, size in intents)
    asked = scene(elsewhere=(Elsewhere(symbol=SOL, size=D(held)),), open_intents=orders)
    numbers = approved(asked).numbers
    assert (numbers.exposure_usd, numbers.position_usd) == (D(500 + usd), D(500))
    assert first_broken(asked) is None


def test_exposure_counts_every_symbol_once() -> None:
    """Two orders in two symbols, a position in a third, and the open's own symbol."""
    orders = (opening(BUY, "3", symbol=SOL), opening(SELL, "40", symbol=ETH), opening(BUY, "0.01"))
    asked = scene(elsewhere=(Elsewhere(symbol=SOL), Elsewhere(symbol=Symbol("XRP"), size=D(2))), open_intents=orders)
    numbers = approved(asked).numbers
    assert (numbers.position_usd, numbers.exposure_usd) == (D(1_000), D(1_000 + 300 + 40 + 200))


def test_exposure_of_reducing_orders_elsewhere_is_nothing() -> None:
    """They cannot grow what is held there."""
    orders = (opening(SELL, "9", symbol=SOL, reduce_only=True),)
    asked = scene(elsewhere=(Elsewhere(symbol=SOL, size=D(2)),), open_intents=orders)
    assert approved(asked).numbers.exposure_usd == 700


def test_exposure_of_a_symbol_without_a_mark_is_at_its_orders_limit() -> None:
    """An order is never worth nothing; of several limits the dearest counts."""
    one = scene(open_intents=(opening(BUY, "3", symbol=SOL, limit="120"),))
    two = scene(open_intents=(*one.open_intents, opening(BUY, "1", symbol=SOL, limit="150")))
    dearer = scene(open_intents=(*one.open_intents, opening(BUY, "0.001", limit="49000")))
    assert approved(one).numbers.exposure_usd == 500 + 360
    assert approved(dearer).numbers.exposure_usd == 550 + 360
    assert approved(two).numbers.exposure_usd == 500 + 600


def test_exposure_of_open_orders_is_held_against_every_cap() -> None:
    """A resting order that would break the exposure cap leaves no room for another."""
    resting = (opening(BUY, "95", symbol=SOL),)
    full = scene(elsewhere=(Elsewhere(symbol=SOL),), open_intents=resting)
    over = msgspec.structs.replace(full, open_intents=(opening(BUY, "95.01", symbol=SOL),))
    assert approved(full).numbers.exposure_usd == 10_000
    assert denied(over).rule == "R5_EXPOSURE_CAP"
    levered = msgspec.structs.replace(over, exposure_bps_max=10**6, leverage_max=1)
    assert denied(levered).rule == "R6_LEVERAGE_CAP"


def test_reserve_is_kept_for_open_orders_too() -> None:
    """Leaving what may still be entered costs as much."""
    asked = scene(elsewhere=(Elsewhere(symbol=SOL),), open_intents=(opening(BUY, "15", symbol=SOL),))
    assert approved(asked).numbers.reserve_usd == 10


@pytest.mark.parametrize(("elsewhere", "frozen", "exposure"), [("0", "4000", 5_500), ("3000", "8000", 8_500)])
def test_exposure_of_a_copied_account_is_at_the_marks_of_the_market(elsewhere: str, frozen: str, exposure: int) -> None:
    """What the copy was worth when it was made is history: 0.11 BTC are 5,500 dollars now, whatever 0.1 were then."""
    asked = scene(held=D("0.1"), elsewhere_usd=D(elsewhere), position_bps_max=10_000)
    market = asked.market
    copied = msgspec.structs.replace(asked.snapshot(market), exposure_usd=Usd(D(frozen)))
    verdict = process(asked.action, copied, market, asked.limits, asked.state)
    assert isinstance(verdict, Approved)
    assert verdict.numbers.position_usd == 5_500
    assert verdict.numbers.exposure_usd == exposure


def test_orders_that_may_still_execute_count_as_no_orders_of_the_day() -> None:
    """They were counted when they were sent."""
    numbers = approved(scene(open_intents=(opening(BUY, "0.02"),), orders=3, minute_orders=2)).numbers
    assert (numbers.orders_after, numbers.minute_orders_after) == (4, 3)
