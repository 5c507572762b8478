"""Backtests of a chat-model skill from its question to its report: taped, replayed, stopped and gone on with."""

from collections.abc import Mapping
from decimal import Decimal

import anyio
import msgspec
import pytest

from agentic_core.backtest.chat.purse import Purse
from agentic_core.backtest.chat.trial import ChatTrial
from agentic_core.backtest.report import render_html
from agentic_core.chat.transport import NO_HEADERS, HttpOutcome, NoAnswer, RawAnswer
from agentic_core.domain import RunRecord, Usd
from agentic_core.errors import TapeMiss
from agentic_core.ports.tape import TapeKey
from agentic_core.store.memory.tapes import MemoryTape
from tests.support.backtests import candles_of
from tests.support.chat_answers import completion
from tests.support.chat_trials import Provider, buying_every_third, hold, paid, replayed, trial_of

pytestmark = pytest.mark.anyio

D = Decimal
PRICES = [(100 + index % 5, 100 + (index + 1) % 5) for index in range(31)]
TURNS = 30
COST = D("0.00123")
"""What the provider asks for every call."""


def trial(**changes: object) -> ChatTrial:
    """Return the trial of these tests."""
    return trial_of(candles_of(PRICES), **changes)


def purse(cap: str = "5") -> Purse:
    """Return a purse."""
    return Purse(Usd(D(cap)))


async def recorded(tape: MemoryTape) -> RunRecord:
    """Record a whole run."""
    return await paid(Provider(buying_every_third), tape, purse())(trial(), None)


async def test_two_runs_of_one_tape_give_the_same_decisions_intents_and_report_bytes() -> None:
    """And the same as the run that recorded it; the second one asks nobody."""
    tape = MemoryTape({})
    first = await recorded(tape)
    second, third = await replayed(tape)(trial(), None), await replayed(tape)(trial(), None)
    assert second.decisions == first.decisions
    assert [order.intent for order in second.orders] == [order.intent for order in first.orders]
    for again in (second, third):
        assert msgspec.json.encode(again) == msgspec.json.encode(first)
        assert render_html(again, source="x") == render_html(first, source="x")
    assert (len(first.orders), first.coverage is not None and first.coverage.answered) == (20, TURNS)


async def test_every_decision_says_what_was_asked_and_what_it_cost() -> None:
    """The hash of its question finds it on the tape; the sum over the decisions is what the run cost."""
    tape = MemoryTape({})
    run = await recorded(tape)
    for record in run.decisions:
        (step,) = record.decision.steps
        assert step.request_hash == record.decision.context_hash
        assert await tape.find(TapeKey(f"{step.request_hash}/0")) is not None
        assert step.cost_usd == record.decision.usage.cost_usd == COST
    assert run.coverage is not None
    assert run.coverage.cost_usd == TURNS * COST


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"thesis": "Sell what rises."}, r"messages\[0\].content"),
        ({"modelOptions": {"seed": 7}}, r"seed: nothing → 7"),
        ({"risk.maxOrdersPerDay": 19}, r"messages\[1\].content line \d+: .*19"),
    ],
)
async def test_changed_prompt_is_a_miss_that_names_mark_turn_and_change(changes: dict[str, object], named: str) -> None:
    """Nobody is asked instead, and no decision is made up."""
    tape = MemoryTape({})
    await recorded(tape)
    with pytest.raises(
        TapeMiss, match=f"step 0 of turn .* is not on the tape; nearest .* differs in .*{named}"
    ) as miss:
        await replayed(tape)(trial(**changes), None)
    assert miss.value.__notes__ == ["at the mark 2024-01-01 00:01:00Z"]


