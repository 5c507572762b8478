"""What a deployment may still spend on chat models, and what a call counts as once it is over."""

from decimal import Decimal

import pytest

from agentic_core.domain import DecisionId, DeploymentId, Instant, Usd, parse_instant
from agentic_core.domain.chat import CallId, CallRecord, ChatPurpose, CostSource
from agentic_core.metering import (
    Settlement,
    cost_of_calls,
    day_start,
    disagreement,
    is_credible,
    month_start,
    refusal,
    settlement,
    whole,
)
from tests.support.chat_costs import caps, standing, usd

LOOK, POSITION, REPAIR = ChatPurpose.LOOK, ChatPurpose.POSITION, ChatPurpose.REPAIR
UNKNOWN = "the cost of the call is unknown"


def record(cost: str | None, *, bound: str = "0.5") -> CallRecord:
    """Return a call that cost something, or is held."""
    return CallRecord(
        call=CallId(deployment=DeploymentId("d"), decision=DecisionId("t"), step=0),
        purpose=LOOK,
        at=Instant(0),
        bound_usd=usd(bound),
        cost_usd=None if cost is None else usd(cost),
        source=None if cost is None else CostSource.REPORTED,
    )


@pytest.mark.parametrize(
    ("purpose", "bound", "reason"),
    [
        (POSITION, "6", None),
        (POSITION, "6.00000001", "10.00000001 USD would be committed this month, the cap is 10"),
        (LOOK, "4", None),
        (
            LOOK,
            "4.00000001",
            "8.00000001 USD would be committed this month, the cap is 10, of which 2 are kept for open positions",
        ),
        (REPAIR, "1", None),
        (
            REPAIR,
            "1.00000001",
            "1.00000001 USD would be committed to repairs this month, their share of the cap is 1",
        ),
        (
            REPAIR,
            "4.5",
            "8.5 USD would be committed this month, the cap is 10, of which 2 are kept for open positions",
        ),
    ],
)
def test_refusal_begins_a_microcent_above_what_a_purpose_may_use(
    purpose: ChatPurpose, bound: str, reason: str | None
) -> None:
    """Of 10 USD, 2 are kept for open positions and 1 is all that repairs may cost; 3 are spent and 1 is held."""
    assert refusal(standing(settled="3", held="1"), caps(), purpose, usd(bound)) == reason


@pytest.mark.parametrize(
    ("purpose", "bound", "reason"),
    [
        (POSITION, "0.4", None),
        (POSITION, "0.40000001", "1.00000001 USD would be committed today, the cap is 1"),
        (LOOK, "0.2", None),
        (LOOK, "0.21", "0.81 USD would be committed today, the cap is 1, of which 0.2 are kept for open positions"),
    ],
)
def test_refusal_of_a_day_has_a_protected_share_of_its_own(
    purpose: ChatPurpose, bound: str, reason: str | None
) -> None:
    """There is enough left of the month, so the day alone decides."""
    spent = standing(settled="0.6", day_settled="0.5", day_held="0.1")
    assert refusal(spent, caps("1000", "1"), purpose, usd(bound)) == reason


def test_refusal_of_repairs_counts_only_repairs() -> None:
    """What repairs have come to is asked besides what the month has."""
    limits = caps("10", repairs=500)
    assert refusal(standing(settled="5", repairs="0.4"), limits, REPAIR, usd("0.1")) is None
    assert refusal(standing(settled="5", repairs="0.4"), limits, REPAIR, usd("0.11")) is not None
    assert refusal(standing(settled="5", repairs="0.4"), limits, LOOK, usd("0.11")) is None


@pytest.mark.parametrize("bound", [None, usd("NaN"), usd("-1"), usd("Infinity"), usd("1e12")])
def test_refusal_of_what_cannot_be_bounded_is_that_it_is_unknown(bound: Usd | None) -> None:
    """However much is left: unknown is never zero."""
    assert refusal(standing(), caps("999999999999"), POSITION, bound) == UNKNOWN


