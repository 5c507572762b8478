"""Whatever a chat model says, however often its run is stopped: the tape gives the same run again."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

import anyio
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_core.backtest.chat.purse import Purse
from agentic_core.domain import RunRecord, Usd
from agentic_core.errors import TapeMiss
from agentic_core.store.memory.tapes import MemoryTape
from tests.support.backtests import candles_of
from tests.support.chat_answers import completion, wish
from tests.support.chat_trials import Provider, paid, replayed, trial_of

D = Decimal
TRIAL = trial_of(candles_of([(100 + index % 5, 100 + (index + 1) % 5) for index in range(9)]), tools=["get_portfolio"])


def _reply(action: Mapping[str, object] | None, text: str = "so") -> Mapping[str, object]:
    return completion(json.dumps({"text": text, "action": action}))


_BUY = {"kind": "open", "symbol": "BTC", "side": "buy", "sizeUsd": 500, "limitPrice": None, "reason": "up"}
_BARS = '{"symbol":"BTC","interval":"1m","lookback":500}'
_REPLIES: Sequence[Mapping[str, object]] = (
    _reply(None),
    _reply(_BUY),
    _reply({**_BUY, "side": "sell"}),
    _reply({**_BUY, "sizeUsd": 10**9}),
    _reply({"kind": "close", "symbol": "BTC", "size": None, "reason": "down"}),
    completion("buy everything"),
    completion('{"text":"cut', finish="length"),
    completion(None, tool_calls=[wish("get_portfolio", "{}")], finish="tool_calls"),
    completion(None, tool_calls=[wish("fetch_recent_bars", _BARS)], finish="tool_calls"),
    completion(None, tool_calls=[wish("get_funding", '{"symbol":"BTC"}')], finish="tool_calls"),
    completion(None, tool_calls=[wish("rm", "{}")], finish="tool_calls"),
    completion(usage=None),
    {"error": {"code": 502, "message": "upstream went away"}},
    {"error": {"code": 429, "message": "not so fast"}},
)


def provider(drawn: Sequence[int]) -> Provider:
    """Return a provider whose answer follows from what it is asked, so that it is the same in every run."""

    def decide(number: int, asked: Mapping[str, object]) -> Mapping[str, object]:
        text = json.dumps(asked["messages"], sort_keys=True)
        return _REPLIES[drawn[sum(text.encode()) % len(drawn)]]

    return Provider(decide)


async def _recorded(drawn: Sequence[int], tape: MemoryTape, cap: Decimal) -> tuple[RunRecord | None, Purse]:
    purse = Purse(Usd(cap))
    try:
        return await paid(provider(drawn), tape, purse)(TRIAL, None), purse
    except TapeMiss:
        return None, purse


async def _judge(drawn: Sequence[int], cap: Decimal) -> None:
    tape = MemoryTape({})
    whole, _ = await _recorded(drawn, tape, D(100))
    assert whole is not None
    assert msgspec.json.encode(await replayed(tape)(TRIAL, None)) == msgspec.json.encode(whole)
    coverage = whole.coverage
    assert coverage is not None
    decided = coverage.answered + sum(coverage.unusable.values()) + sum(coverage.skipped.values())
    assert decided == coverage.turns == 8
    assert coverage.cost_usd == sum(record.decision.usage.cost_usd or 0 for record in whole.decisions)
    assert await _in_pieces(drawn, cap) == whole


async def _in_pieces(drawn: Sequence[int], cap: Decimal) -> RunRecord:
    tape = MemoryTape({})
    for _ in range(200):
        run, purse = await _recorded(drawn, tape, cap)
        assert purse.spending.cost_usd + purse.spending.held_usd <= cap
        if run is not None:
            return run
        assert purse.spending.paid > 0, "each piece goes on a little further"
    raise AssertionError("it never came to its end")


@settings(max_examples=40)
@given(
    drawn=st.lists(st.integers(0, len(_REPLIES) - 1), min_size=1, max_size=24),
    cap=st.decimals("0.04", "0.2", places=3),
)
def test_run_is_its_replay_and_the_same_in_however_many_pieces_it_was_paid(drawn: list[int], cap: Decimal) -> None:
    """Bytes of the record, whatever was said; what is spent and held never exceeds the cap of its piece."""
    anyio.run(_judge, drawn, cap)


async def _asked(drawn: Sequence[int], prices: Sequence[tuple[int, int]]) -> list[bytes]:
    trial = trial_of(candles_of(prices), tools=["fetch_recent_bars", "get_portfolio", "get_funding"])
    asked = provider(drawn)
    await paid(asked, MemoryTape({}), Purse(Usd(D(100))))(trial, None)
    return asked.asked


@settings(max_examples=25)
@given(
    drawn=st.lists(st.integers(0, len(_REPLIES) - 1), min_size=1, max_size=24),
    prices=st.lists(st.tuples(st.integers(90, 110), st.integers(90, 110)), min_size=4, max_size=10),
    data=st.data(),
)
def test_no_question_depends_on_a_candle_that_comes_later(
    drawn: list[int], prices: list[tuple[int, int]], data: st.DataObject
) -> None:
    """With the rest of the candles replaced, everything asked up to there is the same, tools and their answers too."""
    kept = data.draw(st.integers(1, len(prices) - 1), label="kept")
    # One candle more, in which the last orders are filled: after the last turn, so it may show in no question.
    shared = anyio.run(_asked, drawn, prices[: kept + 1])
    later = [(7_000 + index, 7_001 + index) for index in range(len(prices) - kept)]
    assert anyio.run(_asked, drawn, [*prices[:kept], later[0]]) == shared
    for market in (prices, [*prices[:kept], *later]):
        assert anyio.run(_asked, drawn, market)[: len(shared)] == shared
