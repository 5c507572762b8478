"""What both stores promise about decisions and states."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import (
    DAY_MS,
    MINUTE_MS,
    Change,
    DecisionRecord,
    Denied,
    DeploymentId,
    Figures,
    Instant,
    MonthCost,
    Noop,
    Price,
    RejectedResult,
    Subject,
    Usd,
)
from agentic_core.domain.chat import ThoughtStep
from tests.support.store_under_test import StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, HELD, decision, executed, intent, sim_run, state, uuid_of

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.repositories.DecisionStore", "agentic_core.ports.repositories.StateStore")

DENIED = Denied(
    rule="R5_POSITION_CAP",
    detail="the position would be 2.5 % of equity, the cap is 2 %",
    numbers=Figures(position_usd=Decimal("250.00"), equity=Decimal(10_000), orders_after=4),
    changes=(Change(subject=Subject.SIZE, to=Decimal("0.0040")), Change(subject=Subject.MARK)),
)
REFUSED = RejectedResult(rule=DENIED.rule, detail=DENIED.detail, numbers=DENIED.numbers)


async def test_decision_recorded_comes_back_exactly(subject: StoreUnderTest) -> None:
    """Action, verdict, marks, cost and result survive to the last digit."""
    done = decision(subject.skill, opens=True, cost=Decimal("0.012345678901"), text="Bought.\n☃")
    record = DecisionRecord(decision=done, result=executed(intent(0).cloid))
    await subject.store.decisions.record(subject.fence, record.decision, record.result)
    assert await subject.store.decisions.recent(DEPLOYMENT, 1) == (record,)


async def test_decision_denied_comes_back_with_its_numbers(subject: StoreUnderTest) -> None:
    """Figures keep being numbers, whole ones and unknown ones too."""
    refused = msgspec.structs.replace(decision(subject.skill, opens=True), verdict=DENIED)
    await subject.store.decisions.record(subject.fence, refused, REFUSED)
    (found,) = await subject.store.decisions.recent(DEPLOYMENT, 1)
    assert found == DecisionRecord(decision=refused, result=REFUSED)
    assert isinstance(found.decision.verdict, Denied)
    assert str(found.decision.verdict.numbers.position_usd) == "250.00"


async def test_decision_of_unknown_cost_stays_unknown(subject: StoreUnderTest) -> None:
    """Unknown is never zero."""
    await subject.store.decisions.record(subject.fence, decision(subject.skill, cost=None), HELD)
    (found,) = await subject.store.decisions.recent(DEPLOYMENT, 1)
    assert found.decision.usage.cost_usd is None


THOUGHT = (
    ThoughtStep(step=0, request_hash="ab" * 32, outcome="rate_limited", cost_usd=Usd(Decimal(0))),
    ThoughtStep(
        step=0,
        attempt=1,
        request_hash="ab" * 32,
        outcome="completed",
        prompt_tokens=900,
        completion_tokens=40,
        cost_usd=Usd(Decimal("0.00123450")),
    ),
    ThoughtStep(step=0, outcome="answered", tool="fetch_recent_bars"),
)


async def test_decision_of_a_chat_model_comes_back_with_its_thought(subject: StoreUnderTest) -> None:
    """Its first request by hash, and every call and tool; recorded at once, and prepared."""
    plain = decision(subject.skill, opens=True)
    thought = msgspec.structs.replace(plain, context_hash="ab" * 32, steps=THOUGHT)
    await subject.store.decisions.record(subject.fence, thought, HELD)
    assert await subject.store.decisions.recent(DEPLOYMENT, 1) == (DecisionRecord(decision=thought, result=HELD),)
    later = msgspec.structs.replace(
        decision(subject.skill, minute=1, opens=True), context_hash="cd" * 32, steps=THOUGHT
    )
    await subject.store.intents.prepare(subject.fence, later, [intent(1)], at=AT)
    await subject.store.decisions.record(subject.fence, later, HELD)
    assert await subject.store.decisions.recent(DEPLOYMENT, 1) == (DecisionRecord(decision=later, result=HELD),)


async def test_decision_prepared_is_not_recent_until_it_has_a_result(subject: StoreUnderTest) -> None:
    """The result is added to what prepare wrote."""
    wanted = decision(subject.skill, opens=True)
    await subject.store.intents.prepare(subject.fence, wanted, [intent(0)], at=AT)
    assert await subject.store.decisions.recent(DEPLOYMENT, 9) == ()
    result = executed(intent(0).cloid)
    await subject.store.decisions.record(subject.fence, wanted, result)
    assert await subject.store.decisions.recent(DEPLOYMENT, 9) == (DecisionRecord(decision=wanted, result=result),)


async def test_decision_recorded_again_keeps_its_first_result(subject: StoreUnderTest) -> None:
    """A repeated tick cannot rewrite what happened."""
    first = decision(subject.skill)
    await subject.store.decisions.record(subject.fence, first, HELD)
    await subject.store.decisions.record(subject.fence, first, REFUSED)
    assert await subject.store.decisions.recent(DEPLOYMENT, 9) == (DecisionRecord(decision=first, result=HELD),)


async def test_decisions_recent_are_the_newest_first(subject: StoreUnderTest) -> None:
    """By the tick they belong to, not by when they were written."""
    for minute in (2, 0, 1):
        await subject.store.decisions.record(subject.fence, decision(subject.skill, minute=minute), HELD)
    found = await subject.store.decisions.recent(DEPLOYMENT, 2)
    assert [each.decision for each in found] == [decision(subject.skill, minute=minute) for minute in (2, 1)]


async def test_decisions_of_an_unknown_deployment_are_none(subject: StoreUnderTest) -> None:
    """Nothing was decided there."""
    assert await subject.store.decisions.recent(DeploymentId(uuid_of("nothing")), 9) == ()


async def test_decision_text_may_hold_what_a_chat_model_can_say(subject: StoreUnderTest) -> None:
    """Control characters, even NUL, and half characters do not keep a decision from being recorded."""
    odd = msgspec.structs.replace(
        decision(subject.skill, opens=True, text="a\0\ud83d b\x1b[31m"),
        verdict=Noop(reason="said \0 and \ud83d and \\u0000"),
    )
    await subject.store.decisions.record(subject.fence, odd, REFUSED)
    (found,) = await subject.store.decisions.recent(DEPLOYMENT, 9)
    assert found.decision.final_text.endswith("b\x1b[31m")
    assert isinstance(found.decision.verdict, Noop)
    assert found.decision.verdict.reason.endswith(" and \\u0000")


@pytest.mark.parametrize("size", ["NaN", "Infinity", "1E+999999", "1E-999999"])
async def test_decision_may_hold_a_size_that_no_numeric_column_knows(subject: StoreUnderTest, size: str) -> None:
    """Anyone may propose anything, and what was proposed is recorded with its refusal."""
    sane = decision(subject.skill, opens=True)
    assert sane.proposed_action is not None
    wild = msgspec.structs.replace(
        sane.proposed_action, size=Decimal(size), size_usd=None, limit_price=Price(Decimal(size))
    )
    refused = msgspec.structs.replace(sane, proposed_action=wild, verdict=DENIED)
    await subject.store.decisions.record(subject.fence, refused, REFUSED)
    (found,) = await subject.store.decisions.recent(DEPLOYMENT, 1)
    assert found.decision.proposed_action is not None
    assert str(found.decision.proposed_action.size) == size
    assert str(found.decision.proposed_action.limit_price) == size


async def test_executed_counts_what_a_skill_did_by_itself_since_an_instant(subject: StoreUnderTest) -> None:
    """Holds, refusals, closes that were ordered, prepared ones and those of before do not count."""
    decisions = subject.store.decisions
    done = executed(intent(0).cloid)
    for minute, result in ((0, done), (1, done), (2, HELD), (3, REFUSED), (5, done)):
        await decisions.record(subject.fence, decision(subject.skill, minute=minute), result)
    ordered = msgspec.structs.replace(decision(subject.skill, minute=6), decided_by="command:flatten")
    await decisions.record(subject.fence, ordered, done)
    await subject.store.intents.prepare(subject.fence, decision(subject.skill, minute=7), [intent(0)], at=AT)
    since = [Instant(AT + minute * MINUTE_MS) for minute in (0, 1, 2, 6)]
    assert [await decisions.executed(DEPLOYMENT, at) for at in since] == [3, 2, 1, 0]
    assert await decisions.executed(DeploymentId(uuid_of("nothing")), AT) == 0


async def test_month_to_date_adds_up_what_is_known_and_counts_what_is_not(subject: StoreUnderTest) -> None:
    """A decision is counted once, when it is prepared or else when it is recorded."""
    decisions = subject.store.decisions
    assert await decisions.month_to_date(DEPLOYMENT, AT) == MonthCost()
    wanted = decision(subject.skill, minute=0, opens=True, cost=Decimal("0.25"))
    await subject.store.intents.prepare(subject.fence, wanted, [intent(0)], at=AT)
    assert await decisions.month_to_date(DEPLOYMENT, AT) == MonthCost(cost_usd=Usd(Decimal("0.25")))
    await decisions.record(subject.fence, wanted, executed(intent(0).cloid))
    for minute, cost in ((1, Decimal("0.012345678901")), (2, None), (3, Decimal(0)), (4, None), (1, Decimal(9))):
        await decisions.record(subject.fence, decision(subject.skill, minute=minute, cost=cost), HELD)
    found = await decisions.month_to_date(DEPLOYMENT, AT)
    assert found == MonthCost(cost_usd=Usd(Decimal("0.262345678901")), unknown_costs=2)
    assert await decisions.month_to_date(DeploymentId(uuid_of("nothing")), AT) == MonthCost()


async def test_month_to_date_begins_anew_at_midnight_utc(subject: StoreUnderTest) -> None:
    """The first of January 2022 was less than a second old; a minute before was another month."""
    for minute, cost in ((-1, "1"), (0, "2"), (31 * 24 * 60, "4")):
        done = decision(subject.skill, minute=minute, cost=Decimal(cost))
        await subject.store.decisions.record(subject.fence, done, HELD)
    dates = (AT - 1_000, AT, AT + 31 * DAY_MS - 1_000, AT + 31 * DAY_MS)
    found = [await subject.store.decisions.month_to_date(DEPLOYMENT, Instant(at)) for at in dates]
    assert found == [MonthCost(cost_usd=Usd(Decimal(cost))) for cost in ("1", "2", "2", "4")]


async def test_month_to_date_of_a_backtest_is_nothing(subject: StoreUnderTest) -> None:
    """Its cost stands in the run."""
    run = sim_run(subject.skill)
    await subject.store.sim_runs.create(run)
    done = decision(subject.skill, run=run.id, cost=Decimal("0.25"))
    await subject.store.sim_runs.record(run.id, [DecisionRecord(decision=done, result=HELD)])
    assert await subject.store.decisions.month_to_date(run.id, AT) == MonthCost()


async def test_state_before_the_first_tick_is_none(subject: StoreUnderTest) -> None:
    """A deployment that never ticked has no state."""
    assert await subject.store.states.read(DEPLOYMENT) is None


async def test_state_written_comes_back_exactly(subject: StoreUnderTest) -> None:
    """Equity, positions and marks survive to the last digit."""
    await subject.store.states.write(subject.fence, state("10000.123456"))
    found = await subject.store.states.read(DEPLOYMENT)
    assert found == state("10000.123456")
    assert found is not None
    assert str(found.positions[0].entry_cost) == "120.640260"


async def test_state_written_again_replaces_the_former(subject: StoreUnderTest) -> None:
    """There is one state, the newest written; before a tick it has no tick's time."""
    await subject.store.states.write(subject.fence, state("10000"))
    idle = msgspec.structs.replace(state("9999.5"), last_tick_at=None, positions=(), marks={})
    await subject.store.states.write(subject.fence, idle)
    assert await subject.store.states.read(DEPLOYMENT) == idle
