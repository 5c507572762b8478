"""The tape in a file: what is on the disk, what a crash leaves, and what was changed later."""

from pathlib import Path

import pytest

from agentic_core.chat.tapes.tape_file import FileTape
from agentic_core.errors import ConfigError, InputError
from agentic_core.system import SystemFiles
from tests.support.breaking_disk import BreakingDisk
from tests.support.taped import exchange

pytestmark = pytest.mark.anyio

ONE, TWO, THREE = (exchange(b'{"q":%d}' % number, b"answer %d" % number) for number in (1, 2, 3))


async def recorded(path: Path) -> bytes:
    """Record three exchanges, and return what is on the disk."""
    tape = FileTape.open(path, SystemFiles(), records=True)
    for entry in (ONE, TWO, THREE):
        await tape.keep(entry)
    tape.close()
    return on_disk(path)


def on_disk(path: Path) -> bytes:
    """Return what a file holds."""
    return path.read_bytes()


async def test_tape_is_there_for_the_next_to_open_in_the_order_it_was_recorded(tmp_path: Path) -> None:
    """Reading takes no lock and writes nothing."""
    content = await recorded(tmp_path / "tape")
    first, second = (FileTape.open(tmp_path / "tape", SystemFiles(), records=False) for _ in range(2))
    assert list(first.entries()) == list(second.entries()) == [ONE, TWO, THREE]
    assert (len(first), await first.find(TWO.key)) == (3, TWO)
    assert (tmp_path / "tape").read_bytes() == content
    first.close()
    second.close()


async def test_tape_begins_with_its_format_and_has_a_line_for_every_exchange(tmp_path: Path) -> None:
    """Any program that reads JSON line by line can read it."""
    lines = (await recorded(tmp_path / "tape")).splitlines()
    assert lines[0] == b'{"schema":"agentic-chat-tape/1"}'
    assert [line[:8] for line in lines[1:]] == [b'{"crc":"'] * 3


async def test_every_torn_last_line_is_cut_off_and_recorded_again(tmp_path: Path) -> None:
    """Wherever the crash cut, the exchanges before are there and the tape grows from where it was whole."""
    path = tmp_path / "tape"
    content = await recorded(path)
    start = content.rindex(b'{"crc"')
    for cut in range(start, len(content)):
        path.write_bytes(content[:cut])
        tape = FileTape.open(path, SystemFiles(), records=True)
        assert list(tape.entries()) == [ONE, TWO], f"cut at byte {cut}"
        await tape.keep(THREE)
        tape.close()
        assert path.read_bytes() == content, f"cut at byte {cut}"


async def test_torn_first_line_is_an_empty_tape(tmp_path: Path) -> None:
    """A crash right after the file was made leaves nothing to lose."""
    path = tmp_path / "tape"
    for content in (b"", b'{"schema":"agen'):
        path.write_bytes(content)
        tape = FileTape.open(path, SystemFiles(), records=True)
        await tape.keep(ONE)
        assert list(tape.entries()) == [ONE]
        tape.close()


async def test_torn_last_line_stays_where_the_tape_is_only_read(tmp_path: Path) -> None:
    """What is not there is not there, and evidence is not touched."""
    path = tmp_path / "tape"
    torn = (await recorded(path))[:-5]
    path.write_bytes(torn)
    tape = FileTape.open(path, SystemFiles(), records=False)
    assert (list(tape.entries()), path.read_bytes()) == ([ONE, TWO], torn)
    tape.close()


@pytest.mark.parametrize("records", [True, False])
async def test_tape_with_a_changed_line_is_refused_with_its_number(tmp_path: Path, records: bool) -> None:
    """An answer that somebody improved is not replayed."""
    path = tmp_path / "tape"
    content = await recorded(path)
    at = content.index(b'"body":"', content.index(b'"body":"') + 1) + len(b'"body":"')
    path.write_bytes(content[:at] + b"Q" + content[at + 1 :])
    with pytest.raises(InputError, match="line 3 is not as it was written"):
        FileTape.open(path, SystemFiles(), records=records)


@pytest.mark.parametrize("records", [True, False])
async def test_tape_with_a_changed_last_line_is_refused_too(tmp_path: Path, records: bool) -> None:
    """It ends as it was written, so no crash has torn it; cutting it off would throw evidence away."""
    path = tmp_path / "tape"
    content = await recorded(path)
    at = content.rindex(b'"body":"') + len(b'"body":"')
    changed = content[:at] + b"Q" + content[at + 1 :]
    path.write_bytes(changed)
    with pytest.raises(InputError, match="line 4 is not as it was written"):
        FileTape.open(path, SystemFiles(), records=records)
    assert path.read_bytes() == changed


async def test_last_line_that_the_disk_filled_with_nothing_is_cut_off(tmp_path: Path) -> None:
    """After a loss of power a file may be as long as it was to become, with empty pages in it."""
    path = tmp_path / "tape"
    content = await recorded(path)
    start = content.rindex(b'{"crc"')
    path.write_bytes(content[: start + 20] + bytes(30) + content[start + 50 :])
    tape = FileTape.open(path, SystemFiles(), records=True)
    assert list(tape.entries()) == [ONE, TWO]
    tape.close()


async def test_files_that_are_no_tape_are_refused_and_stay_as_they_are(tmp_path: Path) -> None:
    """Another file, a missing one, a folder."""
    other = tmp_path / "notes"
    other.write_bytes(b"dear diary, today I recorded nothing\n")
    for records in (True, False):
        with pytest.raises(InputError, match="no tape of this version"):
            FileTape.open(other, SystemFiles(), records=records)
        with pytest.raises(InputError, match="cannot be opened"):
            FileTape.open(tmp_path, SystemFiles(), records=records)
    with pytest.raises(InputError, match="there is no such tape"):
        FileTape.open(tmp_path / "missing", SystemFiles(), records=False)
    assert other.read_bytes() == b"dear diary, today I recorded nothing\n"
    assert not (tmp_path / "missing").exists()


async def test_one_process_records_on_a_tape(tmp_path: Path) -> None:
    """A second one is told so; it can read."""
    path = tmp_path / "tape"
    first = FileTape.open(path, SystemFiles(), records=True)
    with pytest.raises(ConfigError, match="another process records on this tape"):
        FileTape.open(path, SystemFiles(), records=True)
    reader = FileTape.open(path, SystemFiles(), records=False)
    with pytest.raises(ConfigError, match="opened for reading"):
        await reader.keep(ONE)
    reader.close()
    first.close()
    FileTape.open(path, SystemFiles(), records=True).close()


async def test_disk_that_is_full_is_said_and_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    """Half of the line is on the disk; the next to open cuts it off."""
    disk = BreakingDisk()
    disk.fail_at(3, kept=40)
    tape = FileTape.open(tmp_path / "tape", disk, records=True)
    await tape.keep(ONE)
    with pytest.raises(ConfigError, match="the disk does not take the tape"):
        await tape.keep(TWO)
    assert await tape.find(TWO.key) is None
    tape.close()
    again = FileTape.open(tmp_path / "tape", SystemFiles(), records=True)
    assert list(again.entries()) == [ONE]
    again.close()
