"""The runner's copy of a journal: what it takes, what it remembers, and what it makes of any file it finds."""

from hashlib import sha256
from itertools import accumulate
from pathlib import Path

import pytest
from msgspec.structs import replace

from agentic_core.domain import DeploymentId
from agentic_core.domain.journal import JournalEntry, JournalKind
from agentic_core.errors import Fenced, JournalBroken, UsageError
from agentic_core.journal.frames import FRAME_MAX
from agentic_core.logevents import LogEvent
from agentic_core.store.journal_copy import copy_path, read_copy
from agentic_core.system import SystemFiles
from tests.support.copies import Desk, line_of_entry, story
from tests.support.journal_by_hand import framed, link
from tests.support.stored_values import WALLET

_, RUN, ENTRIES = story()
FEW = ENTRIES[:4]
FRAMES = tuple(framed(line_of_entry(entry)) for entry in FEW)
WHOLE = b"".join(FRAMES)
ENDS = tuple(accumulate(map(len, FRAMES)))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a folder without a copy."""
    return Desk(tmp_path, RUN)


def found(content: bytes) -> list[JournalEntry]:
    """Return the entries that are handed out of a file."""
    taken: list[JournalEntry] = []
    read_copy(content, taken.append)
    return taken


def test_copy_is_frames_of_hash_and_record(desk: Desk) -> None:
    """Byte by byte what the page says, in a file that nobody else may read."""
    assert desk.write(FEW) == WHOLE
    assert (desk.path.name, desk.path.stat().st_mode & 0o777) == (f"{RUN}.journal", 0o600)
    assert found(WHOLE) == list(FEW)


def test_copy_remembers_head_epoch_and_last_nonce(desk: Desk) -> None:
    """After it was opened again, too; an empty one remembers nothing."""
    empty = desk.open()
    assert (empty.head.seq, empty.remembered.nonces, empty.remembered.head.epoch) == (0, {}, None)
    empty.append(ENTRIES)
    before = empty.remembered
    empty.close()
    copy = desk.open()
    assert copy.remembered == before
    assert (copy.head.seq, copy.head.hash, copy.head.epoch) == (24, ENTRIES[-1].hash, 2)
    assert copy.remembered.nonces == {WALLET: 1_640_995_260_123}
    assert copy.remembered.restored_hash is None
    copy.close()


def test_copy_remembers_the_newest_answer_for_a_restored_database(desk: Desk) -> None:
    """By the hash of its record."""
    genesis = ENTRIES[0]
    first = link(RUN, 2, genesis.hash, JournalKind.RESTORED, {"reason": "one"})
    second = link(RUN, 3, first.hash, JournalKind.RESTORED, {"reason": "two"}, epoch=9)
    desk.write([genesis, first, second])
    assert desk.open().remembered.restored_hash == second.hash


def test_copy_takes_nothing_that_does_not_follow(desk: Desk) -> None:
    """None of a batch is written where one of it does not fit, and what fits is taken afterwards."""
    copy = desk.open()
    copy.append(ENTRIES[:3])
    third, fourth, fifth = ENTRIES[2:5]
    before = desk.path.read_bytes()
    for batch in (
        [third],
        [fifth],
        [fourth, replace(fifth, hash="0" * 64)],
        [replace(fourth, record=fourth.record.replace("order", "ordre"))],
        [replace(fourth, deployment=DeploymentId("another"))],
        [replace(fourth, epoch=7)],
        [link(RUN, 4, third.hash, "status", {}, epoch=0)],
        [link(RUN, 4, third.hash, "genesis", {}, epoch=1)],
        [link(RUN, 4, ENTRIES[0].hash, "status", {}, epoch=1)],
    ):
        with pytest.raises(JournalBroken, match="the database's journal does not go on where"):
            copy.append(batch)
    assert desk.path.read_bytes() == before
    copy.append([fourth, fifth])
    assert copy.head.seq == 5
    copy.close()


def test_copy_writes_a_long_batch_as_several_frames(desk: Desk) -> None:
    """None is longer than a frame may be; all of them are read back."""
    head, entries = ENTRIES[0], [ENTRIES[0]]
    for number in range(5):
        entries.append(link(RUN, number + 2, entries[-1].hash, "status", {"error_text": "x" * 300_000}))
    copy = desk.open()
    copy.append(entries)
    copy.close()
    assert found(desk.path.read_bytes()) == entries
    assert desk.path.read_bytes().startswith((len(line_of_entry(head)) + 3 * 300_000).to_bytes(4)[:1])
    assert desk.open().head.seq == 6


def test_copy_file_that_ends_anywhere_is_recovered_and_goes_on(desk: Desk) -> None:
    """Whole frames stay, the rest is kept beside it and taken again; the frames' tests try every byte."""
    torn = desk.path.with_name(f"{desk.path.name}.torn")
    for size in (*range(ENDS[2] - 2, ENDS[2] + 20), *range(ENDS[2] + 20, ENDS[3], 5), ENDS[3] - 1):
        desk.path.write_bytes(WHOLE[:size])
        torn.unlink(missing_ok=True)
        desk.said.clear()
        kept = max(end for end in (0, *ENDS) if end <= size)
        copy = desk.open()
        assert copy.head.seq == (0, *ENDS).index(kept)
        assert desk.path.read_bytes() == WHOLE[:kept]
        if size > kept:
            assert (torn.read_bytes(), desk.said) == (WHOLE[kept:size], [LogEvent.JOURNAL_RECOVERED])
        else:
            assert (torn.exists(), desk.said) == (False, [])
        if size % 10 == 0:
            for entry in FEW[copy.head.seq :]:
                copy.append([entry])
            assert desk.path.read_bytes() == WHOLE
        copy.close()


