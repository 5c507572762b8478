"""A chat model is asked on paper, over recorded candles, what it is asked in a backtest: to the byte, tools too."""

import json
from pathlib import Path

import pytest

from agentic_core.backtest.chat.running import run_chat
from agentic_core.runtime.mandates import mandate_for
from tests.support.backtests import FREE, candles_of, dataset_of
from tests.support.chat_answers import completion, wish
from tests.support.chat_host import THESIS, connected, version
from tests.support.chat_server import KEY, ChatServer, Play
from tests.support.markets import LISTED
from tests.support.narrow_roles import open_narrow_store
from tests.support.paper_runs import RUN, staged

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

_CANDLES = candles_of([(100 + index % 4, 100 + (index + 1) % 4) for index in range(8)])
_BUY = (
    '{"text":"up","action":{"kind":"open","symbol":"BTC","side":"buy","sizeUsd":900,"limitPrice":null,"reason":"up"}}'
)
_CLOSE = '{"text":"down","action":{"kind":"close","symbol":"BTC","size":null,"reason":"down"}}'


def _provider() -> ChatServer:
    tools = [
        wish(
            "fetch_recent_bars", json.dumps({"symbol": "BTC", "interval": interval, "lookback": 500}), call_id=interval
        )
        for interval in ("1m", "5m", "1h")
    ]
    tools += [wish("get_portfolio", "{}", call_id="p"), wish("get_funding", "{}", call_id="f")]
    server = ChatServer(says=completion('{"text":"wait","action":null}'))
    for said in (_BUY, _CLOSE, _BUY, '{"text":"wait","action":null}'):
        server.plan(_play(completion("", tool_calls=tools)), _play(completion(said)))
    return server


async def test_paper_over_candles_asks_what_a_backtest_asks(database: str, tmp_path: Path) -> None:
    """So what holds of a backtest's questions holds here: nothing later than the mark is in them."""
    market, on_paper, in_backtest = dataset_of(_CANDLES), _provider(), _provider()
    async with (
        connected(tmp_path, on_paper, AGENTIC_CHAT_API_KEY=KEY) as door,
        open_narrow_store(database) as store,
    ):
        mandate = mandate_for(THESIS, version(), RUN, door.replayed(store, RUN))
        paper = await (await staged(store, mandate, market)).run()
    async with connected(tmp_path, in_backtest, AGENTIC_CHAT_API_KEY=KEY) as door:
        mandate = mandate_for(THESIS, version(), RUN, door.recorded())
        backtest = await run_chat(mandate, market, instruments=LISTED, terms=FREE)
    assert [seen.body for seen in on_paper.seen] == [seen.body for seen in in_backtest.seen]
    assert len(on_paper.seen) == 11
    assert (len(paper.fills), paper.fills) == (3, backtest.fills)


def _play(answer: dict[str, object]) -> Play:
    return Play(body=json.dumps(answer).encode())
