"""A deployment whose chat model is reached as the environment says, over a real socket."""

from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from agentic_core.backtest.instruments import instrument_for
from agentic_core.cli.chat_services import ChatDoor, is_connected, open_chat, open_transport
from agentic_core.deployments import LOCAL_USER, admit_paper, save_skill
from agentic_core.domain import DeploymentId, Instant, NoopResult
from agentic_core.domain.chat import UnusableCause
from agentic_core.errors import ConfigError, InputError
from agentic_core.logevents import LogEvent
from agentic_core.metering import cost_of_calls
from agentic_core.ports.chat_model import Completion
from agentic_core.runtime import ByChatModel, Mandate
from agentic_core.runtime.last_turn import unusable_cause
from agentic_core.runtime.mandates import mandate_for, mandates
from agentic_core.store.memory import MemoryStore
from tests.support.backtests import dataset_of, flat
from tests.support.chat_answers import CALL, HOLD, MODEL, completion, error_body, request_for
from tests.support.chat_host import THESIS, connected, services, version
from tests.support.chat_server import KEY, ChatServer, Play
from tests.support.command_room import services_with
from tests.support.markets import BTC
from tests.support.paper_runs import RUN, staged
from tests.support.skill_files import skill_with

pytestmark = pytest.mark.anyio


def mandate_over(door: ChatDoor, store: MemoryStore) -> Mandate:
    """Return the mandate of the skill as `agentic paper` makes it."""
    return mandate_for(THESIS, version(), RUN, door.replayed(store, RUN))


async def test_paper_deployment_asks_its_provider_and_keeps_every_exchange(tmp_path: Path) -> None:
    """Each mark is one call; decisions, ledger and tape agree about it."""
    server, store = ChatServer(says=completion(HOLD)), MemoryStore()
    async with connected(tmp_path, server, AGENTIC_CHAT_API_KEY=KEY) as door:
        stage = await staged(store, mandate_over(door, store), dataset_of(flat(4)))
        run = await stage.run()
    assert (run.ticks, len(run.decisions)) == (3, 3)
    asked = [seen for seen in server.seen if seen.path.endswith("/chat/completions")]
    entries = await store.tapes.entries(RUN, limit=9)
    assert {entry.request for entry in entries} == {seen.body for seen in asked}
    for row in await store.decisions.recent(RUN, 9):
        assert row.result == NoopResult(reason="nothing_proposed")
        assert row.decision.usage.cost_usd == Decimal("0.00123")
        assert row.decision.usage.cost_usd == cost_of_calls(await store.costs.calls(row.decision.decision_id))
        assert f"{row.decision.context_hash}/0" in {entry.key for entry in entries}
        assert row.decision.decided_by == f"chat:{MODEL}"


async def test_paper_deployment_with_a_refused_key_tells_a_human_and_sends_nothing(tmp_path: Path) -> None:
    """The cause is the turn's, and the call cost nothing."""
    server, store = ChatServer(), MemoryStore()
    async with connected(tmp_path, server, AGENTIC_CHAT_API_KEY="wrong") as door:
        stage = await staged(store, mandate_over(door, store), dataset_of(flat(3)))
        run = await stage.run()
    rows = await store.decisions.recent(RUN, 9)
    assert [unusable_cause(row.result) for row in rows] == [UnusableCause.NOT_ALLOWED] * 2
    assert [row.decision.usage.cost_usd for row in rows] == [0, 0]
    said = [line.event for line in stage.lines]
    assert said.count(LogEvent.CHAT_UNUSABLE) == 2
    assert said.count(LogEvent.HUMAN_NEEDED) == 1
    assert run.orders == ()


