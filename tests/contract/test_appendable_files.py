"""What every file that only grows promises: order, durability on return, and no trust after a failure."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agentic_core.ports.files import Files
from agentic_core.system import SystemFiles
from tests.support.breaking_disk import BreakingDisk

PORTS = ("agentic_core.ports.files.AppendableFile",)

IMPLEMENTATIONS: dict[str, Callable[[], Files]] = {"breaking": BreakingDisk, "system": SystemFiles}


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def files(request: pytest.FixtureRequest) -> Files:
    """Give each implementation in turn."""
    return IMPLEMENTATIONS[request.param]()


def test_appended_content_stands_in_its_order_and_is_there_for_the_next_to_open(files: Files, tmp_path: Path) -> None:
    """Also where nothing was appended in between; what others read is the same."""
    path = tmp_path / "file"
    first = files.open_appendable(path)
    first.append(b"one")
    first.append(b"")
    first.append(b"two")
    first.close()
    second = files.open_appendable(path)
    second.append(b"three")
    assert (second.size, second.read(0, 100), files.read_bytes(path)) == (11, b"onetwothree", b"onetwothree")
    second.close()


def test_appendable_file_is_read_at_any_place(files: Files, tmp_path: Path) -> None:
    """Less where the file ends before, nothing behind it."""
    file = files.open_appendable(tmp_path / "file")
    file.append(b"0123456789")
    assert [file.read(*span) for span in ((2, 3), (8, 5), (10, 1), (99, 1), (0, 0))] == [b"234", b"89", b"", b"", b""]
    file.close()


def test_new_appendable_file_has_exactly_the_mode_asked_for_and_an_old_one_keeps_its_own(
    files: Files, tmp_path: Path
) -> None:
    """Private unless said otherwise."""
    for name, mode in (("open", 0o644), ("private", 0o600)):
        files.open_appendable(tmp_path / name, mode=mode).close()
    files.open_appendable(tmp_path / "open").close()
    statuses = [files.status(tmp_path / name) for name in ("open", "private")]
    assert [status.mode for status in statuses if status is not None] == [0o644, 0o600]


def test_cut_file_ends_where_it_was_cut_and_grows_from_there(files: Files, tmp_path: Path) -> None:
    """What was cut off does not come back."""
    file = files.open_appendable(tmp_path / "file")
    file.append(b"kept and lost")
    file.cut(4)
    file.append(b"!")
    assert (file.size, files.read_bytes(tmp_path / "file")) == (5, b"kept!")
    file.close()


def test_link_is_not_opened_to_append(files: Files, tmp_path: Path) -> None:
    """Whoever put it there does not choose which file grows."""
    files.write_bytes(tmp_path / "target", b"untouched")
    files.link(tmp_path / "link", tmp_path / "target")
    with pytest.raises(OSError, match="link"):
        files.open_appendable(tmp_path / "link")
    assert files.read_bytes(tmp_path / "target") == b"untouched"


def test_closed_file_takes_nothing_and_is_closed_once(files: Files, tmp_path: Path) -> None:
    """A second close does nothing; an append is an error."""
    file = files.open_appendable(tmp_path / "file")
    file.close()
    file.close()
    with pytest.raises(OSError, match="descriptor"):
        file.append(b"late")
    assert files.read_bytes(tmp_path / "file") == b""


def test_file_that_failed_once_is_never_written_again(tmp_path: Path) -> None:
    """Neither appended nor cut: what the disk holds is found out by opening it anew."""
    disk = BreakingDisk()
    disk.fail_at(2, kept=2)
    file = disk.open_appendable(tmp_path / "file")
    file.append(b"whole ")
    for attempt in (b"torn", b"again"):
        with pytest.raises(OSError, match=r"Input/output error|earlier write failed"):
            file.append(attempt)
    with pytest.raises(OSError, match="earlier write failed"):
        file.cut(0)
    file.close()
    assert disk.read_bytes(tmp_path / "file") == b"whole to"
