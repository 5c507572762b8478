"""Nothing leaves before the runner's disk knows of it: sends, closes and burns, and what becomes of them after."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from agentic_core.domain import Accepted, Denied, IntentKind, IntentState, PreparedIntent, SendOutcome
from agentic_core.domain.journal import JournalEntry
from agentic_core.errors import JournalBroken
from agentic_core.simulation.world import World
from agentic_core.store.journal_copy import JournalCatchUp, read_copy
from agentic_core.store.memory import MemoryStore
from tests.support.breaking_disk import BreakingDisk
from tests.support.copies import Desk
from tests.support.order_replies import BURNED, lost
from tests.support.order_room import CLOSE, RESTING, OrderRoom, Setup
from tests.support.stored_values import DEPLOYMENT, USER, deployment, hash_of

PAYLOAD = '{"model":"rules"}'
CANCEL: Mapping[str, object] = {**CLOSE, "kind": IntentKind.CANCEL}


class Place:
    """A room whose desk keeps a copy on a disk that can break."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.copies = Desk(folder, DEPLOYMENT)
        self.disk = BreakingDisk()
        self.store = MemoryStore(world.clock.now, journaled=True)

    async def deploy(self) -> None:
        """Deploy, which begins the journal."""
        saved = await self.store.skills.save(USER, name="S", slug="s", payload=PAYLOAD, payload_hash=hash_of(PAYLOAD))
        await self.store.deployments.create(deployment(saved.skill_id))

    async def room(self) -> OrderRoom:
        """Open a desk that catches up before it sends."""
        self.copy = self.copies.open(self.disk)
        catch_up = JournalCatchUp(self.store.journal, self.copy)
        return await OrderRoom.open(self.world, self.store, Setup(before_sending=catch_up))

    def break_disk(self, after: int = 1, kept: int = 0) -> None:
        """Let one of the next appends fail."""
        self.disk.fail_at(self.disk.appends + after, kept=kept)

    def on_disk(self) -> list[JournalEntry]:
        """Return what the copy on the disk holds."""
        taken: list[JournalEntry] = []
        assert read_copy(self.copies.path.read_bytes(), taken.append) is None
        return taken


def at(folder: Path, story: Callable[[Place], Awaitable[None]]) -> None:
    """Let a story happen in a new place."""

    async def main(world: World) -> None:
        place = Place(world, folder)
        await place.deploy()
        await story(place)

    World(0).run(main)


@pytest.mark.parametrize("changes", [{}, CLOSE, RESTING, CANCEL], ids=["open", "close", "rests", "cancel"])
def test_whatever_is_sent_is_on_the_disk_by_then(tmp_path: Path, changes: Mapping[str, object]) -> None:
    """The order, its nonce, and that it is about to leave; the disk holds all that the database does."""

    async def story(place: Place) -> None:
        room = await place.room()
        seen: list[list[JournalEntry]] = []

        def answer(prepared: PreparedIntent) -> SendOutcome:
            seen.append(place.on_disk())
            return lost(prepared)

        sent = await room.sent(1, answer, **changes)
        (entries,) = seen
        about = [entry for entry in entries if sent.intent.cloid in entry.record]
        assert [entry.kind for entry in about] == ["intent", "noted"]
        assert f'"nonce":{sent.nonce}' in about[0].record
        assert ('"sends":1' in about[1].record, '"state":"sent"' in about[1].record) == (True, True)
        assert entries == list(await place.store.journal.after(DEPLOYMENT, 0, len(entries)))
        assert place.copy.remembered.nonces == {sent.signer: sent.nonce}

    at(tmp_path, story)


@pytest.mark.parametrize("changes", [{}, CLOSE, RESTING, CANCEL], ids=["open", "close", "rests", "cancel"])
@pytest.mark.parametrize("kept", [0, 5, 100_000])
def test_nothing_leaves_when_the_copy_cannot_be_written(
    tmp_path: Path, changes: Mapping[str, object], kept: int
) -> None:
    """However much of it is on the disk: the order is written down as begun, and so is no other sent."""

    async def story(place: Place) -> None:
        room = await place.room()
        first = await room.prepare(1, **changes)
        place.break_disk(kept=kept)
        with pytest.raises(JournalBroken, match="the disk does not keep"):
            await room.desk.submit(first)
        second = await room.prepare(2, **changes)
        if second.intent.reduce_only:
            with pytest.raises(JournalBroken, match="the disk does not keep"):
                await room.desk.submit(second)
        else:  # it is not asked for while the fate of the first is not known
            assert isinstance(await room.desk.submit(second), Denied)
        assert (room.broker.count("send"), place.disk.appends) == (0, 1)
        known = await place.store.intents.find(first.fence.account, first.intent.cloid)
        assert known is not None
        assert (known.state, known.sends) == (IntentState.SENT, 1)

    at(tmp_path, story)


def test_order_that_never_left_is_resolved_by_the_next_runner(tmp_path: Path) -> None:
    """It is not sent again: the next one burns its number, and has that on its disk before."""

    async def story(place: Place) -> None:
        room = await place.room()
        prepared = await room.prepare()
        place.break_disk(kept=7)
        with pytest.raises(JournalBroken):
            await room.desk.submit(prepared)
        place.copy.close()

        after = await place.room()
        after.broker.burns.append(BURNED)
        await after.attends(60_000)
        assert (after.broker.count("send"), after.broker.count("burn")) == (0, 1)
        assert after.state_of(prepared) is IntentState.DEAD
        assert any('"burns":1' in entry.record for entry in place.on_disk())

    at(tmp_path, story)


def test_burn_does_not_leave_when_the_copy_cannot_be_written(tmp_path: Path) -> None:
    """It is an action at the venue like any other."""

    async def story(place: Place) -> None:
        room = await place.room()
        await room.sent(1, lost)
        place.break_disk()
        with pytest.raises(JournalBroken, match="the disk does not keep"):
            await room.attends(60_000)
        assert (room.broker.count("send"), room.broker.count("burn")) == (1, 0)

    at(tmp_path, story)


def test_nothing_leaves_when_the_database_has_lost_what_the_copy_holds(tmp_path: Path) -> None:
    """A database that came back from a backup under a running desk."""

    async def story(place: Place) -> None:
        room = await place.room()

        def answer(prepared: PreparedIntent) -> SendOutcome:
            return Accepted(cloid=prepared.intent.cloid, state=IntentState.RESTING, fills=(), venue_order_id="7")

        await room.sent(1, answer, **RESTING)
        younger = Place(place.world, tmp_path / "younger")
        await younger.deploy()
        assert (await younger.store.journal.after(DEPLOYMENT, 0, 9))[0] == place.on_disk()[0]
        again = Setup(before_sending=JournalCatchUp(younger.store.journal, place.copy))
        restored = await OrderRoom.open(place.world, place.store, again)
        with pytest.raises(JournalBroken, match=r"the database has lost record \d+ of the journal"):
            await restored.sent(2)
        assert restored.broker.count("send") == 0

    at(tmp_path, story)