def test_refusal_of_a_cap_of_nothing_lets_only_pass_what_is_free() -> None:
    """A local model may be asked by a skill that may spend nothing."""
    assert refusal(standing(), caps("0"), LOOK, usd("0")) is None
    assert refusal(standing(), caps("0"), POSITION, usd("0.00000001")) is not None


def test_refusal_rounds_a_bound_up_to_a_microcent() -> None:
    """What is held is never less than what the call can cost."""
    assert whole(usd("0.000000001")) == Decimal("0.00000001")
    assert refusal(standing(), caps("0.00000001", protected=0), LOOK, usd("0.000000001")) is None
    assert refusal(standing(settled="0.00000001"), caps("0.00000001"), POSITION, usd("0.000000001")) is not None


@pytest.mark.parametrize(
    ("cost", "source", "counted"),
    [
        ("0.2", CostSource.REPORTED, Settlement(cost_usd=usd("0.2"), source=CostSource.REPORTED)),
        ("0", CostSource.NEVER_LEFT, Settlement(cost_usd=usd("0"), source=CostSource.NEVER_LEFT)),
        ("0.123456781", CostSource.LOOKED_UP, Settlement(cost_usd=usd("0.12345679"), source=CostSource.LOOKED_UP)),
        ("7", CostSource.REPORTED, Settlement(cost_usd=usd("7"), source=CostSource.REPORTED)),
        (None, CostSource.NEVER_LEFT, Settlement(cost_usd=usd("0.5"), source=CostSource.BOUND)),
        ("-0.1", CostSource.REPORTED, Settlement(cost_usd=usd("0.5"), source=CostSource.BOUND)),
        ("NaN", CostSource.REPORTED, Settlement(cost_usd=usd("0.5"), source=CostSource.BOUND)),
        ("1e13", CostSource.REPORTED, Settlement(cost_usd=usd("0.5"), source=CostSource.BOUND)),
    ],
)
def test_settlement_of_a_cost_nobody_knows_is_all_that_was_held(
    cost: str | None, source: CostSource, counted: Settlement
) -> None:
    """A cost counts in full, above what was held too; half a dollar was held."""
    assert settlement(usd("0.5"), None if cost is None else usd(cost), source) == counted


def test_credible_costs_end_at_a_trillion_dollars() -> None:
    """So that sums stay exact."""
    assert is_credible(usd("999999999999.99999999"))
    assert not is_credible(usd("1000000000000"))


@pytest.mark.parametrize(
    ("stated", "costs", "said"),
    [
        ("0.3", ["0.1", "0.2"], None),
        ("0", [], None),
        (None, ["0.1", None], None),
        ("0.4", ["0.1", "0.2"], "the decision says that it cost 0.4 USD, its 2 call(s) come to 0.3 USD"),
        (None, ["0.1"], "the decision says that it cost nobody knows what, its 1 call(s) come to 0.1 USD"),
        ("0.1", ["0.1", None], "the decision says that it cost 0.1 USD, its 2 call(s) come to nobody knows what"),
    ],
)
def test_disagreement_names_both_sums(stated: str | None, costs: list[str | None], said: str | None) -> None:
    """A decision costs what its settled calls come to, to the last digit."""
    calls = [record(cost) for cost in costs]
    assert disagreement(None if stated is None else usd(stated), calls) == said


def test_cost_of_calls_is_unknown_while_one_is_held() -> None:
    """Nothing held counts as a cost."""
    assert cost_of_calls([record("0.1"), record(None)]) is None
    assert cost_of_calls([]) == 0


def test_spans_begin_at_midnight_utc() -> None:
    """A leap day belongs to its February."""
    at = parse_instant("2024-02-29T23:59:59.999Z")
    assert day_start(at) == parse_instant("2024-02-29T00:00:00Z")
    assert month_start(at) == parse_instant("2024-02-01T00:00:00Z")
    assert month_start(parse_instant("2024-03-01T00:00:00Z")) == parse_instant("2024-03-01T00:00:00Z")
