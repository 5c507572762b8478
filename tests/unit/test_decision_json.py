"""What is stored and printed survives JSON: the same value comes back, and every Decimal with all its digits."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import (
    Accepted,
    ActionKind,
    Approved,
    Assumptions,
    Decision,
    DecisionRecord,
    Denied,
    EngineResult,
    EquityPoint,
    Executed,
    Figures,
    Fill,
    FundingPayment,
    Halt,
    HaltReason,
    Instant,
    IntentState,
    Interval,
    Noop,
    NoopResult,
    OrderRecord,
    PlannedOrder,
    ProposedAction,
    Rejected,
    RejectedResult,
    RunRecord,
    SendOutcome,
    Side,
    Size,
    Symbol,
    Unresolved,
    Usage,
    Usd,
    Verdict,
)
from agentic_core.domain.ids import ClientOrderId, SkillId
from tests.support.stored_values import AT, BTC, DEPLOYMENT, decision, fill, intent, state

D = Decimal
CLOID = ClientOrderId("0x00112233445566778899aabbccddeeff")
LEG = PlannedOrder(symbol=BTC, side=Side.SELL, size=Size(D("0.00100")), reduce_only=True)
DENIED = Denied(
    rule="R5_POSITION_CAP",
    detail="the position would be 5000.5 USD",
    numbers=Figures(position_usd=D("5000.50"), reserve_usd=D("1E-18"), orders_after=3, mark=None),
)

ASSUMPTIONS = Assumptions(
    starting_equity=Usd(D(10_000)),
    taker_rate=D("0.00045"),
    maker_rate=D("0.00015"),
    slippage_bps=D("1.5"),
    funding="0.0001 of notional an hour, one constant",
    fill_model="at the open of the next candle",
)

VERDICTS: list[tuple[Verdict, str]] = [
    (Noop(reason="nothing_to_close"), "noop"),
    (DENIED, "denied"),
    (Approved(plan=(LEG,), numbers=Figures(held=D("-0.001"))), "approved"),
]

RESULTS: list[tuple[EngineResult, str]] = [
    (NoopResult(reason="nothing_proposed"), "noop"),
    (RejectedResult(rule="VENUE", detail="no margin"), "rejected"),
    (RejectedResult(rule=DENIED.rule, detail=DENIED.detail, numbers=DENIED.numbers), "rejected"),
    (Executed(order_id=CLOID, states={CLOID: "unknown"}, filled_size=Size(D("0.10")), fee=Usd(D("0.01"))), "executed"),
]

OUTCOMES: list[SendOutcome] = [
    Accepted(cloid=CLOID, state=IntentState.PARTIAL, fills=(fill("1", CLOID),), venue_order_id="7"),
    Rejected(cloid=CLOID, reason="no margin"),
    Unresolved(cloid=CLOID, cause="timeout"),
]


@pytest.mark.parametrize(("verdict", "kind"), VERDICTS, ids=["noop", "denied", "approved"])
def test_verdict_round_trips_through_json(verdict: Verdict, kind: str) -> None:
    """The tag tells which verdict it was."""
    text = msgspec.json.encode(verdict)
    assert msgspec.json.decode(text)["kind"] == kind
    assert msgspec.json.decode(text, type=Verdict) == verdict


@pytest.mark.parametrize(("result", "kind"), RESULTS, ids=["noop", "venue", "rule", "executed"])
def test_engine_result_round_trips_in_the_stored_words(result: EngineResult, kind: str) -> None:
    """The database says noop, rejected and executed, and always has."""
    text = msgspec.json.encode(result)
    assert msgspec.json.decode(text)["kind"] == kind
    assert msgspec.json.decode(text, type=EngineResult) == result


def test_executed_result_is_spelled_in_camel_case() -> None:
    """The stored result of an order keeps the names it was given first."""
    fields = msgspec.json.decode(msgspec.json.encode(RESULTS[3][0]))
    assert fields == {
        "kind": "executed",
        "orderId": CLOID,
        "states": {CLOID: "unknown"},
        "filledSize": "0.10",
        "fee": "0.01",
    }


@pytest.mark.parametrize("verdict", [verdict for verdict, _ in VERDICTS], ids=["noop", "denied", "approved"])
def test_decision_round_trips_with_every_verdict(verdict: Verdict) -> None:
    """A decision comes back whole, whatever the engine said."""
    made = msgspec.structs.replace(decision(SkillId("s"), opens=True, text="because ü"), verdict=verdict)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Decision) == made


def test_decision_keeps_trailing_zeros_and_unknown_costs() -> None:
    """0.0260 stays 0.0260, and a cost nobody knows stays unknown instead of becoming zero."""
    made = msgspec.structs.replace(decision(SkillId("s"), opens=True), usage=Usage(cost_usd=None))
    back = msgspec.json.decode(msgspec.json.encode(made), type=Decision)
    assert str(back.marks[BTC]) == "46377.50"
    assert str(back.equity) == "10000.123456"
    assert back.usage.cost_usd is None


@pytest.mark.parametrize("outcome", OUTCOMES, ids=["accepted", "rejected", "unresolved"])
def test_send_outcome_of_one_kind_round_trips(outcome: SendOutcome) -> None:
    """What became of an order is part of a run's record."""
    assert msgspec.json.decode(msgspec.json.encode(outcome), type=SendOutcome) == outcome


