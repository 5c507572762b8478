"""A chat model on paper over PostgreSQL: decisions, calls and tape say the same, under the login of a runner."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_core.domain.chat import LastTurn
from agentic_core.runtime.last_turn import last_turn
from agentic_core.runtime.mandates import mandate_for
from tests.support.backtests import dataset_of, flat
from tests.support.by_hand import execute
from tests.support.chat_answers import completion, error_body, wish
from tests.support.chat_host import THESIS, connected, version
from tests.support.chat_server import KEY, ChatServer, Play
from tests.support.narrow_roles import open_narrow_store
from tests.support.paper_runs import RUN, staged

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

BUY = '{"text":"up","action":{"kind":"open","symbol":"BTC","side":"buy","sizeUsd":900,"limitPrice":null,"reason":"up"}}'
COSTS = """
select d.cost_usd, count(*), sum(c.cost_usd)
from decision_snapshots d join chat_calls c on c.decision_id = d.id
group by d.id, d.cost_usd, d.tick_at order by d.tick_at
"""


async def test_chat_model_on_paper_costs_what_its_rows_say(database: str, tmp_path: Path) -> None:
    """Three marks: a tool and an order, an answer that failed at first, and one that cannot be used."""
    server = ChatServer(says=completion("no JSON"))
    server.plan(
        _play(completion("", tool_calls=[wish("get_portfolio", "{}")])),
        _play(completion(BUY)),
        Play(status=429, body=error_body(429, "slow down", "rate_limit"), headers=(("retry-after-ms", "0"),)),
        _play(completion('{"text":"wait","action":null}')),
    )
    async with (
        connected(tmp_path, server, AGENTIC_CHAT_API_KEY=KEY) as door,
        open_narrow_store(database) as store,
    ):
        wanted = mandate_for(THESIS, version(), RUN, door.replayed(store, RUN))
        stage = await staged(store, wanted, dataset_of(flat(4)))
        run = await stage.run()
        rows = await store.decisions.recent(RUN, 9)
        entries = await store.tapes.entries(RUN, limit=99)
    assert len(run.fills) == 1
    cost = Decimal("0.00123")
    assert execute(database, COSTS) == [(2 * cost, 2, 2 * cost), (cost, 2, cost), (2 * cost, 2, 2 * cost)]
    steps = [(step.request_hash, step.attempt) for row in rows for step in row.decision.steps if step.tool is None]
    assert {entry.key for entry in entries} == {f"{request}/{attempt}" for request, attempt in steps}
    assert [row.decision.context_hash is not None for row in rows] == [True] * 3
    told = [last_turn(row.decision, row.result, wanted.symbols) for row in reversed(rows)]
    assert [_kind(one) for one in told] == [("open", "executed"), ("nothing", "noop"), ("malformed", "noop")]


def _play(answer: dict[str, object]) -> Play:
    return Play(body=json.dumps(answer).encode())


def _kind(told: LastTurn) -> tuple[str, str]:
    return told.kind, told.result
