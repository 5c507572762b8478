"""What the risk engine approves, and that nothing stands in the way of a close."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import (
    ActionKind,
    Approved,
    Bps,
    DayCounters,
    Denied,
    HaltReason,
    Noop,
    PlannedOrder,
    Side,
    Size,
    TradingState,
    Usd,
)
from agentic_core.risk import find_halt, process
from tests.support.markets import BTC
from tests.support.risk_scenes import Scene, judge

D = Decimal


def leg(side: Side, size: str, *, reduce_only: bool = False) -> PlannedOrder:
    """Return a planned order of BTC."""
    return PlannedOrder(symbol=BTC, side=side, size=Size(D(size)), reduce_only=reduce_only)


def test_process_without_proposal_is_a_noop() -> None:
    """Proposing nothing is nothing to do, whatever the state."""
    scene = Scene(state=TradingState.HALTED)
    market = scene.market
    verdict = process(None, scene.account(market), market, scene.limits, scene.state)
    assert verdict == Noop(reason="nothing_proposed")


@pytest.mark.parametrize(
    ("scene", "plan"),
    [
        pytest.param(Scene(), (leg(Side.BUY, "0.01"),), id="open-long"),
        pytest.param(Scene(side=Side.SELL), (leg(Side.SELL, "0.01"),), id="open-short"),
        pytest.param(Scene(held=D("0.02")), (leg(Side.BUY, "0.01"),), id="add-to-long"),
        pytest.param(Scene(side=Side.SELL, held=D("-0.02")), (leg(Side.SELL, "0.01"),), id="add-to-short"),
        pytest.param(
            Scene(side=Side.SELL, held=D("0.03")),
            (leg(Side.SELL, "0.03", reduce_only=True), leg(Side.SELL, "0.01")),
            id="flip-to-short",
        ),
        pytest.param(
            Scene(held=D("-0.005")),
            (leg(Side.BUY, "0.005", reduce_only=True), leg(Side.BUY, "0.01")),
            id="flip-to-long",
        ),
        pytest.param(Scene(size=D("0.0123456")), (leg(Side.BUY, "0.01234"),), id="rounded-down"),
        pytest.param(Scene(size=None, size_usd=D("999.99")), (leg(Side.BUY, "0.01999"),), id="dollars-rounded-down"),
        pytest.param(Scene(size=None, size_usd=D(1000)), (leg(Side.BUY, "0.02"),), id="dollars-that-fit"),
    ],
)
def test_process_of_an_open_plans_these_legs(scene: Scene, plan: tuple[PlannedOrder, ...]) -> None:
    """The opposite position is closed first, reduce-only; the new leg has the proposed size, rounded down."""
    verdict = judge(scene)
    assert isinstance(verdict, Approved), verdict
    assert verdict.plan == plan


def test_process_of_an_open_approves_with_all_figures() -> None:
    """An approval records what the open leads to."""
    verdict = judge(Scene(held=D("0.02"), elsewhere_usd=D(100), orders=3, equity=D("9999.5")))
    assert isinstance(verdict, Approved), verdict
    assert verdict.numbers == {
        "mark": D(50_000),
        "equity": D("9999.5"),
        "size": D("0.01"),
        "order_usd": D(500),
        "position_usd": D(1500),
        "position_bps_max": 5_000,
        "exposure_usd": D(1600),
        "exposure_bps_max": 10_000,
        "leverage_max": 2,
        "orders_after": 4,
        "orders_per_day_max": 10,
        "loss_bps": D("0.5"),
        "daily_loss_bps_max": 1_000,
    }


def test_process_of_dollars_a_hair_short_of_a_unit_never_rounds_up() -> None:
    """29 nines make a quotient that 28 digits round to the next whole unit; the order still stays below the wish."""
    scene = Scene(size=None, size_usd=D("999.99999999999999999999999999999"), mark=D(1000))
    verdict = judge(scene)
    assert isinstance(verdict, Approved), verdict
    assert verdict.plan == (leg(Side.BUY, "0.99999"),)


@pytest.mark.parametrize("size", ["1E+22", "1E+30", "9E+999999"])
@pytest.mark.parametrize("unit", ["size", "size_usd"])
def test_process_of_an_absurd_size_is_denied_by_the_position_cap(unit: str, size: str) -> None:
    """No size is too large to be refused."""
    scene = msgspec.structs.replace(Scene(size=None), **{unit: D(size)})
    verdict = judge(scene)
    assert isinstance(verdict, Denied), verdict
    assert verdict.rule == "R5_POSITION_CAP"


@pytest.mark.parametrize("size", ["1E-30", "1E-999999"])
@pytest.mark.parametrize("unit", ["size", "size_usd"])
def test_process_of_a_vanishing_size_is_denied_by_the_order_minimum(unit: str, size: str) -> None:
    """No size is too small to be refused."""
    scene = msgspec.structs.replace(Scene(size=None), **{unit: D(size)})
    verdict = judge(scene)
    assert isinstance(verdict, Denied), verdict
    assert verdict.rule == "R5_BELOW_ORDER_MINIMUM"


CLOSE = Scene(kind=ActionKind.CLOSE, side=None, size=None, held=D("0.03"))


@pytest.mark.parametrize("state", list(TradingState))
@pytest.mark.parametrize(
    "hindrance",
    [
        pytest.param({}, id="none"),
        pytest.param({"mark": None}, id="no-mark"),
        pytest.param({"mark_age_ms": 86_400_000}, id="stale-mark"),
        pytest.param({"equity": D(0)}, id="no-equity"),
        pytest.param({"equity": D(-500)}, id="negative-equity"),
        pytest.param({"orders": 10}, id="at-the-order-cap"),
        pytest.param({"orders": 10_000}, id="beyond-the-order-cap"),
        pytest.param({"unresolved": 3}, id="unresolved-orders"),
        pytest.param({"symbols_allowed": frozenset()}, id="symbol-no-longer-allowed"),
        pytest.param({"listed": False}, id="instrument-delisted"),
        pytest.param({"held": D("0.00001")}, id="smaller-than-any-minimum"),
        pytest.param({"baseline": D(1_000_000)}, id="after-the-daily-loss"),
    ],
)
def test_process_of_a_close_passes_whatever_hinders_an_open(state: TradingState, hindrance: dict[str, object]) -> None:
    """An order that only shrinks a position is never refused."""
    scene = msgspec.structs.replace(CLOSE, state=state, **hindrance)
    verdict = judge(scene)
    assert isinstance(verdict, Approved), verdict
    assert verdict.plan == (leg(Side.SELL, str(scene.held), reduce_only=True),)


def test_process_of_a_close_of_a_short_buys_it_back() -> None:
    """A short is closed by buying all of it."""
    verdict = judge(msgspec.structs.replace(CLOSE, held=D("-0.03")))
    assert verdict == Approved(plan=(leg(Side.BUY, "0.03", reduce_only=True),), numbers={"held": D("-0.03")})


def test_process_of_a_close_without_position_is_a_noop() -> None:
    """There is nothing to close on a flat symbol."""
    assert judge(msgspec.structs.replace(CLOSE, held=D(0))) == Noop(reason="nothing_to_close")


@pytest.mark.parametrize(
    "extra",
    [{"side": Side.SELL}, {"size": D("0.01")}, {"size_usd": D(100)}, {"size": D("NaN")}],
    ids=["side", "size", "dollars", "not-a-number"],
)
def test_process_of_a_close_that_names_an_amount_is_denied(extra: dict[str, object]) -> None:
    """A close takes the whole position; anything more specific was meant as something else."""
    verdict = judge(msgspec.structs.replace(CLOSE, **extra))
    assert isinstance(verdict, Denied), verdict
    assert verdict.rule == "R1_CLOSE_HAS_SIZE"


@pytest.mark.parametrize(
    ("equity", "loss"),
    [("9000.01", None), ("9000", D(1000)), ("-50", D(10_050))],
    ids=["a-cent-left", "reached", "in-debt"],
)
def test_halt_is_found_once_the_loss_reaches_its_cap(equity: str, loss: Decimal | None) -> None:
    """Ten percent of a baseline of 10,000 may be lost, less than 1,000 dollars that is."""
    day = DayCounters(day=1, baseline=Usd(D(10_000)))
    finding = find_halt(day, D(equity), Scene().limits)
    if loss is None:
        assert finding is None
    else:
        assert finding is not None
        assert finding.reason is HaltReason.DAILY_LOSS
        assert finding.numbers == {"equity": D(equity), "baseline": D(10_000), "loss": loss, "allowed": D(1000)}


def test_halt_and_rule_agree_at_the_boundary() -> None:
    """Where the day's loss halts the deployment, the rule refuses opens, and one step before neither does."""
    limits = msgspec.structs.replace(Scene().limits, daily_loss_bps_max=Bps(333))
    day = DayCounters(day=1, baseline=Usd(D("9876.54321")))
    for equity, halts in ((D("9547.654321107"), True), (D("9547.654321108"), False)):
        scene = Scene(equity=equity, baseline=day.baseline, daily_loss_bps_max=333)
        assert (find_halt(day, equity, limits) is not None) is halts
        assert isinstance(judge(scene), Denied) is halts


@pytest.mark.parametrize("wish", ["NaN", "sNaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize(
    "scene", [Scene(), Scene(size_usd=D(1)), CLOSE], ids=["open", "open-with-two-sizes", "close-with-size"]
)
def test_verdict_on_a_number_that_is_none_can_be_stored(scene: Scene, wish: str) -> None:
    """A database column takes finite numbers only, so no verdict carries another."""
    verdict = judge(msgspec.structs.replace(scene, size=D(wish)))
    assert isinstance(verdict, Denied), verdict
    assert verdict.numbers["size"] is None
    stored = msgspec.json.Encoder(decimal_format="number").encode(verdict)
    assert msgspec.json.decode(stored, type=Denied) == verdict