def test_copy_of_which_any_byte_was_altered_is_never_believed(desk: Desk) -> None:
    """It is set aside, or its last frame is fetched again; no other record than ours is ever remembered."""
    aside = desk.path.with_name(f"{desk.path.name}.quarantine")
    for place in range(len(WHOLE)):
        altered = bytearray(WHOLE)
        altered[place] ^= 1 << place % 8
        assert found(bytes(altered)) == list(FEW[: sum(end <= place for end in ENDS)])
        if place % 13:  # whatever is made of the file is made of what was found in it
            continue
        desk.path.write_bytes(altered)
        try:
            copy = desk.open()
        except JournalBroken:
            assert (aside.read_bytes(), desk.path.exists()) == (bytes(altered), False)
            aside.unlink()
        else:
            assert place >= ENDS[2], "what stands before the last frame was not torn"
            assert copy.head.hash == FEW[2].hash
            copy.close()


@pytest.mark.parametrize("seed", range(20))
def test_copy_with_rubbish_behind_it_is_recovered(desk: Desk, seed: int) -> None:
    """Up to one frame of it; a longer stretch was no single write."""
    rubbish = b"".join(sha256(b"%d.%d" % (seed, block)).digest() for block in range(seed * 10))[: 1 + seed * 300]
    desk.path.write_bytes(WHOLE + b"\x00\x00\x00\x00" + rubbish)
    copy = desk.open()
    assert (copy.head.hash, desk.path.read_bytes()) == (FEW[-1].hash, WHOLE)
    copy.close()


@pytest.mark.parametrize(
    ("behind", "why"),
    [
        (b"\x07" * (FRAME_MAX + 9), "the file is damaged at byte"),
        (b"\x00" + FRAMES[3], "the file is damaged at byte"),
        (FRAMES[3], "record 4 comes a second time instead"),
        (framed(line_of_entry(ENTRIES[5])), "it is missing; record 6 comes next"),
        (framed(line_of_entry(replace(ENTRIES[4], hash="0" * 64))), "its text does not have its hash"),
        (framed(b"no record\n"), "its line is none of a record"),
        (framed(b"\n"), "its line is none of a record"),
        (framed(b"\xff\xfe \xff\n"), "its line is none of a record"),
        (framed(line_of_entry(link(DeploymentId("x"), 5, FEW[3].hash, "status", {}))), "it belongs to deployment x"),
    ],
)
def test_copy_with_something_else_behind_it_is_set_aside(desk: Desk, behind: bytes, why: str) -> None:
    """Good frames with records that do not follow were not written by us; nothing of the file is lost."""
    desk.path.write_bytes(WHOLE + behind)
    with pytest.raises(JournalBroken, match=why):
        desk.open()
    aside = desk.path.with_name(f"{desk.path.name}.quarantine")
    assert (aside.read_bytes(), desk.said) == (WHOLE + behind, [LogEvent.JOURNAL_QUARANTINED])


def test_copy_that_was_set_aside_keeps_any_other_from_being_opened(desk: Desk) -> None:
    """Until a person has moved it away; a new one would remember nothing."""
    desk.path.write_bytes(framed(b"no record\n"))
    with pytest.raises(JournalBroken):
        desk.open()
    for _ in range(2):
        with pytest.raises(JournalBroken, match="was found damaged; look into it with"):
            desk.open()
    assert not desk.path.exists()
    desk.path.with_name(f"{desk.path.name}.quarantine").unlink()
    desk.open().close()


def test_copy_is_opened_once_at_a_time(desk: Desk) -> None:
    """Whoever comes second is fenced, and may open it once the first has let go; closing twice is nothing."""
    first = desk.open()
    with pytest.raises(Fenced, match="another process holds"):
        desk.open()
    first.close()
    first.close()
    with pytest.raises(JournalBroken, match="is closed"):
        first.append(ENTRIES[:1])
    desk.open().close()


def test_copy_of_a_restored_database_is_set_aside_under_its_head(desk: Desk) -> None:
    """And a new one begins, without what the old one remembered."""
    desk.write(FEW)
    copy = desk.open()
    aside = copy.set_aside(SystemFiles())
    assert aside.name == f"{RUN}.journal.before-4-{FEW[3].hash[:8]}"
    assert aside.read_bytes() == WHOLE
    assert desk.open().head.seq == 0


@pytest.mark.parametrize("name", ["../away", "a/b", ".hidden", "..", ""])
def test_deployment_that_cannot_name_a_file_is_refused(tmp_path: Path, name: str) -> None:
    """Nobody's id leads out of the folder."""
    with pytest.raises(UsageError, match="cannot name a file"):
        copy_path(tmp_path, DeploymentId(name))
