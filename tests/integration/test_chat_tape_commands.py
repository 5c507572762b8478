"""Tapes and saved runs of chat-model skills in a real database, as a person asks for them."""

from pathlib import Path

import anyio
import pytest

from agentic_core.chat.tapes.tape_file import FileTape
from agentic_core.store.postgres import open_store
from agentic_core.system import SystemFiles
from tests.support.by_hand import execute
from tests.support.chat_room import TURNS, ChatRoom
from tests.support.store_under_test import in_postgres
from tests.support.stored_values import DEPLOYMENT
from tests.support.taped import exchange

pytest_plugins = ["tests.support.postgres"]

_KEPT = 450
"""More than two pages."""


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str) -> ChatRoom:
    """Give a room over a migrated database."""
    return ChatRoom(tmp_path, capsys, database)


async def _record(dsn: str) -> None:
    async with open_store(dsn) as store:
        tape = (await in_postgres(store, dsn)).store.tapes.of(DEPLOYMENT)
        for number in range(_KEPT):
            await tape.keep(exchange(b'{"q":%d}' % number, b"answer %d" % number))


def test_tape_of_a_deployment_is_written_into_a_file_whole(room: ChatRoom, database: str) -> None:
    """Every exchange once; the same command again adds what is new, which is nothing."""
    anyio.run(_record, database)
    for said in (f"{_KEPT} exchanges written, {_KEPT} on", f"0 exchanges written, {_KEPT} on"):
        exported = room.run("chat", "tape", "export", DEPLOYMENT, room.tape)
        assert (exported.code, said in exported.out) == (0, True), exported.err
    tape = FileTape.open(room.tape, SystemFiles(), records=False)
    wanted = {exchange(b'{"q":%d}' % number).key: b"answer %d" % number for number in range(_KEPT)}
    assert {entry.key: entry.body for entry in tape.entries()} == wanted
    tape.close()


def test_tape_of_a_deployment_that_is_not_there_is_said(room: ChatRoom) -> None:
    """With code 2, and no file."""
    for name in ("00000000-0000-8000-8000-000000000000", "nonsense"):
        refused = room.run("chat", "tape", "export", name, room.tape)
        assert (refused.code, "there is no deployment" in refused.err) == (2, True), refused.err
    assert not room.tape.exists()


def test_run_of_a_chat_model_is_saved_with_what_it_asked_and_paid(room: ChatRoom, database: str) -> None:
    """Under the stored version of its skill; what is asked is what an unsaved run asks, so one tape serves both."""
    options = ("--tape", room.tape, "--plain-only")
    with room.connected() as provider:
        saved = room.run_skill("backtest", *options, "--max-cost", "1", "--save")
        assert (saved.code, len(provider.seen)) == (0, TURNS), saved.err
    assert room.run_skill("backtest", *options).code == 0
    assert execute(database, "select status from sim_runs") == [("complete",)]
    rows = execute(
        database,
        "select count(*), sum(cost_usd)::text, count(distinct context_hash), count(steps) from decision_snapshots",
    )
    assert rows == [(TURNS, "0.02337000", TURNS, TURNS)]
