"""A study of a chat model through the whole live path: what it is shown in disguise, and what that comes to."""

import re
from collections.abc import Mapping
from decimal import Decimal

import anyio

from agentic_core.backtest.chat.running import trial_runner
from agentic_core.backtest.chat.study import Study, study
from agentic_core.backtest.chat.trial import ChatTrial
from agentic_core.backtest.columns import CandleColumns
from agentic_core.chat.scripted import said
from agentic_core.chat.setup import ChatSetup
from agentic_core.domain import ActionKind, ProposedAction, Side, Symbol, Usd
from agentic_core.domain.chat import CallId
from agentic_core.domain.honesty import HonestyVerdict
from agentic_core.domain.money import ZERO
from agentic_core.ports.chat_model import CallOutcome, ChatRequest
from agentic_core.runtime.terms import Terms
from tests.support.foresight import known_moves, market, plan_of, trial_of

COLUMNS = market(3)
THESIS = "Buy Bitcoin before it rises; BTC-PERP leads."


class _Reader:
    """A chat model that remembers what became of a name in what it reads, and guesses where it finds none."""

    model_id = "fake/one"

    def __init__(self, symbol: Symbol, known: Mapping[int, int]) -> None:
        self._symbol = symbol
        self._known = known
        self._side: Side | None = None
        self.read: list[str] = []

    def bound(self, request: ChatRequest) -> Usd | None:
        """Cost nothing."""
        return Usd(ZERO)

    async def call(self, call: CallId, request: ChatRequest, *, within_ms: int) -> CallOutcome:
        """Say where the price goes, every third time."""
        text = "\n".join(message.content for message in request.messages)
        self.read.append(text)
        place = len(self.read) - 1
        move = self._known[place] if "BTC" in text else (-1) ** (place // 7)
        side = Side.BUY if move > 0 else Side.SELL
        if place % 3 or side is self._side or not move:
            return said(None)
        self._side = side
        size = Usd(Decimal(5_000))
        return said(ProposedAction(kind=ActionKind.OPEN, symbol=self._symbol, side=side, size_usd=size))

    async def cost_of(self, generation: str) -> Usd | None:
        """Have nothing to say."""
        return None


def studied(columns: CandleColumns) -> tuple[Study, dict[Symbol, _Reader]]:
    """Return a study with what its chat models read, by the symbol they were shown."""
    readers: dict[Symbol, _Reader] = {}

    def setup_of(trial: ChatTrial) -> ChatSetup:
        (symbol,) = trial.skill.symbols
        readers[symbol] = _Reader(symbol, known_moves(columns))
        return ChatSetup.of(readers[symbol])

    async def run() -> Study:
        runner = trial_runner(setup_of, Terms())
        return await study(trial_of(columns, THESIS), runner, Terms(), plan_of(random_runs=19))

    return anyio.run(run), readers


def test_study_through_the_tick_shows_no_clue_in_disguise_and_finds_memory_out() -> None:
    """No name, no date and no price of the true market stands in anything that is asked in the masked run."""
    made, readers = studied(COLUMNS)
    assert set(readers) == {Symbol("BTC"), Symbol("ASSET1")}
    true, masked = readers[Symbol("BTC")].read, readers[Symbol("ASSET1")].read
    closes = {str(COLUMNS.candle(place).close) for place in range(len(COLUMNS))}
    assert all("BTC" in text and closes & set(re.findall(r"\d+\.\d+|\d+", text)) for text in true)
    assert not any(re.search(r"btc|bitcoin|\b2024-", text, re.IGNORECASE) for text in masked)
    assert not any(closes & set(re.findall(r"\d+\.\d+|\d+", text)) for text in masked)
    honesty = made.record.honesty
    assert honesty is not None
    assert honesty.verdict is HonestyVerdict.KNOWS_THE_FUTURE, honesty.sentence
    assert made.record.coverage is not None
    assert made.record.coverage.share_bps == 10_000
