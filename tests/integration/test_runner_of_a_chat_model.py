"""The life of a real runner process whose skill asks a provider on a socket, over PostgreSQL and a served venue."""

from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from agentic_core.domain import CommandKind, CommandState
from agentic_core.runtime.timings import Timings
from agentic_core.store.postgres.costs import cost_differences
from tests.drills.asking import BUY, Asking, asking, said
from tests.drills.ending import judged_flat
from tests.drills.stage import Runner
from tests.support.chat_answers import wish
from tests.support.chat_server import KEY, Play

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

FACTOR = 30
PATIENT = Timings(lease_ms=90_000, renew_ms=20_000, margin_ms=18_000)
SILENT = Play(is_silent=True)
K = CommandKind

TURNS = """
    select decided.cost_usd, decided.steps, decided.context_hash, decided.engine_result->>'kind', decided.final_text,
        (select sum(cost_usd) from chat_calls where decision_id = decided.id)
    from decision_snapshots as decided
    where deployment_id = %s and decided_by like 'chat:%%' order by tick_at
"""
ENDED = """
    select engine_result->>'kind' from decision_snapshots
    where deployment_id = %s and decided_by like 'chat:%%' and engine_result is not null order by tick_at
"""
LOST = """
    select source, cost_usd = bound_usd, epoch, decision_id in (select id from decision_snapshots)
    from chat_calls where deployment_id = %s and cost_usd is distinct from 0.00123 order by reserved_at limit 1
"""
BOOKS = """
    select settled_usd = (select sum(cost_usd) from chat_calls where deployment_id = month.deployment_id), held_usd
    from chat_months as month where deployment_id = %s
"""
TAPED = "select key from chat_tape where deployment_id = %s and status = 200"
LOWERED = """
    update skill_versions set payload = jsonb_set(payload, '{risk,maxMonthlyCostUsd}', '0.01'::jsonb)
    where skill_id = (select skill_id from deployments where id = %s)
"""
PAUSES = """
    select payload->>'reason', state::text from agent_commands
    where deployment_id = %s and kind = 'pause' order by seq
"""
TABLES = """
    select format('%%I.%%I', schemaname, tablename) from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') and %s::text <> ''
"""


async def buys(place: Asking) -> Runner:
    """Let a runner look at its portfolio and buy, and see the turn in the database."""
    portfolio = said(None, tool_calls=[wish("get_portfolio", "{}")])
    place.provider.plan(portfolio, said(BUY))
    runner = await place.start()
    await runner.says("tick_finished", within_s=place.stage.patience_s)
    ((cost, steps, context, kind, text, called),) = place.sql(TURNS)
    assert (cost, called, kind, text) == (Decimal("0.00246"), Decimal("0.00246"), "executed", "up")
    assert isinstance(steps, list)
    assert [step.get("tool", step["outcome"]) for step in steps] == ["completed", "get_portfolio", "completed"]
    assert context == steps[0]["request_hash"]
    assert {key for (key,) in place.sql(TAPED)} == {f"{steps[at]['request_hash']}/0" for at in (0, 2)}
    return runner


async def pauses_in_mid_call(place: Asking) -> None:
    """Let an answer that buys come after the pause: it finds nothing to be opened."""
    answers = anyio.Event()
    ended = len(place.sql(ENDED))
    await place.called(said(BUY, after=answers))
    assert (await place.order(K.PAUSE)).state is CommandState.APPLIED
    answers.set()
    await place.until(lambda: len(place.sql(ENDED)) > ended)
    assert place.sql(ENDED)[-1] == ("rejected",)
    await place.order(K.RESUME)


async def test_runner_of_a_chat_model_lives_and_every_cent_of_its_calls_is_known(database: str, tmp_path: Path) -> None:
    """It buys, is paused, killed and taken to flat in mid-call, and ends as it is told; its key is written nowhere."""
    async with asking(database, tmp_path, factor=FACTOR) as place:
        place.stage.timings = PATIENT
        first = await buys(place)
        await pauses_in_mid_call(place)
        await place.called(SILENT)
        first.kill()
        await first.gone()
        second = await place.start()
        await second.says("chat_calls_abandoned", within_s=place.stage.patience_s)
        assert place.sql(LOST) == [("bound", True, 1, False)]
        await place.called(SILENT)
        assert (await place.order(K.FLATTEN)).state is CommandState.APPLIED
        await place.order(K.RESUME)
        place.sql(LOWERED)
        await second.says("cost_guard_tripped", within_s=place.stage.patience_s)
        await second.says("command_applied", "pause", within_s=place.stage.patience_s)
        asked = len(place.provider.seen)
        assert (await place.order(K.KILL)).state is CommandState.APPLIED
        assert await second.gone() == 0
        assert len(place.provider.seen) == asked
        assert await judged_flat(place.stage, place.seeded, database) == []
        assert await cost_differences(place.stage.store.database, place.seeded.id) == ()
    assert all(cost == called for cost, _, _, _, _, called in place.sql(TURNS))
    assert place.sql(BOOKS) == [(True, Decimal(0))]
    assert [(str(reason).partition(":")[0], state) for reason, state in place.sql(PAUSES)][1:] == [
        ("cost_guard", "applied")
    ]
    for runner in (first, second):
        assert runner.errors == []
        assert KEY not in repr(runner.lines)
    assert_written_nowhere(place, KEY)


def assert_written_nowhere(place: Asking, secret: str) -> None:
    """Look through every row of every table, bytes as text."""
    for (table,) in place.sql(TABLES):
        rows = repr(place.sql(f"select t::text from {table} as t where %s::text <> ''"))  # noqa: S608 - names of the catalogue
        assert secret not in rows, table
        assert secret.encode().hex() not in rows, table
