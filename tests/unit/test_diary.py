"""The log lines of a deployment: their order, their trace ids, and when they are written."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from agentic_core.domain import Denied, FundingPayment, HaltReason, LogLine, RejectedResult, Side, SkillId, TickId
from agentic_core.domain.run import Halt, OrderRecord
from agentic_core.errors import StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime import Held, Skipped, Turned
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.marking import MarkEvents
from agentic_core.runtime.telling import tell_mark, tell_order, tell_turn
from tests.support.markets import AT, BTC, order, prepared
from tests.support.runs import fill
from tests.support.stored_values import DEPLOYMENT, HELD, decision
from tests.support.turns import Fate, filled, rejected, unresolved

D = Decimal
DECISION = decision(SkillId("any"))
TICK = TickId(deployment=DEPLOYMENT, mark=AT)
COMMAND = TickId(deployment=DEPLOYMENT, mark=AT, cause="command:1")


class Logs:
    """A log store that keeps what it is given, or is away."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.away = False

    async def append(self, lines: Sequence[LogLine]) -> None:
        """Keep the messages."""
        if self.away:
            raise StoreUnavailable
        self.batches.append([line.message for line in lines])

    async def recent(self, deployment: str, limit: int) -> tuple[LogLine, ...]:
        """Return nothing."""
        return ()


def diary_of(logs: Logs | None = None) -> tuple[Diary, list[LogLine]]:
    """Return a diary and what it tells its listener."""
    heard: list[LogLine] = []
    return Diary(DEPLOYMENT, logs or Logs(), now=lambda: AT, listener=heard.append), heard


def test_line_says_who_when_how_loud_and_what() -> None:
    """Every field of the row is there before it is written."""
    diary, heard = diary_of()
    diary.say(LogEvent.HALTED, "stop here", level=LogLevel.WARN, reason="daily_loss", orders=3, none=None)
    (line,) = heard
    assert (line.deployment_id, line.ts, line.level) == (DEPLOYMENT, AT, LogLevel.WARN)
    assert (line.event, line.message) == (LogEvent.HALTED, "stop here")
    assert line.data == {"reason": "daily_loss", "orders": 3, "none": None}


def test_lines_carry_the_trace_id_of_the_turn_they_belong_to() -> None:
    """Boot, tick, a command between, and the tick again: each has the id of its own."""
    diary, heard = diary_of()
    diary.say(LogEvent.RUNNER_STARTED, "boot")
    diary.begin(TICK)
    diary.say(LogEvent.ORDER_PLACED, "tick")
    with diary.during(COMMAND):
        diary.say(LogEvent.ORDER_PLACED, "command")
    diary.say(LogEvent.ORDER_FILLED, "tick again")
    traces = [line.trace_id for line in heard]
    assert traces[1:] == [TICK.trace, COMMAND.trace, TICK.trace]
    assert traces[0] == TickId(deployment=DEPLOYMENT, mark=AT, cause="boot").trace
    assert diary.trace == TICK.trace


def test_trace_of_the_turn_returns_when_a_command_fails() -> None:
    """What is said about the failure belongs to the turn again."""
    diary, _ = diary_of()
    diary.begin(TICK)

    def fail() -> None:
        with diary.during(COMMAND):
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert diary.trace == TICK.trace


@pytest.mark.anyio
async def test_flush_writes_the_lines_together_and_once() -> None:
    """A second flush has nothing to write, and writes nothing."""
    logs = Logs()
    diary, _ = diary_of(logs)
    for message in ("one", "two"):
        diary.say(LogEvent.RECONCILED, message)
    await diary.flush()
    await diary.flush()
    diary.say(LogEvent.RECONCILED, "three")
    await diary.flush()
    assert logs.batches == [["one", "two"], ["three"]]


