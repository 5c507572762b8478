"""Who may decide in a backtest, and that a run is the same whenever and wherever it is run."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from anyio.lowlevel import checkpoint

from agentic_core.chat import ScriptedChatModel
from agentic_core.domain import Executed, NoopResult, RunRecord, Side, Usage, Usd
from agentic_core.errors import UsageError
from agentic_core.ports.chat_model import Answer, Question, Reply, Unusable
from agentic_core.runtime import ByChatModel
from tests.support.backtests import backtest, flat, mark_of
from tests.support.determined_run import busy_run
from tests.support.markets import BTC, ETH
from tests.support.turns import limits, open_of

D = Decimal
ROOT = Path(__file__).parents[2]
CENT = Usd(D("0.01"))


def chat(*replies: Reply) -> tuple[ScriptedChatModel, ByChatModel]:
    """Return a chat model with a script, and the decider that asks it."""
    chat_model = ScriptedChatModel(replies, bound=CENT)
    return chat_model, ByChatModel(chat_model=chat_model, payload="{}", lookback=2)


def saying(text: str, *, buys: bool = False) -> Answer:
    """Return an answer that costs a cent."""
    action = open_of(Side.BUY, "1") if buys else None
    return Answer(action=action, text=text, usage=Usage(cost_usd=CENT))


def test_backtest_asks_a_chat_model_at_every_mark_and_shows_it_nothing_later() -> None:
    """Four candles are three questions; each sees its own mark and at most two candles up to it."""
    chat_model, decider = chat(saying("wait"), saying("buy", buys=True), saying("wait"))
    run = backtest(decider, flat(4))
    asked = chat_model.questions
    assert [question.market.as_of for question in asked] == [mark_of(index) for index in range(3)]
    assert [[candle.open_time for candle in question.market.candles[BTC]] for question in asked] == [
        [mark_of(-1)],
        [mark_of(-1), mark_of(0)],
        [mark_of(0), mark_of(1)],
    ]
    assert run.decided_by == "chat:scripted"
    assert [fill.time for fill in run.fills] == [mark_of(1)]


def test_backtest_records_every_answer_of_a_chat_model() -> None:
    """Holds with their words, the action with its execution, and what could not be used as just that."""
    unusable = Unusable(cause="no JSON", usage=Usage(cost_usd=CENT))
    run = backtest(chat(saying("wait"), unusable, saying("buy", buys=True))[1], flat(4))
    assert [record.decision.final_text for record in run.decisions] == ["wait", "no JSON", "buy"]
    assert [record.result for record in run.decisions[:2]] == [
        NoopResult(reason="nothing_proposed"),
        NoopResult(reason="unusable_reply"),
    ]
    assert isinstance(run.decisions[2].result, Executed)


def test_backtest_stops_asking_when_the_month_is_spent() -> None:
    """Two cents are two questions; the marks after that are skipped, not decided."""
    chat_model, decider = chat(*[saying("wait")] * 9)
    run = backtest(decider, flat(10), caps=limits(cost_usd_month_max=Usd(D("0.02"))))
    assert chat_model.questions_asked == 2
    assert (len(run.decisions), run.ticks) == (2, 9)


@pytest.mark.anyio
async def test_backtest_with_a_chat_model_that_waits_says_that_it_needs_an_event_loop() -> None:
    """Even where one runs around it, a backtest does not wait; nothing hangs."""

    class Slow(ScriptedChatModel):
        async def ask(self, question: Question) -> Reply:
            await checkpoint()
            return await super().ask(question)

    decider = ByChatModel(chat_model=Slow([saying("wait")], bound=CENT), payload="{}", lookback=1)

    with pytest.raises(UsageError, match="run it in an event loop"):
        backtest(decider, flat(3))


def _encoded(run: RunRecord) -> bytes:
    return msgspec.json.encode(run)


def test_backtest_run_twice_gives_the_same_bytes() -> None:
    """Nothing of one run is left over for the next, and no clock or chance is read."""
    first, second = busy_run(), busy_run()
    assert _encoded(first) == _encoded(second)
    assert len(first.fills) > 20
    assert {fill.symbol for fill in first.fills} == {BTC, ETH}
    assert (len(first.halts), len(first.funding) > 90) == (1, True)


def test_backtest_gives_the_same_bytes_in_other_processes_with_other_hashes() -> None:
    """The order of no set and of no dictionary of strings shows in a run."""

    def elsewhere(seed: str) -> bytes:
        environment = {"PYTHONHASHSEED": seed, "PATH": os.defpath}
        command = [sys.executable, "-m", "tests.support.determined_run"]
        return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True).stdout

    assert elsewhere("1") == elsewhere("2") == _encoded(busy_run())
