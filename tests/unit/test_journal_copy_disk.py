"""A runner's copy on a disk that fails, beside another process, and after a database that has lost something."""

import errno
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from agentic_core.domain import DeploymentId
from agentic_core.domain.journal import JournalEntry, JournalKind
from agentic_core.errors import DatabaseRestored, Fenced, JournalBroken
from agentic_core.logevents import LogEvent
from agentic_core.store.continuity import open_copy
from agentic_core.store.journal_copy import JournalCatchUp, JournalCopy
from agentic_core.store.memory import MemoryStore
from agentic_core.store.memory.journal import MemoryJournal
from agentic_core.system import SystemFiles
from tests.support.breaking_disk import BreakingDisk
from tests.support.copies import Desk, line_of_entry, story
from tests.support.journal_by_hand import framed, link
from tests.support.stored_values import AT, LIVE, WALLET

pytestmark = pytest.mark.anyio

STORE, RUN, ENTRIES = story()
RESTORED = story()
"""A database of its own, for the test that adds to its journal."""
HOLDING = """
import sys
from pathlib import Path
from agentic_core.store.journal_copy import JournalCopy
from agentic_core.system import SystemFiles
copy = JournalCopy.open(Path(sys.argv[1]), sys.argv[2], files=SystemFiles(), say=lambda *said, **facts: None)
print(copy.head.seq, flush=True)
sys.stdin.read()
"""


class RefusingDisk(SystemFiles):
    """A real disk that refuses one kind of work."""

    def __init__(self, *refused: str) -> None:
        self._refused = refused

    def rename(self, source: Path, target: Path) -> None:
        """Rename, or refuse to."""
        self._check("rename", source)
        super().rename(source, target)

    def make_folder(self, path: Path, *, mode: int = 0o700) -> None:
        """Make a folder, or refuse to."""
        self._check("make_folder", path)
        super().make_folder(path, mode=mode)

    def _check(self, work: str, path: Path) -> None:
        if work in self._refused:
            raise OSError(errno.EROFS, "Read-only file system", str(path))


