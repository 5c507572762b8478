"""Who may decide in a backtest, and that a run is the same whenever and wherever it is run."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from agentic_core.backtest.chat.running import run_chat
from agentic_core.chat import ScriptedChatModel, said
from agentic_core.domain import Executed, NoopResult, RiskLimits, RunRecord, Side, Usd
from agentic_core.domain.run import Coverage
from agentic_core.errors import UsageError
from agentic_core.ports.chat_model import CallFailure, CallOutcome, CallUsage, Completion
from tests.support.backtests import FREE, Script, backtest, candles_of, dataset_of, flat
from tests.support.determined_run import busy_run
from tests.support.markets import BTC, ETH, LISTED
from tests.support.thinking import chat_decider, failed, unreadable
from tests.support.turns import LIMITS, close_of, limits, mandate, open_of

D = Decimal
ROOT = Path(__file__).parents[2]
CENT = Usd(D("0.01"))
BOUND = Usd(D("0.02"))


def says(text: str, *, side: Side | None = None, size: str = "1") -> Completion:
    """Return an answer that costs a cent."""
    action = None if side is None else open_of(side, size)
    return said(action, text, usage=CallUsage(prompt_tokens=10, cost_usd=CENT))


async def asking(
    outcomes: list[CallOutcome], prices: list[tuple[int, int]], caps: RiskLimits = LIMITS
) -> tuple[ScriptedChatModel, RunRecord]:
    """Run a chat model that says what was written down."""
    chat_model = ScriptedChatModel(outcomes, bound=BOUND)
    run = await run_chat(
        mandate(chat_decider(chat_model), caps=caps), dataset_of(candles_of(prices)), instruments=LISTED, terms=FREE
    )
    return chat_model, run


def at(price: int, count: int) -> list[tuple[int, int]]:
    """Return candles at one price."""
    return [(price, price)] * count


@pytest.mark.anyio
async def test_backtest_asks_a_chat_model_at_every_mark_and_shows_it_nothing_later() -> None:
    """Four candles are three questions; the close of a candle is in none that was asked before it."""
    prices = [(10, 2111), (2111, 2222), (2222, 2333), (2333, 2444)]
    chat_model, run = await asking([says("wait"), says("buy", side=Side.BUY), says("wait")], prices)
    shown = [request.messages[1].content for request in chat_model.requests]
    assert [[str(close) in text for close in (2111, 2222, 2333, 2444)] for text in shown] == [
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, False],
    ]
    assert run.decided_by == "chat:scripted"
    assert [fill.price for fill in run.fills] == [D(2222)]


@pytest.mark.anyio
async def test_backtest_records_every_answer_of_a_chat_model() -> None:
    """Holds with their words, the action with its execution, and what could not be used as just that."""
    _, run = await asking([says("wait"), unreadable(CENT), says("buy", side=Side.BUY)], at(100, 4))
    assert [record.decision.final_text for record in run.decisions][::2] == ["wait", "buy"]
    assert [record.result for record in run.decisions[:2]] == [
        NoopResult(reason="nothing_proposed"),
        NoopResult(reason="unusable_reply: malformed"),
    ]
    assert isinstance(run.decisions[2].result, Executed)


@pytest.mark.anyio
async def test_backtest_counts_what_its_chat_model_decided() -> None:
    """By cause; what was spent is the sum over all calls, a hold with no words counts as an answer."""
    outcomes: list[CallOutcome] = [
        says("wait"),
        unreadable(CENT),
        failed(CallFailure.REFUSED, cost=CENT),
        says(""),
        unreadable(None),
    ]
    _, run = await asking(outcomes, at(100, 6))
    assert run.coverage == Coverage(
        turns=5,
        answered=2,
        unusable={"malformed": 2, "refused": 1},
        skipped={},
        calls=5,
        cost_usd=Usd(D("0.06")),
    )
    assert (run.coverage.share_bps, run.coverage.is_void) == (4_000, True)


@pytest.mark.anyio
async def test_backtest_stops_asking_when_the_month_is_spent() -> None:
    """Of six cents a fifth is kept for open positions, and a call has to fit with its bound: three fit."""
    chat_model, run = await asking([says("wait")] * 9, at(100, 10), limits(cost_usd_month_max=Usd(D("0.06"))))
    assert len(chat_model.requests) == 3
    assert run.coverage is not None
    assert (run.coverage.answered, run.coverage.skipped) == (3, {"cost_guard": 6})
    assert (len(run.decisions), run.ticks) == (3, 9)


@pytest.mark.anyio
async def test_backtest_asks_nobody_once_a_halt_has_closed_everything() -> None:
    """Half of the equity is in, and falls by a third: the halt latches at the second mark, and no more is paid."""
    prices = [(100, 100), (100, 66), (66, 66), *at(66, 20)]
    chat_model, run = await asking([says("buy", side=Side.BUY, size="50")], prices)
    assert (len(chat_model.requests), len(run.halts), run.ticks) == (1, 1, 22)
    assert run.coverage is not None
    assert (run.coverage.turns, run.coverage.answered) == (1, 1)


@pytest.mark.anyio
async def test_chat_model_and_rules_that_wish_the_same_come_to_the_same() -> None:
    """Orders, fills, funding, equity and the books do not depend on who decides."""
    prices = [(100 + index % 7, 100 + (index + 1) % 7) for index in range(30)]
    wishes = {3: open_of(Side.BUY, "9"), 11: close_of(), 12: open_of(Side.SELL, "5"), 25: close_of()}
    outcomes: list[CallOutcome] = [said(wishes.get(index)) for index in range(29)]
    _, by_chat = await asking(outcomes, prices)
    by_rules = backtest(Script(wishes), candles_of(prices))
    for name in ("orders", "fills", "funding", "halts", "equity", "marks", "final_equity", "ticks"):
        assert getattr(by_chat, name) == getattr(by_rules, name), name
    assert len(by_chat.fills) == 4


@pytest.mark.anyio
async def test_each_way_to_run_refuses_the_other_kind_of_decider() -> None:
    """Nothing hangs, and nobody is asked who cannot be waited for."""
    decider = chat_decider(ScriptedChatModel([], bound=CENT))
    with pytest.raises(UsageError, match="takes an event loop"):
        backtest(decider, flat(3))
    with pytest.raises(UsageError, match="decides by rules"):
        await run_chat(mandate(Script({})), dataset_of(flat(3)), instruments=LISTED, terms=FREE)


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
