"""The scenes of the pre-trade bench: approved by the engine, with every stage of its rules at work."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import Approved, Bps, Denied, Price, ProposedAction, Side, Size, Subject, Symbol
from agentic_core.domain import TradingState as State
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.risk import process
from tests.support.pretrade_scenes import (
    LIMITS,
    Scene,
    moving_scene,
    proposal,
    proposal_json,
    protective_stops,
    scene,
)

D = Decimal
BTC, ETH = Symbol("BTC"), Symbol("ETH")
WIDE = msgspec.structs.replace(LIMITS, position_bps_max=Bps(90_000), exposure_bps_max=Bps(90_000))
"""The shares of equity out of the way of the rules behind them."""


def verdict_on(action: ProposedAction, *, limits: RiskLimits = LIMITS, at: Scene | None = None) -> object:
    """Ask the engine as the bench does."""
    at = at or scene()
    return process(action, at.account, at.market, limits, at.state)


def rule_of(verdict: object) -> str:
    """Return the rule that denied."""
    assert isinstance(verdict, Denied), verdict
    return verdict.rule


def test_pretrade_scene_holds_two_positions_at_fresh_marks() -> None:
    """0.2 BTC long and 5 ETH short, both marks half a second old, worth 100,079.85 dollars, two orders counted."""
    found = scene()
    marks = [found.market.mark(symbol) for symbol in (BTC, ETH)]
    assert [found.market.as_of - mark.as_of for mark in marks if mark is not None] == [500, 500]
    assert {symbol: held.size for symbol, held in found.account.positions.items()} == {BTC: D("0.2"), ETH: D(-5)}
    assert (found.account.equity, found.account.exposure()) == (D("100079.85"), D("22501.35"))
    assert (found.account.day.orders, found.account.day.minute_orders) == (2, 2)


def test_pretrade_proposal_as_objects_and_as_text_is_the_same() -> None:
    """What the text path reads is what the object path is given, for every number."""
    read = [msgspec.json.decode(proposal_json(number), type=ProposedAction) for number in (0, 7, 9_999)]
    assert read == [proposal(0), proposal(7), proposal(9_999)]
    assert len({proposal(number).size for number in range(1_000)}) == 1_000


def test_pretrade_proposal_is_approved_as_one_order() -> None:
    """The open is approved with its size on the lot and its own limit price."""
    verdict = verdict_on(proposal(7))
    assert isinstance(verdict, Approved), verdict
    (order,) = verdict.plan
    assert (order.symbol, order.side, order.size, order.limit_price) == (BTC, Side.BUY, D("0.10007"), D(50_100))
    assert (order.reduce_only, verdict.adjusted, verdict.withheld) == (False, (), None)


def test_pretrade_proposal_carries_the_numbers_of_every_stage() -> None:
    """The figures hold what each stage compared: ages, caps, rates, losses with their reserve, collar and stop."""
    verdict = verdict_on(proposal(7))
    assert isinstance(verdict, Approved), verdict
    numbers = verdict.numbers
    assert (numbers.mark_age_ms, numbers.account_age_ms, numbers.unresolved) == (500, 0, 0)
    assert numbers.order_usd == D("5003.550035")
    assert numbers.position_usd == D("15003.650035")
    assert numbers.exposure_usd == D("27504.900035")
    assert (numbers.orders_after, numbers.minute_orders_after) == (3, 3)
    assert numbers.reserve_usd == D("137.524500175")
    assert (numbers.baseline, numbers.peak) == (D(100_000), D("100079.85"))
    assert (numbers.drawdown_bps_max, numbers.collar_bps, numbers.stop_bps) == (2_500, 100, 200)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"side": None}, "R1_SIDE_MISSING"),
        ({"size": None}, "R1_SIZE_AMBIGUOUS"),
        ({"limit_price": Price(D(0))}, "R1_LIMIT_PRICE_NOT_POSITIVE"),
        ({"symbol": Symbol("SOL")}, "R2_SYMBOL_NOT_ALLOWED"),
        ({"size": Size(D(3))}, "R5_POSITION_CAP"),
        ({"size": Size(D("0.000001"))}, "R5_BELOW_ORDER_MINIMUM"),
        ({"limit_price": Price(D("50100.5"))}, "R9_PRICE_STEP"),
        ({"limit_price": Price(D(50_600))}, "R9_COLLAR"),
    ],
)
def test_pretrade_proposal_changed_once_is_denied(changes: dict[str, object], rule: str) -> None:
    """The proposal stands one change away from the rules about the order itself."""
    assert rule_of(verdict_on(msgspec.structs.replace(proposal(7), **changes))) == rule


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"symbols_allowed": frozenset({ETH})}, "R2_SYMBOL_NOT_ALLOWED"),
        ({"mark_age_ms_max": 499}, "R4_STALE_MARK"),
        ({"account_age_ms_max": -1}, "R4_STALE_ACCOUNT"),
        ({"position_bps_max": Bps(1_499)}, "R5_POSITION_CAP"),
        ({"exposure_bps_max": Bps(2_748)}, "R5_EXPOSURE_CAP"),
        ({"order_usd_min": D(5_004)}, "R5_BELOW_ORDER_MINIMUM"),
        ({"orders_per_day_max": 2}, "R7_ORDERS_PER_DAY"),
        ({"orders_per_minute_max": 2}, "R7_ORDERS_PER_MINUTE"),
        ({"daily_loss_bps_max": Bps(5)}, "R8_DAILY_LOSS"),
        ({"drawdown_bps_max": Bps(13)}, "R8_DRAWDOWN"),
        ({"collar_bps": Bps(19)}, "R9_COLLAR"),
    ],
)
def test_pretrade_limits_changed_once_deny(changes: dict[str, object], rule: str) -> None:
    """The scene stands one change of a cap away from each rule that has one."""
    assert rule_of(verdict_on(proposal(7), limits=msgspec.structs.replace(LIMITS, **changes))) == rule


def test_pretrade_limits_wide_enough_leave_the_leverage_to_deny() -> None:
    """With the shares of equity out of the way, more than three times equity is refused by the leverage."""
    assert rule_of(verdict_on(proposal(7, whole=6), limits=WIDE)) == "R6_LEVERAGE_CAP"


@pytest.mark.parametrize(("stop_bps", "passes"), [(3_300, True), (3_500, False)])
def test_pretrade_scene_at_high_leverage_asks_for_the_stop(*, stop_bps: int, passes: bool) -> None:
    """285,000 dollars of BTC on 100,079.85 survive a stop 33 % away, and would be liquidated before one at 35 %."""
    limits = msgspec.structs.replace(WIDE, stop_bps=Bps(stop_bps))
    verdict = verdict_on(msgspec.structs.replace(proposal(7), size=Size(D("5.5"))), limits=limits)
    assert isinstance(verdict, Approved) is passes, verdict
    assert passes or rule_of(verdict) == "R9_LIQUIDATION_BEFORE_STOP"


def test_pretrade_scene_that_is_halted_denies() -> None:
    """The trading state is asked."""
    halted = msgspec.structs.replace(scene(), state=State.HALTED)
    assert rule_of(verdict_on(proposal(7), at=halted)) == "R3_HALTED"


def test_pretrade_scene_with_an_unresolved_order_denies() -> None:
    """Orders of unknown fate are asked for."""
    unsure = scene()
    unsure.account.unresolved = 1
    assert rule_of(verdict_on(proposal(7), at=unsure)) == "R3_UNRESOLVED_ORDER"


def test_pretrade_scene_with_resting_stops_approves_the_same_order() -> None:
    """Orders that only shrink a position leave the figures as they are."""
    guarded = scene()
    guarded.account.open_intents = protective_stops()
    assert verdict_on(proposal(7), at=guarded) == verdict_on(proposal(7))


def test_pretrade_denied_proposal_breaks_the_position_cap() -> None:
    """Three more whole units are over half of the equity; the verdict says how many would pass."""
    verdict = verdict_on(proposal(7, whole=3))
    assert isinstance(verdict, Denied), verdict
    assert (verdict.rule, verdict.numbers.position_bps_max) == ("R5_POSITION_CAP", 5_000)
    assert [(change.subject, change.to) for change in verdict.changes] == [(Subject.SIZE, D("0.80078"))]


def test_pretrade_moving_scene_approves_at_every_mark() -> None:
    """On recorded candles whose marks are no venue's, each mark approves another size, valued at that mark."""
    moving = moving_scene(4)
    seen = []
    for index in range(moving.marks):
        moving.move(index)
        verdict = process(proposal(index), moving.account, moving.market, moving.limits, State.ACTIVE)
        assert isinstance(verdict, Approved), verdict
        seen.append((verdict.numbers.mark, verdict.numbers.size))
    assert seen == [
        (D(50_000), D("0.10000")),
        (D(50_001), D("0.10001")),
        (D(50_000), D("0.10002")),
        (D(50_001), D("0.10003")),
    ]


def test_pretrade_instruments_have_margin_tiers() -> None:
    """Both instruments make the engine look a tier up, as the venue's do."""
    found = [scene().market.instrument(symbol) for symbol in (BTC, ETH)]
    assert [len(one.tiers) for one in found if isinstance(one, Instrument)] == [2, 2]