@pytest.mark.parametrize("value", [intent(), fill("1"), state("10000.10"), LEG], ids=lambda value: type(value).__name__)
def test_stored_value_round_trips(value: msgspec.Struct) -> None:
    """Intents, fills, states and positions come back equal."""
    assert msgspec.json.decode(msgspec.json.encode(value), type=type(value)) == value


def test_fill_writes_decimals_as_text() -> None:
    """A reader that knows only floats cannot lose a digit by accident."""
    fields = msgspec.json.decode(msgspec.json.encode(fill("1")))
    assert (fields["price"], fields["size"], fields["fee"]) == ("46400.10", "0.00130", "0.027145")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ('{"kind":"open","symbol":"BTC","side":"buy","size":"0.10"}', "0.10"),
        ('{"kind":"open","symbol":"BTC","side":"buy","size":0.1}', "0.1"),
        ('{"kind":"open","symbol":"BTC","side":"buy","size":0.12345678901234567890}', "0.12345678901234567890"),
        ('{"kind":"open","symbol":"BTC","side":"buy","size":1}', "1"),
    ],
)
def test_proposed_action_reads_numbers_without_a_float(text: str, size: str) -> None:
    """A size is exactly what was written, whether as text or as a number."""
    assert str(msgspec.json.decode(text, type=ProposedAction).size) == size


def test_proposed_action_is_spelled_in_camel_case() -> None:
    """The wish of a skill has the names of the skill file."""
    action = ProposedAction(kind=ActionKind.OPEN, symbol=BTC, side=Side.BUY, size_usd=Usd(D("12.50")), reason="why")
    text = msgspec.json.encode(action)
    named = {"kind": "open", "symbol": "BTC", "side": "buy", "sizeUsd": "12.50", "reason": "why"}
    assert msgspec.json.decode(text) == {**named, "size": None, "limitPrice": None}
    assert msgspec.json.decode(text, type=ProposedAction) == action


@pytest.mark.parametrize(
    "text",
    [
        '{"kind":"open","symbol":"BTC","leverage":50}',
        '{"kind":"hold","symbol":"BTC"}',
        '{"kind":"open","symbol":"BTC","side":"long"}',
        '{"kind":"open","symbol":"BTC","size":"a lot"}',
        '{"kind":"open"}',
    ],
)
def test_proposed_action_of_another_shape_is_refused(text: str) -> None:
    """Nothing a chat model invents slips in as an unknown field."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=ProposedAction)


@pytest.mark.parametrize("size", ["NaN", "Infinity", "-Infinity"])
def test_proposed_action_with_a_number_that_is_none_still_encodes(size: str) -> None:
    """An unusable wish can be written down as it was."""
    action = ProposedAction(kind=ActionKind.OPEN, symbol=Symbol("BTC"), side=Side.BUY, size=Size(D(size)))
    fields = msgspec.json.decode(msgspec.json.encode(action))
    assert fields["size"] == size
    assert str(msgspec.json.decode(msgspec.json.encode(action), type=ProposedAction).size) == size


def test_fill_of_nobodys_order_round_trips() -> None:
    """A liquidation has no client order id."""
    made = msgspec.structs.replace(fill("liquidation:BTC:0"), cloid=None, closed_pnl=Usd(D("-1E-12")))
    assert msgspec.json.decode(msgspec.json.encode(made), type=Fill) == made


def test_run_record_round_trips_with_every_kind_of_verdict_result_and_outcome() -> None:
    """A report is made from what was written down, so nothing may be lost in between."""
    decisions = tuple(
        DecisionRecord(
            decision=msgspec.structs.replace(decision(SkillId("s"), minute=minute, opens=True), verdict=verdict),
            result=result,
        )
        for minute, ((verdict, _), (result, _)) in enumerate(zip([*VERDICTS, VERDICTS[2]], RESULTS, strict=True))
    )
    orders = tuple(OrderRecord(time=AT, intent=intent(minute), outcome=made) for minute, made in enumerate(OUTCOMES))
    settled = FundingPayment.settle(BTC, Instant(3_600_000), size=D("0.0013"), price=D("46377.50"), rate=D("1E-7"))
    numbers = {"equity": D("-0.10"), "maintenance": D("58.0125")}
    record = RunRecord(
        run=DEPLOYMENT,
        environment="backtest",
        skill_name="sma-cross",
        skill_version=3,
        payload_hash="ab" * 32,
        decided_by="rules:sma-cross",
        symbols=(BTC,),
        interval=Interval.M5,
        start=AT,
        end=Instant(AT + 300_000),
        ticks=1,
        assumptions=ASSUMPTIONS,
        decisions=decisions,
        orders=orders,
        fills=(fill("1", CLOID),),
        funding=(settled,),
        halts=(Halt(time=AT, reason=HaltReason.LIQUIDATION, detail="below margin", numbers=numbers),),
        equity=(EquityPoint(time=AT, equity=Usd(D("10000.10")), exposure=Usd(D(0))),),
        marks={BTC: D("46377.5")},
        final_equity=Usd(D("9999.999999999999")),
    )
    back = msgspec.json.decode(msgspec.json.encode(record), type=RunRecord)
    assert back == record
    assert str(back.funding[0].amount) == str(settled.amount) == "-0.0000060290750"
    assert str(back.assumptions.taker_rate) == "0.00045"