async def test_question_that_a_provider_fails_is_sent_again_and_taped_twice(tmp_path: Path) -> None:
    """The same request, another attempt."""
    server, store = ChatServer(), MemoryStore()
    busy = Play(status=429, body=error_body(429, "slow down", "rate_limit"), headers=(("retry-after-ms", "0"),))
    server.plan(busy)
    async with connected(tmp_path, server, AGENTIC_CHAT_API_KEY=KEY) as door:
        stage = await staged(store, mandate_over(door, store), dataset_of(flat(2)))
        await stage.run()
    (row,) = await store.decisions.recent(RUN, 9)
    assert [(step.attempt, step.outcome) for step in row.decision.steps] == [(0, "rate_limited"), (1, "completed")]
    keys = {entry.key for entry in await store.tapes.entries(RUN, limit=9)}
    assert keys == {f"{row.decision.context_hash}/0", f"{row.decision.context_hash}/1"}


async def test_key_of_openrouter_is_not_sent_to_another_server(tmp_path: Path) -> None:
    """The server here asks for none and sees none."""
    server = ChatServer(key=None)
    async with connected(tmp_path, server, OPENROUTER_API_KEY="sk-or-secret") as door:
        await door.transport.get("/models", within_ms=5_000)
    assert [name for seen in server.seen for name in seen.headers if name == "authorization"] == []


async def test_way_to_chat_models_is_not_opened_where_nobody_asks(tmp_path: Path) -> None:
    """Neither without a setting nor for rules alone."""
    async with open_chat(services_with({})) as nowhere:
        assert nowhere is None
    async with open_chat(services(tmp_path, "http://127.0.0.1:9/v1"), asks=False) as unasked:
        assert unasked is None
    assert not is_connected(services_with({}))
    assert is_connected(services(tmp_path, "http://127.0.0.1:9/v1"))


async def test_listing_is_fetched_from_openrouter_where_nothing_is_configured() -> None:
    """No key is needed for it, and none is made up."""
    async with open_transport(services_with({})) as transport:
        assert transport is not None


async def test_skill_with_a_tool_that_is_not_there_cannot_be_run(tmp_path: Path) -> None:
    """Headlines need a file of them; what there is is named."""
    wanting = skill_with(
        {"mode": None, "rules": None, "model": MODEL, "thesis": "Up.", "tools": ["fetch_news"]}
        | {"schedule": {"interval": "1m"}}
    )
    async with connected(tmp_path, ChatServer(key=None)) as door:
        with pytest.raises(ConfigError, match="fetch_news"):
            mandate_for(wanting, version(), RUN, door.recorded())
        news = tmp_path / "news.jsonl"
        news.write_text('{"at":"2024-01-01T00:00:00Z","source":"wire","text":"nothing happened"}\n')
    async with connected(tmp_path, ChatServer(key=None), AGENTIC_CHAT_NEWS=str(news)) as door:
        mandate = mandate_for(wanting, version(), DeploymentId("d"), door.recorded())
    assert isinstance(mandate.decider, ByChatModel)
    assert mandate.decider.thinking.tools.names == ("fetch_news",)


async def test_runner_reads_the_pinned_version_and_asks_under_the_name_of_its_deployment(tmp_path: Path) -> None:
    """As the process of a runner puts it together: each deployment has a tape of its own."""
    server, store = ChatServer(says=completion(HOLD)), MemoryStore()
    saved = await save_skill(store, LOCAL_USER, THESIS, instruments={BTC: instrument_for(BTC)})
    record = await admit_paper(store, LOCAL_USER, saved, deployment=RUN, at=Instant(1))
    with pytest.raises(InputError, match="none is connected here; set OPENROUTER_API_KEY"):
        await mandates(store)(record)
    async with connected(tmp_path, server, AGENTIC_CHAT_API_KEY=KEY) as door:
        mandate = await mandates(store, partial(door.live, store))(record)
        assert isinstance(mandate.decider, ByChatModel)
        chat_model = mandate.decider.thinking.chat_model
        outcome = await chat_model.call(CALL, request_for(), within_ms=5_000)
    assert isinstance(outcome, Completion)
    assert [entry.call for entry in await store.tapes.entries(RUN)] == [CALL]
    assert mandate.decider.label == f"chat:{MODEL}"
