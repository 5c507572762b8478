"""The gate in front of every broker: what it sends, and by which rule it denies."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest

from agentic_core.brokers import GuardedBroker
from agentic_core.domain import Accepted, Denied, Figures, IntentKind, Side, Size, TradingState
from tests.support.broken_rules import BREAKING, PLENTY
from tests.support.gates import Gate, intent_of
from tests.support.markets import AT, BTC, Paper, order, prepared
from tests.support.risk_scenes import Scene, scene
from tests.support.turns import LIMITS

pytestmark = pytest.mark.anyio

D = Decimal
SEEN = Size(D("0.25"))
"""What the decision about the open of plenty saw."""

AS_DECIDED = intent_of(PLENTY, position_before=SEEN)
OF_THE_PROPOSAL = {
    "R1_SIDE_MISSING",
    "R1_SIZE_AMBIGUOUS",
    "R1_SIZE_NOT_POSITIVE",
    "R1_LIMIT_PRICE_NOT_POSITIVE",
    "R9_BELOW_VENUE_MINIMUM",
    "R9_PRICE_STEP",
    "R9_COLLAR",
}
"""Rules about what was proposed, which no passing of time can break."""


def denial(outcome: object) -> Denied:
    """Return what the gate said, which is no."""
    assert isinstance(outcome, Denied), outcome
    return outcome


async def test_gate_sends_an_open_that_still_passes_and_returns_the_brokers_outcome() -> None:
    """The very intent that was made durable is handed on, once."""
    gate = Gate(PLENTY)
    durable = gate.prepared(position_before=SEEN)
    outcome = await gate.guarded.submit(durable)
    assert isinstance(outcome, Accepted)
    assert (outcome.cloid, outcome.venue_order_id) == (durable.intent.cloid, "noted")
    assert gate.broker.sent == [durable]


@pytest.mark.parametrize("rule", sorted(BREAKING.keys() - OF_THE_PROPOSAL))
async def test_gate_denies_an_open_by_any_rule_that_is_broken_by_now(rule: str) -> None:
    """What was approved a moment ago is judged again by all rules, and nothing reaches the broker."""
    gate = Gate(msgspec.structs.replace(PLENTY, **BREAKING[rule]))
    verdict = denial(await gate.guarded.submit(prepared(AS_DECIDED)))
    assert verdict.rule == rule
    assert gate.broker.sent == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"size": Size(D(0))}, "R1_SIZE_NOT_POSITIVE"),
        ({"limit_price": D(0)}, "R1_LIMIT_PRICE_NOT_POSITIVE"),
        ({"size": Size(D("0.0001"))}, "R9_BELOW_VENUE_MINIMUM"),
        ({"limit_price": D("50000.5")}, "R9_PRICE_STEP"),
        ({"limit_price": D(50_501)}, "R9_COLLAR"),
        ({"side": Side.SELL, "limit_price": D(49_499), "position_before": None}, "R9_COLLAR"),
    ],
)
async def test_gate_denies_an_order_that_was_never_approved_as_it_is(changes: dict[str, object], rule: str) -> None:
    """The order itself is judged: its side, its size and its limit."""
    gate = Gate(PLENTY)
    assert denial(await gate.guarded.submit(gate.prepared(None, **changes))).rule == rule
    assert gate.broker.sent == []


@pytest.mark.parametrize(
    ("age_ms", "ahead_ms", "sent"), [(0, 30_000, 1), (1, 30_000, 0), (30_000, 0, 1), (29_999, 2, 0)]
)
async def test_gate_counts_the_age_of_a_mark_by_the_clock(age_ms: int, ahead_ms: int, sent: int) -> None:
    """The market stands still, the time does not; the verdict says how old the mark has become."""
    gate = Gate(scene(mark_age_ms=age_ms), clock_ahead_ms=ahead_ms)
    outcome = await gate.guarded.submit(gate.prepared())
    assert len(gate.broker.sent) == sent
    if not sent:
        verdict = denial(outcome)
        assert verdict.rule == "R4_STALE_MARK"
        assert verdict.numbers == Figures(mark=D(50_000), mark_age_ms=30_001, mark_age_ms_max=30_000)
        assert verdict.detail == "the mark of BTC is 30001 ms old, more than 30000 ms"


async def test_gate_without_a_mark_denies_by_the_missing_mark() -> None:
    """A missing mark is its own refusal, as in the risk engine."""
    gate = Gate(scene(mark=None))
    assert denial(await gate.guarded.submit(gate.prepared())).rule == "R4_NO_MARK"


async def test_gate_of_a_halted_account_denies_by_the_halt_however_old_the_mark_is() -> None:
    """The trading state comes before freshness, as in the risk engine."""
    gate = Gate(scene(state=TradingState.HALTED, mark_age_ms=30_001))
    verdict = denial(await gate.guarded.submit(gate.prepared()))
    assert (verdict.rule, verdict.detail) == ("R3_HALTED", "trading is halted; only reducing orders pass")
    assert verdict.numbers == Figures()


@pytest.mark.parametrize(
    ("held", "before", "sent"),
    [
        ("0", "0", 1),
        ("0.02", "0.02", 1),
        ("0.02", None, 1),
        ("-0.02", None, 1),
        ("0.02", "0", 0),
        ("0", "0.02", 0),
        ("-0.02", "0.02", 0),
        ("0.02001", "0.02", 0),
        ("-0.02", "0", 0),
    ],
)
async def test_gate_denies_an_open_on_top_of_another_position_than_was_seen(
    held: str, before: str | None, sent: int
) -> None:
    """Any difference is drift; an intent that saw none is not checked."""
    gate = Gate(scene(held=D(held)))
    outcome = await gate.guarded.submit(gate.prepared(position_before=None if before is None else Size(D(before))))
    assert len(gate.broker.sent) == sent
    if not sent:
        verdict = denial(outcome)
        assert verdict.rule == "R3_STATE_MOVED"
        assert verdict.numbers == Figures(held=D(held), position_before=D(before or 0))


async def test_gate_denies_the_open_of_a_flip_whose_close_left_something() -> None:
    """The opening leg was approved on top of nothing."""
    gate = Gate(scene(held=D("-0.01")))
    verdict = denial(await gate.guarded.submit(gate.prepared(position_before=Size(D(0)))))
    assert verdict.detail == "BTC: the decision saw 0 units, now it is -0.01"


@pytest.mark.parametrize(("expires_in_ms", "sent"), [(None, 1), (3_000, 1), (60_000, 1), (2_999, 0), (0, 0), (-1, 0)])
async def test_gate_denies_an_open_that_might_expire_on_its_way(expires_in_ms: int | None, sent: int) -> None:
    """Three seconds by the clock are the least."""
    gate = Gate(Scene(), clock_ahead_ms=7)
    outcome = await gate.guarded.submit(gate.prepared(expires_in_ms))
    assert len(gate.broker.sent) == sent
    if not sent:
        assert denial(outcome).rule == "R4_TOO_LATE"


async def test_gate_withholds_an_open_against_a_position_that_a_rule_refuses() -> None:
    """The engine would close the position and withhold this order; the order is what stands at the gate."""
    gate = Gate(scene(held=D("-0.01"), position_bps_max=1))
    assert denial(await gate.guarded.submit(gate.prepared())).rule == "R5_POSITION_CAP"
    assert gate.broker.sent == []


SHRINKING: list[Mapping[str, object]] = [
    {"reduce_only": True},
    {"kind": IntentKind.CANCEL},
    {"kind": IntentKind.NOOP},
    {"kind": IntentKind.STOP, "reduce_only": True},
]


@pytest.mark.parametrize("state", TradingState)
@pytest.mark.parametrize("shrinking", SHRINKING, ids=str)
@pytest.mark.parametrize(
    "changes", [{}, {"mark": None}, {"mark_age_ms": 10**9}, {"unresolved": 9}, {"equity": D(-1)}], ids=str
)
async def test_gate_lets_pass_what_cannot_grow_a_position(
    state: TradingState, shrinking: Mapping[str, object], changes: Mapping[str, object]
) -> None:
    """Nothing stands between a position and its close, not even the time left or what the decision saw."""
    gate = Gate(msgspec.structs.replace(Scene(), state=state, **changes))
    durable = gate.prepared(0, position_before=Size(D(5)), **shrinking)
    assert isinstance(await gate.guarded.submit(durable), Accepted)
    assert gate.broker.sent == [durable]


@pytest.mark.parametrize("kind", [IntentKind.ORDER, IntentKind.STOP])
async def test_gate_judges_every_order_that_may_grow_a_position(kind: IntentKind) -> None:
    """A trigger that may open is an open."""
    gate = Gate(scene(state=TradingState.REDUCING))
    assert denial(await gate.guarded.submit(gate.prepared(kind=kind))).rule == "R3_REDUCING"


async def test_gate_before_the_paper_broker_fills_what_passes_and_never_counts_what_it_denies() -> None:
    """An order that the gate denies was not sent: it uses up nothing of the day."""
    paper, states = Paper(), [TradingState.HALTED, TradingState.ACTIVE]
    guarded = GuardedBroker(
        paper.broker,
        state=lambda: states.pop(0),
        now=lambda: AT,
        market=paper.market,
        limits=LIMITS,
        books=paper.books,
    )
    buy = prepared(order(0, Side.BUY, "1", "101"))
    assert denial(await guarded.submit(buy)).rule == "R3_HALTED"
    assert (paper.ledger.day.orders, dict(paper.ledger.positions)) == (0, {})
    outcome = await guarded.submit(buy)
    assert isinstance(outcome, Accepted)
    assert outcome.filled_size == D(1)
    assert paper.ledger.day.orders == 1
    assert paper.ledger.position(BTC).size == 1
    assert guarded.broker is paper.broker