class GivenJournal(MemoryJournal):
    """A journal of which a test says what comes after a record."""

    def __init__(self, answer: Callable[[int, int], tuple[JournalEntry, ...]]) -> None:
        super().__init__(lambda: AT)
        self._answer = answer
        self.asked: list[int] = []

    async def after(self, deployment: DeploymentId, seq: int, limit: int) -> tuple[JournalEntry, ...]:
        """Return what the test says."""
        self.asked.append(seq)
        return self._answer(seq, limit)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a folder without a copy."""
    return Desk(tmp_path, RUN)


def catching_up(copy: JournalCopy, after: Callable[[int, int], tuple[JournalEntry, ...]]) -> JournalCatchUp:
    """Return what brings a copy up to a journal of which a test says what comes after a record."""
    return JournalCatchUp(GivenJournal(after), copy)


def first(count: int, seq: int, limit: int) -> tuple[JournalEntry, ...]:
    """Return what a database answers that holds the first records."""
    return ENTRIES[:count][seq : seq + limit]


def test_copy_trusts_a_disk_no_more_once_it_has_failed(desk: Desk) -> None:
    """However much of the frame is there: nothing is written again, and the next process finds what it can use."""
    whole = b"".join(framed(line_of_entry(entry)) for entry in ENTRIES[:3])
    third = framed(line_of_entry(ENTRIES[2]))
    for kept in (*range(12), *range(12, len(third), 40), len(third) - 1, len(third)):
        desk.path.unlink(missing_ok=True)
        desk.write(ENTRIES[:2])
        disk = BreakingDisk()
        disk.fail_at(1, kept=kept)
        copy = desk.open(disk)
        with pytest.raises(JournalBroken, match="the disk does not keep"):
            copy.append([ENTRIES[2]])
        for _ in range(2):
            with pytest.raises(JournalBroken, match="the disk does not keep"):
                copy.append([ENTRIES[2]])
        assert (disk.appends, copy.head.seq) == (1, 2)
        copy.close()
        assert desk.path.read_bytes() == whole[: len(whole) - len(third) + kept]
        again = desk.open()
        assert again.head.seq == (3 if kept == len(third) else 2)
        again.close()


def test_copy_is_not_opened_where_its_torn_tail_cannot_be_kept(desk: Desk) -> None:
    """Nothing is cut off then, so that the next process finds the same."""
    torn = desk.write(ENTRIES[:3])[:-1]
    desk.path.write_bytes(torn)
    disk = BreakingDisk()
    disk.fail_at(1)
    with pytest.raises(JournalBroken, match="the disk does not keep"):
        desk.open(disk)
    assert (desk.path.read_bytes(), desk.said) == (torn, [])
    assert desk.open().head.seq == 2


def test_damaged_copy_that_cannot_be_renamed_is_not_opened_either(desk: Desk) -> None:
    """The next process finds it damaged as well; nobody goes on without what it remembers."""
    damaged = bytearray(desk.write(ENTRIES[:3]))
    damaged[9] ^= 1
    desk.path.write_bytes(damaged)
    for _ in range(2):
        with pytest.raises(JournalBroken, match="Read-only file system"):
            desk.open(RefusingDisk("rename"))
    assert desk.path.read_bytes() == damaged
    with pytest.raises(JournalBroken, match="it is kept as"):
        desk.open()


def test_copy_of_a_restored_database_that_cannot_be_renamed_stays(desk: Desk) -> None:
    """The runner ends; its memory does not."""
    whole = desk.write(ENTRIES[:3])
    copy = desk.open()
    with pytest.raises(JournalBroken, match="Read-only file system"):
        copy.set_aside(RefusingDisk("rename"))
    assert desk.path.read_bytes() == whole
    assert desk.open().head.seq == 3


@pytest.mark.parametrize("spoil", ["folder", "link", "file in place of the folder"])
def test_place_where_no_copy_can_be_is_refused(desk: Desk, spoil: str) -> None:
    """In words, as a broken journal: without a copy nothing is sent."""
    if spoil == "folder":
        desk.path.mkdir()
    elif spoil == "link":
        desk.path.symlink_to(desk.folder / "elsewhere")
    else:
        desk.folder = desk.path
        desk.path.touch()
    with pytest.raises(JournalBroken, match="the disk does not keep"):
        desk.open()
    with pytest.raises(JournalBroken, match="the disk does not keep"):
        desk.open(RefusingDisk("make_folder"))


def test_second_process_is_fenced_until_the_first_has_ended(desk: Desk) -> None:
    """Also by being killed: the lock is the kernel's."""
    desk.write(ENTRIES[:3])
    for ends_by in ("closing its input", "being killed"):
        command = [sys.executable, "-c", HOLDING, str(desk.folder), str(RUN)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "3\n"
            with pytest.raises(Fenced, match="another process holds"):
                desk.open()
            if ends_by == "being killed":
                process.kill()
            else:
                process.communicate()
        desk.open().close()


async def test_catching_up_fetches_all_there_is_in_pieces(desk: Desk) -> None:
    """And asks again for the newest record that is here, to see that it is still the same."""
    entries = [ENTRIES[0]]
    for number in range(1_100):
        entries.append(link(RUN, number + 2, entries[-1].hash, "status", {"number": number}))
    copy = desk.open()
    journal = GivenJournal(lambda seq, limit: tuple(entries[seq : seq + limit]))
    await JournalCatchUp(journal, copy)()
    assert (copy.head.seq, journal.asked) == (1_101, [0, 499, 998])
    await JournalCatchUp(journal, copy)()
    assert journal.asked[3:] == [1_100]
    copy.close()


@pytest.mark.parametrize(
    "after",
    [
        partial(first, 7),
        lambda seq, limit: (),
        lambda seq, limit: tuple(replace(entry, hash="0" * 64) for entry in first(24, seq, limit)),
        lambda seq, limit: first(24, seq + 1, limit),
        lambda seq, limit: first(24, seq, 1) + first(24, seq + 2, limit),
    ],
    ids=["shorter", "empty", "another chain", "one later", "a gap"],
)
async def test_catching_up_with_a_database_that_lost_something_ends_the_runner(
    desk: Desk, after: Callable[[int, int], tuple[JournalEntry, ...]]
) -> None:
    """Records that are here are missing there or others, or what comes next does not follow: nothing is written."""
    whole = desk.write(ENTRIES[:8])
    copy = desk.open()
    for _ in range(2):
        with pytest.raises(JournalBroken, match=r"the database has lost record 8|does not go on where"):
            await catching_up(copy, after)()
    copy.close()
    assert desk.path.read_bytes() == whole


async def test_copy_is_opened_where_the_database_knows_as_much_or_more(desk: Desk) -> None:
    """Before the lease is taken; nothing is said."""
    desk.write(ENTRIES[:20])
    copy = await open_copy(desk.folder, RUN, reads=STORE.continuity, signer=WALLET, files=SystemFiles(), say=desk.say)
    await JournalCatchUp(STORE.journal, copy)()
    assert (copy.head.seq, desk.said) == (24, [])
    copy.close()


async def test_copy_that_remembers_more_than_the_database_keeps_the_runner_from_trading(desk: Desk) -> None:
    """Epoch, nonce and record are each named; the copy stays and is let go of."""
    whole = desk.write(ENTRIES)
    with pytest.raises(DatabaseRestored) as caught:
        await open_copy(
            desk.folder, RUN, reads=MemoryStore().continuity, signer=WALLET, files=SystemFiles(), say=desk.say
        )
    said = str(caught.value)
    assert "the lease's epoch is unknown and was 2" in said
    assert f"the last nonce of {WALLET} is unknown and was 1640995260123" in said
    assert f"record 24 of the journal of {RUN} is gone" in said
    desk.open().close()
    assert desk.path.read_bytes() == whole


async def test_nonces_of_other_signers_are_not_this_runners_to_ask_for(desk: Desk) -> None:
    """A runner with a new key compares what it may read."""
    desk.write(ENTRIES)
    with pytest.raises(DatabaseRestored) as caught:
        await open_copy(
            desk.folder, RUN, reads=MemoryStore().continuity, signer="0xother", files=SystemFiles(), say=desk.say
        )
    assert "nonce" not in str(caught.value)


async def test_copy_begins_anew_once_somebody_has_answered_for_the_database(desk: Desk) -> None:
    """The old one is kept under its head; the new one is the database's journal."""
    store, run, entries = RESTORED
    lost = link(run, 25, entries[-1].hash, "status", {"status": "running"}, epoch=2)
    whole = desk.write([*entries, lost])
    opened = partial(
        open_copy, desk.folder, run, reads=store.continuity, signer=WALLET, files=SystemFiles(), say=desk.say
    )
    with pytest.raises(DatabaseRestored, match="record 25 of the journal"):
        await opened()
    assert await store.leases.raise_epoch(LIVE, 8) == 9
    with pytest.raises(DatabaseRestored, match="record 25 of the journal"):
        await opened()
    store.journal.append(run, JournalKind.RESTORED, {"reason": "a backup"}, epoch=9)
    copy = await opened()
    assert (copy.head.seq, desk.said) == (0, [LogEvent.JOURNAL_QUARANTINED])
    assert desk.path.with_name(f"{desk.path.name}.before-25-{lost.hash[:8]}").read_bytes() == whole
    await JournalCatchUp(store.journal, copy)()
    assert (copy.head.seq, copy.remembered.restored_hash) == (26, copy.head.hash)
    copy.close()
    assert (await opened()).head.seq == 26
