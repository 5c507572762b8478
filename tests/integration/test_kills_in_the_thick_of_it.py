"""The database loses one connection, or everything while many write: nothing acknowledged is lost, nothing doubled."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import anyio
import pytest

from agentic_core.store.postgres import open_store
from tests.support.acts import Act, Room
from tests.support.acts_of_journal import ACTS
from tests.support.killing import Premises, heard, rows_of

pytest_plugins = ["tests.support.mortal_postgres"]
pytestmark = pytest.mark.anyio

NAMED = {act.name: act for act in ACTS}
WRITERS = 4
ROUNDS = 20
STORY = ("prepare", "settle", "result")
"""What each minute brings, one after the other."""


def steps_of(act: Act) -> tuple[int, int, int]:
    """Return the first step, one in the middle and the last."""
    last = len(act.writes.split()) + 1
    return 1, last // 2, last


@pytest.mark.parametrize("name", ["prepare", "settle", "together", "unit"])
async def test_connection_killed_at_a_step_takes_the_server_down_and_nothing_with_it(
    name: str, shared_premises: Premises
) -> None:
    """The server throws everybody out, recovers by itself, and has nothing of what was being said."""
    act = NAMED[name]
    for step in steps_of(act):
        async with shared_premises.desk() as desk:
            minute = await desk.begin(act, shared_premises.next())
            await desk.gates.shut(step)
            async with desk.saying(minute) as answers:
                desk.mortal.kill_one(await desk.gates.standing(step))
                await desk.gates.cut()
            assert answers == ["not stored" if step <= act.before_commit else "stored or not"]
        async with shared_premises.desk() as desk:
            await desk.judge(minute, is_stored=False)
            await desk.say_again(minute)
            await desk.judge(minute, is_stored=True)
            await desk.audit()


@pytest.mark.parametrize("name", ["prepare", "settle", "together", "unit"])
async def test_connection_killed_before_its_acknowledgement_is_heard_has_stored_all_of_it(
    name: str, shared_premises: Premises
) -> None:
    """The commit is on the disk, and whoever was told of it is gone."""
    act = NAMED[name]
    async with shared_premises.desk() as desk:
        minute = await desk.begin(act, shared_premises.next())
        async with desk.gates.unheard_commits(), desk.saying(minute) as answers:
            desk.mortal.kill_one(await desk.gates.flushed())
            await desk.gates.cut()
        assert answers == ["stored or not"]
    async with shared_premises.desk() as desk:
        await desk.judge(minute, is_stored=True)
        await desk.say_again(minute)
        await desk.judge(minute, is_stored=True)
        await desk.audit()


class Said(NamedTuple):
    """Something that was said, and what was heard of it."""

    act: Act
    minute: int
    answer: str


class Crowd:
    """Writers that share a store, each with minutes of its own."""

    def __init__(self, room: Room, dies: Callable[[], None], *, deadly: int) -> None:
        """Take what kills the database, and at which acknowledgement."""
        self._room = room
        self._dies = dies
        self._deadly = deadly
        self.said: list[Said] = []

    async def write(self, minutes: Sequence[int]) -> None:
        """Go through the story of each minute, until nothing is acknowledged any more."""
        for minute, name in product(minutes, STORY):
            answer = await heard(NAMED[name], self._room, minute)
            self.said.append(Said(NAMED[name], minute, answer))
            if answer != "stored":
                return
            if [each.answer for each in self.said].count("stored") == self._deadly:
                self._dies()

    def heard(self, answer: str) -> list[Said]:
        """Return what got an answer."""
        return [each for each in self.said if each.answer == answer]

    @property
    def minutes(self) -> list[int]:
        """Those of which anything was said."""
        return sorted({each.minute for each in self.said})


@pytest.mark.parametrize("deadly", [3, 26, 50, 77, 101])
async def test_database_killed_while_many_write_has_what_it_acknowledged_and_nothing_twice(
    deadly: int, premises: Premises
) -> None:
    """Killed right after an acknowledgement, the other writers being wherever they are; then all is said again."""
    async with premises.desk() as desk, open_store(premises.runner_dsn, pool_max=WRITERS) as store:
        rows = await desk.gates.rows()
        crowd = Crowd(premises.room(store, store), desk.mortal.kill, deadly=deadly)
        numbers = [premises.next() for _ in range(WRITERS * ROUNDS)]
        async with anyio.create_task_group() as tasks:
            for writer in range(WRITERS):
                tasks.start_soon(crowd.write, numbers[writer::WRITERS])
    acknowledged = crowd.heard("stored")
    assert len(acknowledged) >= deadly
    assert len(crowd.said) == len(acknowledged) + WRITERS

    async with premises.desk() as desk:
        room = desk.room
        await desk.audit()
        assert [each for each in acknowledged if not await each.act.read(room, each.minute)] == []
        for minute, act in product(crowd.minutes, map(NAMED.__getitem__, STORY)):
            if not await act.read(room, minute):
                await act.say(room, minute)
        for minute in crowd.minutes:
            told = [await NAMED[name].read(room, minute) for name in ("settle", "result")]
            assert told == ["filled 0.0026 0.0026, filled 0.0026 of 0.0026 at 46400.1, 2 fills", "Executed because"]
        more = {name: sum(rows_of(NAMED[act]).get(name, 0) for act in STORY) for name in rows}
        assert await desk.gates.rows() == {name: rows[name] + len(crowd.minutes) * each for name, each in more.items()}
        await desk.audit()
