"""What the risk engine plans for an open, and what every trading state lets pass."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import ActionKind, Approved, Denied, Noop, PlannedOrder, Price, Side, Size, TradingState
from agentic_core.risk import process
from tests.support.markets import BTC
from tests.support.risk_scenes import Scene, approved, denied, judge, opening, scene

D = Decimal


def leg(side: Side, size: str, *, before: str = "0", limit: str | None = None) -> PlannedOrder:
    """Return a planned opening order of BTC on top of so many units."""
    return PlannedOrder(
        symbol=BTC,
        side=side,
        size=Size(D(size)),
        reduce_only=False,
        limit_price=None if limit is None else Price(D(limit)),
        position_before=Size(D(before)),
    )


def closing(side: Side, size: str) -> PlannedOrder:
    """Return a planned order of BTC that only closes."""
    return PlannedOrder(symbol=BTC, side=side, size=Size(D(size)), reduce_only=True)


def test_process_without_proposal_is_a_noop() -> None:
    """Proposing nothing is nothing to do, whatever the state."""
    asked = Scene(state=TradingState.HALTED)
    market = asked.market
    verdict = process(None, asked.account(market), market, asked.limits, asked.state)
    assert verdict == Noop(reason="nothing_proposed")


@pytest.mark.parametrize(
    ("asked", "plan"),
    [
        pytest.param(Scene(), (leg(Side.BUY, "0.01"),), id="open-long"),
        pytest.param(scene(side=Side.SELL), (leg(Side.SELL, "0.01"),), id="open-short"),
        pytest.param(scene(held=D("0.02")), (leg(Side.BUY, "0.01", before="0.02"),), id="add-to-long"),
        pytest.param(
            scene(side=Side.SELL, held=D("-0.02")), (leg(Side.SELL, "0.01", before="-0.02"),), id="add-to-short"
        ),
        pytest.param(
            scene(side=Side.SELL, held=D("0.03")),
            (closing(Side.SELL, "0.03"), leg(Side.SELL, "0.01")),
            id="flip-to-short",
        ),
        pytest.param(scene(held=D("-0.005")), (closing(Side.BUY, "0.005"), leg(Side.BUY, "0.01")), id="flip-to-long"),
        pytest.param(
            scene(held=D("-0.005"), limit_price=D(50_100)),
            (closing(Side.BUY, "0.005"), leg(Side.BUY, "0.01", limit="50100")),
            id="flip-with-a-limit",
        ),
        pytest.param(scene(limit_price=D(50_100)), (leg(Side.BUY, "0.01", limit="50100"),), id="open-with-a-limit"),
        pytest.param(
            scene(open_intents=(opening(Side.SELL, "0.01"),)), (leg(Side.BUY, "0.01"),), id="against-a-resting-order"
        ),
        pytest.param(scene(size=D("0.0123456")), (leg(Side.BUY, "0.01234"),), id="rounded-down"),
        pytest.param(scene(size=None, size_usd=D("999.99")), (leg(Side.BUY, "0.01999"),), id="dollars-rounded-down"),
        pytest.param(scene(size=None, size_usd=D(1000)), (leg(Side.BUY, "0.02"),), id="dollars-that-fit"),
    ],
)
def test_process_of_an_open_plans_these_legs(asked: Scene, plan: tuple[PlannedOrder, ...]) -> None:
    """The opposite position is closed first, reduce-only; the new leg has the proposed size, rounded down."""
    verdict = approved(asked)
    assert verdict.plan == plan
    assert (verdict.adjusted, verdict.withheld) == ((), None)


@pytest.mark.parametrize(("form", "wish"), [("size", "0." + "9" * 29), ("size_usd", "999." + "9" * 29)])
def test_process_of_a_long_number_never_rounds_up(form: str, wish: str) -> None:
    """29 nines make a quotient that 28 digits round to the next whole unit; the order still stays below the wish."""
    asked = scene(**{"size": None, form: D(wish)}, mark=D(1000))
    assert approved(asked).plan == (leg(Side.BUY, "0.99999"),)


@pytest.mark.parametrize("size", ["1E+21", "1E+22", "1E+23", "1E+30", "9E+999999", "1" * 60, "1" * 30 + ".5"])
@pytest.mark.parametrize("form", ["size", "size_usd"])
def test_process_of_an_absurd_size_is_denied_by_the_position_cap(form: str, size: str) -> None:
    """No size is too large to be refused."""
    assert denied(scene(**{"size": None, form: D(size)})).rule == "R5_POSITION_CAP"


@pytest.mark.parametrize(
    ("form", "size", "units"),
    [
        ("size", "1E+21", "1E+21"),
        ("size", "1E+23", "1E+21"),
        ("size_usd", "5E+25", "1E+21"),
        ("size_usd", "1E+30", "1E+21"),
    ],
)
def test_process_measures_an_absurd_size_as_the_largest_there_is(form: str, size: str, units: str) -> None:
    """A thousand million million million units, so that exact sums of it still fit."""
    assert denied(scene(**{"size": None, form: D(size)})).numbers.size == D(units)


def test_process_measures_dollars_just_below_the_largest_size_exactly() -> None:
    """One step less than the largest is not taken for the largest."""
    asked = scene(size=None, size_usd=D("49999999999999999999999999.5"))
    assert denied(asked).numbers.size == D("999999999999999999999.99999")


@pytest.mark.parametrize("limit", ["1" * 60, "1E+999999", "9." + "9" * 60, "1E-999999"])
def test_process_of_an_absurd_limit_price_is_denied_and_never_raises(limit: str) -> None:
    """No price is too strange to be refused."""
    assert denied(scene(limit_price=D(limit))).rule in {"R9_PRICE_STEP", "R9_COLLAR"}


@pytest.mark.parametrize("size", ["1E-30", "1E-999999"])
@pytest.mark.parametrize("form", ["size", "size_usd"])
def test_process_of_a_vanishing_size_is_denied_by_the_order_minimum(form: str, size: str) -> None:
    """No size is too small to be refused."""
    assert denied(scene(**{"size": None, form: D(size)})).rule == "R5_BELOW_ORDER_MINIMUM"


REFUSALS = {TradingState.ACTIVE: None, TradingState.REDUCING: "R3_REDUCING", TradingState.HALTED: "R3_HALTED"}
CLOSE = Scene(kind=ActionKind.CLOSE, side=None, size=None, held=D("0.03"))


@pytest.mark.parametrize("state", TradingState)
@pytest.mark.parametrize("held", ["0", "0.02"])
def test_state_lets_an_open_pass_only_while_active(state: TradingState, held: str) -> None:
    """A first open and one that adds."""
    verdict = judge(scene(state=state, held=D(held)))
    refusal = REFUSALS[state]
    if refusal is None:
        assert isinstance(verdict, Approved)
        assert verdict.plan == (leg(Side.BUY, "0.01", before=held),)
    else:
        assert isinstance(verdict, Denied)
        assert verdict.rule == refusal


@pytest.mark.parametrize("state", TradingState)
def test_state_never_stands_in_the_way_of_a_close(state: TradingState) -> None:
    """Everything that is held goes."""
    assert approved(msgspec.structs.replace(CLOSE, state=state)).plan == (closing(Side.SELL, "0.03"),)


@pytest.mark.parametrize("state", TradingState)
def test_state_never_stands_in_the_way_of_a_partial_close(state: TradingState) -> None:
    """The part that was named goes."""
    verdict = approved(msgspec.structs.replace(CLOSE, state=state, size=D("0.01")))
    assert verdict.plan == (closing(Side.SELL, "0.01"),)


@pytest.mark.parametrize("state", TradingState)
def test_state_withholds_the_opening_leg_of_a_flip_and_never_the_closing_one(state: TradingState) -> None:
    """The position goes in every state, the new one comes only while active."""
    verdict = approved(scene(state=state, held=D("-0.03")))
    refusal = REFUSALS[state]
    assert verdict.plan[0] == closing(Side.BUY, "0.03")
    assert verdict.plan[1:] == ((leg(Side.BUY, "0.01"),) if refusal is None else ())
    assert (verdict.withheld.rule if verdict.withheld else None) == refusal


@pytest.mark.parametrize("wish", ["NaN", "sNaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("name", ["size", "size_usd", "limit_price"])
@pytest.mark.parametrize("kind", ActionKind)
def test_verdict_on_a_number_that_is_none_can_be_stored(kind: ActionKind, name: str, wish: str) -> None:
    """A database column takes finite numbers only, so no verdict carries another."""
    shape = {"size": None, "size_usd": None, "side": Side.BUY if kind is ActionKind.OPEN else None}
    sized = {"size": D("0.01")} if name == "limit_price" else {}
    verdict = denied(scene(kind=kind, held=D("0.03"), **{**shape, **sized, name: D(wish)}))
    assert (verdict.numbers.size, verdict.numbers.limit_price) == (D("0.01") if sized else None, None)
    assert verdict.rule == ("R1_LIMIT_PRICE_NOT_POSITIVE" if sized else "R1_SIZE_NOT_POSITIVE")
    stored = msgspec.json.Encoder(decimal_format="number").encode(verdict)
    assert msgspec.json.decode(stored, type=Denied) == verdict


@pytest.mark.parametrize("wish", ["9E+999999", "1E-999999", "1E+131072"])
@pytest.mark.parametrize("name", ["size", "limit_price"])
@pytest.mark.parametrize("kind", ActionKind)
def test_verdict_on_a_number_longer_than_a_database_takes_can_be_stored(kind: ActionKind, name: str, wish: str) -> None:
    """A numeric of PostgreSQL has 131,072 digits before the point at most and 16,383 behind it."""
    wild = {"size": D("0.01"), "size_usd": D(500), "side": Side.BUY if kind is ActionKind.OPEN else None, name: D(wish)}
    numbers = denied(scene(kind=kind, held=D("0.03"), **wild)).numbers
    for named in (numbers.size, numbers.limit_price):
        assert named is None or -16_384 < named.adjusted() < 131_072


@pytest.mark.parametrize("asked", [scene(side=Side.SELL), CLOSE, scene(side=Side.SELL, held=D("0.03"))])
@pytest.mark.parametrize("limit", ["9E+999999", "1E+131072"])
def test_plan_of_a_limit_price_longer_than_a_database_takes_can_be_stored(asked: Scene, limit: str) -> None:
    """A price that far behind the mark breaks no collar, but it must not keep the order from being made durable."""
    verdict = judge(msgspec.structs.replace(asked, limit_price=D(limit)))
    legs = verdict.plan if isinstance(verdict, Approved) else ()
    assert all(leg.limit_price is None or leg.limit_price.adjusted() < 131_072 for leg in legs)