@pytest.mark.anyio
async def test_lines_that_could_not_be_written_are_written_with_the_next() -> None:
    """A store that is away for a moment does not cost the story of that moment."""
    logs = Logs()
    diary, heard = diary_of(logs)
    diary.say(LogEvent.RECONCILED, "while it was away")
    logs.away = True
    with pytest.raises(StoreUnavailable):
        await diary.flush()
    logs.away = False
    diary.say(LogEvent.RECONCILED, "and back")
    await diary.flush()
    assert logs.batches == [["while it was away", "and back"]]
    assert len(heard) == 2


def test_mark_is_told_with_its_funding_liquidations_and_halt() -> None:
    """Each in its own line, as loud as it is grave."""
    diary, heard = diary_of()
    halt = Halt(time=AT, reason=HaltReason.DAILY_LOSS, detail="lost 12 USD", numbers={})
    payment = FundingPayment.settle(BTC, AT, size=D(2), price=D(100), rate=D("0.001"))
    closed = fill(0, "sell", "2", "90", fee="0.081")
    tell_mark(diary, MarkEvents(funding=[payment], fills=[], liquidations=[closed], halt=halt))
    assert [(line.event, line.level, line.message) for line in heard] == [
        (LogEvent.FUNDING_PAID, LogLevel.INFO, "BTC funding -0.2 USD on 2"),
        (LogEvent.LIQUIDATION, LogLevel.ERROR, "sell 2 BTC at 90, fee 0.081 USD"),
        (LogEvent.HALTED, LogLevel.WARN, "daily_loss: lost 12 USD"),
    ]


def test_quiet_mark_and_quiet_turns_are_not_told() -> None:
    """A line for every hold would drown the others."""
    diary, heard = diary_of()
    tell_mark(diary, MarkEvents(funding=[], fills=[], liquidations=[], halt=None))
    tell_turn(diary.say, Held())
    tell_turn(diary.say, Turned(decision=DECISION, result=HELD))
    tell_turn(diary.say, Turned(decision=DECISION, result=RejectedResult(rule="VENUE", detail="told already")))
    assert heard == []


@pytest.mark.parametrize(
    ("fate", "event", "level", "message"),
    [
        (filled, LogEvent.ORDER_FILLED, LogLevel.INFO, "buy 2 BTC at 100, fee 0.25 USD"),
        (rejected, LogEvent.ORDER_REJECTED, LogLevel.WARN, "the venue does not want it"),
        (unresolved, LogEvent.ORDER_UNRESOLVED, LogLevel.ERROR, "no answer came"),
    ],
)
def test_order_is_told_with_what_became_of_it(fate: Fate, event: LogEvent, level: LogLevel, message: str) -> None:
    """Two lines for an order, both with its client order id."""
    diary, heard = diary_of()
    sent = prepared(order(0, Side.BUY, "2", "100"))
    outcome = fate(sent)
    assert not isinstance(outcome, Denied)
    tell_order(diary.say, OrderRecord(time=AT, intent=sent.intent, outcome=outcome))
    assert [(line.event, line.level, line.message) for line in heard] == [
        (LogEvent.ORDER_PLACED, LogLevel.INFO, "buy 2 BTC at 100 or better"),
        (event, level, message),
    ]
    assert {line.data["cloid"] for line in heard} == {sent.intent.cloid}


def test_refusal_and_skip_are_told_in_the_words_of_the_record() -> None:
    """The rule comes first, so that lines can be searched for it."""
    diary, heard = diary_of()
    refusal = RejectedResult(rule="R5_POSITION_CAP", detail="the position would be 9 USD")
    tell_turn(diary.say, Turned(decision=DECISION, result=refusal))
    tell_turn(diary.say, Skipped(reason="cost_guard: spent"))
    assert [(line.event, line.message) for line in heard] == [
        (LogEvent.ACTION_DENIED, "R5_POSITION_CAP: the position would be 9 USD"),
        (LogEvent.TICK_SKIPPED, "cost_guard: spent"),
    ]