async def test_run_stops_before_its_cap_and_goes_on_from_there() -> None:
    """What was asked is not asked again, and the whole is the run that was never stopped."""
    tape = MemoryTape({})
    provider, small = Provider(buying_every_third), purse("0.05")
    with pytest.raises(TapeMiss, match=r"of 0\.05 USD 0\.\d+ are left; .* a higher --max-cost goes on from here"):
        await paid(provider, tape, small)(trial(), None)
    asked = len(provider.asked)
    assert 0 < asked < TURNS
    assert (small.spending.cost_usd, small.spending.held_usd) == (asked * COST, D(0))
    assert small.spending.cost_usd <= D("0.05")
    large = purse("5")
    run = await paid(provider, tape, large)(trial(), None)
    assert (large.spending.replayed, large.spending.paid, len(provider.asked)) == (asked, TURNS - asked, TURNS)
    assert msgspec.json.encode(run) == msgspec.json.encode(await recorded(MemoryTape({})))


async def test_run_without_money_asks_nobody() -> None:
    """Not even the first question leaves."""
    provider = Provider(hold)
    for empty in (Purse(None), purse("0")):
        with pytest.raises(TapeMiss):
            await paid(provider, MemoryTape({}), empty)(trial(), None)
        assert empty.spending.paid == 0
    assert provider.asked == []


async def test_cancelled_run_keeps_what_it_asked_and_goes_on() -> None:
    """Also where it is cancelled in the middle of a turn."""
    tape, provider, money = MemoryTape({}), Provider(buying_every_third), purse()
    with anyio.CancelScope() as scope:
        await paid(provider, tape, money)(trial(), lambda done, _: scope.cancel() if done >= 10 else None)
    assert scope.cancelled_caught
    asked = len(provider.asked)
    assert 10 <= asked < TURNS
    run = await paid(provider, tape, money)(trial(), None)
    assert len(provider.asked) == TURNS
    assert msgspec.json.encode(run) == msgspec.json.encode(await replayed(tape)(trial(), None))


async def test_runs_at_the_same_time_share_one_purse_and_pay_once_for_the_same_question() -> None:
    """Of two equal trials one pays, the other one replays; their cap is one."""
    tape, provider, money = MemoryTape({}), Provider(buying_every_third), purse()
    run, runs = paid(provider, tape, money), []

    async def one() -> None:
        runs.append(await run(trial(), None))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one)
        tasks.start_soon(one)
    assert runs[0] == runs[1]
    assert len(provider.asked) == TURNS
    assert money.spending.cost_usd == TURNS * COST


async def test_progress_reaches_the_last_mark() -> None:
    """It is told of marks, whoever decides at them."""
    told: list[tuple[int, int]] = []
    await paid(Provider(hold), MemoryTape({}), purse())(trial(), lambda done, total: told.append((done, total)))
    assert told[-1] == (30, 30)
    assert len(told) > 20


class Forgetful(Provider):
    """Says what an answer cost only afterwards, and of every third never."""

    def __init__(self) -> None:
        super().__init__(lambda number, _: {**completion(usage=None), "id": f"gen-{number:03}"})

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS, *, within_ms: int) -> HttpOutcome:
        """Tell the cost."""
        if int(path[-3:]) % 3 == 0:
            return NoAnswer(cause="nothing came", timed_out=True)
        return RawAnswer(status=200, body=b'{"data":{"id":"%s","total_cost":0.002}}' % path[-7:].encode())


async def test_costs_that_were_looked_up_are_replayed_and_unknown_ones_count_with_their_bound() -> None:
    """Twenty calls at two tenths of a cent, ten at all they can cost; the replay comes to the same cent."""
    tape, money = MemoryTape({}), purse()
    run = await paid(Forgetful(), tape, money)(trial(), None)
    assert msgspec.json.encode(await replayed(tape)(trial(), None)) == msgspec.json.encode(run)
    costs = [record.decision.usage.cost_usd for record in run.decisions]
    assert costs.count(Usd(D("0.002"))) == 20
    assert sum(cost is not None and cost > D("0.005") for cost in costs) == 10
    assert run.coverage is not None
    assert run.coverage.cost_usd == money.spending.cost_usd == sum(filter(None, costs))
