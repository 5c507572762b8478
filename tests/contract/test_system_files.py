"""What every file system behind the port promises: whole files, exact modes, locks that one holds at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agentic_core.ports.files import FileLock, Files
from agentic_core.system import SystemFiles

PORTS = ("agentic_core.ports.files.Files", "agentic_core.ports.files.FileLock")

IMPLEMENTATIONS: dict[str, Callable[[], Files]] = {"system": SystemFiles}
"""Every implementation; one that is to come for simulated crashes belongs here, too."""


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def files(request: pytest.FixtureRequest) -> Files:
    """Give each implementation in turn."""
    return IMPLEMENTATIONS[request.param]()


def locked(files: Files, path: Path, holder: str, wait_s: float = 0) -> FileLock:
    """Take a lock that is free."""
    lock = files.lock(path, holder=holder, wait_s=wait_s)
    assert lock is not None
    return lock


def test_nothing_is_there_before_it_is_made(files: Files, tmp_path: Path) -> None:
    """Missing is an answer: no status, no content, and removing it is done already."""
    missing = tmp_path / "a" / "b"
    assert (files.status(missing), files.read_bytes(missing)) == (None, None)
    files.remove_tree(missing)
    assert files.status(tmp_path / "a") is None


@pytest.mark.parametrize("content", [b"", b"one\r\n\0two", b"x" * 100_000], ids=["empty", "binary", "long"])
def test_written_content_is_read_back(files: Files, tmp_path: Path, content: bytes) -> None:
    """Byte by byte, and the size is known."""
    files.write_bytes(tmp_path / "file", content)
    assert files.read_bytes(tmp_path / "file") == content
    status = files.status(tmp_path / "file")
    assert status is not None
    assert (status.size, status.is_folder, status.is_link) == (len(content), False, False)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o400])
def test_written_file_has_exactly_the_mode_asked_for(files: Files, tmp_path: Path, mode: int) -> None:
    """On the first write and on the next one; the default is private."""
    path = tmp_path / "file"
    files.write_bytes(path, b"first")
    files.write_bytes(path, b"second", mode=mode)
    status, other = files.status(path), tmp_path / "other"
    files.write_bytes(other, b"")
    default = files.status(other)
    assert status is not None
    assert default is not None
    assert (status.mode, default.mode) == (mode, 0o600)


def test_write_replaces_a_link_and_not_what_it_points_at(files: Files, tmp_path: Path) -> None:
    """Whoever put the link there does not choose what is overwritten."""
    files.write_bytes(tmp_path / "target", b"untouched")
    files.link(tmp_path / "link", tmp_path / "target")
    files.write_bytes(tmp_path / "link", b"new")
    assert files.read_bytes(tmp_path / "target") == b"untouched"
    status = files.status(tmp_path / "link")
    assert status is not None
    assert not status.is_link


def test_write_into_a_missing_folder_is_an_error_that_leaves_nothing(files: Files, tmp_path: Path) -> None:
    """Folders are made on purpose only."""
    with pytest.raises(OSError, match="missing"):
        files.write_bytes(tmp_path / "missing" / "file", b"x")
    assert files.status(tmp_path / "missing") is None


def test_made_folder_and_its_parents_have_the_mode_and_existing_ones_keep_theirs(files: Files, tmp_path: Path) -> None:
    """A second call changes nothing."""
    files.make_folder(tmp_path / "a", mode=0o755)
    files.make_folder(tmp_path / "a" / "b" / "c", mode=0o711)
    files.make_folder(tmp_path / "a" / "b" / "c")
    statuses = [files.status(tmp_path / part) for part in ("a", "a/b", "a/b/c")]
    assert [status.mode for status in statuses if status is not None] == [0o755, 0o711, 0o711]
    assert all(status is not None and status.is_folder for status in statuses)


def test_reading_a_folder_is_an_error(files: Files, tmp_path: Path) -> None:
    """A folder is not an empty file."""
    with pytest.raises(OSError, match="directory"):
        files.read_bytes(tmp_path)


def test_copied_tree_is_a_second_one(files: Files, tmp_path: Path) -> None:
    """Contents and modes come along, links stay links, and later changes stay on their side."""
    files.make_folder(tmp_path / "one" / "inner", mode=0o750)
    files.write_bytes(tmp_path / "one" / "inner" / "file", b"1", mode=0o640)
    files.link(tmp_path / "one" / "link", Path("inner"))
    files.copy_tree(tmp_path / "one", tmp_path / "two")
    files.write_bytes(tmp_path / "one" / "inner" / "file", b"changed")
    copied, link = files.status(tmp_path / "two" / "inner" / "file"), files.status(tmp_path / "two" / "link")
    assert copied is not None
    assert link is not None
    assert (files.read_bytes(tmp_path / "two" / "inner" / "file"), copied.mode, link.is_link) == (b"1", 0o640, True)


def test_copy_onto_something_is_an_error(files: Files, tmp_path: Path) -> None:
    """Trees are not mixed."""
    files.make_folder(tmp_path / "one")
    files.make_folder(tmp_path / "two")
    with pytest.raises(OSError, match="two"):
        files.copy_tree(tmp_path / "one", tmp_path / "two")


def test_renamed_file_replaces_what_was_there(files: Files, tmp_path: Path) -> None:
    """And is gone from where it was."""
    files.write_bytes(tmp_path / "old", b"new content")
    files.write_bytes(tmp_path / "place", b"old content")
    files.rename(tmp_path / "old", tmp_path / "place")
    assert files.read_bytes(tmp_path / "place") == b"new content"
    assert files.status(tmp_path / "old") is None


def test_rename_onto_a_folder_with_something_in_it_is_an_error(files: Files, tmp_path: Path) -> None:
    """Nothing is lost by moving."""
    files.make_folder(tmp_path / "one")
    files.make_folder(tmp_path / "two" / "inner")
    with pytest.raises(OSError, match="not empty"):
        files.rename(tmp_path / "one", tmp_path / "two")


def test_removed_link_leaves_what_it_points_at(files: Files, tmp_path: Path) -> None:
    """A link is removed as a link, also inside a tree."""
    files.make_folder(tmp_path / "kept")
    files.write_bytes(tmp_path / "kept" / "file", b"x")
    files.make_folder(tmp_path / "tree")
    for path in (tmp_path / "link", tmp_path / "tree" / "link"):
        files.link(path, tmp_path / "kept")
    files.remove_tree(tmp_path / "link")
    files.remove_tree(tmp_path / "tree")
    assert [files.status(tmp_path / name) for name in ("link", "tree")] == [None, None]
    assert files.read_bytes(tmp_path / "kept" / "file") == b"x"


def test_giving_a_tree_that_is_not_there_is_an_error(files: Files, tmp_path: Path) -> None:
    """Nobody is told that something was given away which never was."""
    with pytest.raises(OSError, match="missing"):
        files.give_tree(tmp_path / "missing", uid=0, gid=0)


def test_lock_is_held_by_one_and_free_after_its_release(files: Files, tmp_path: Path) -> None:
    """The second gets None at once, reads who holds it, and gets it when it is free; another file is another lock."""
    path = tmp_path / "lock"
    first = locked(files, path, "the first")
    assert files.lock(path, holder="the second") is None
    assert files.read_bytes(path) == b"the first"
    other = locked(files, tmp_path / "other", "the second")
    first.release()
    second = locked(files, path, "the second", wait_s=5)
    assert files.read_bytes(path) == b"the second"
    for lock in (other, second):
        lock.release()


def test_lock_released_twice_frees_nobody_elses(files: Files, tmp_path: Path) -> None:
    """A second release does nothing, whoever holds the lock by then."""
    path = tmp_path / "lock"
    first = locked(files, path, "the first")
    first.release()
    second = locked(files, path, "the second")
    first.release()
    assert files.lock(path, holder="a third") is None
    assert files.read_bytes(path) == b"the second"
    second.release()


def test_locks_have_descriptors_of_their_own(files: Files, tmp_path: Path) -> None:
    """What a child has to keep open is a number of ours, different for each lock."""
    one, two = locked(files, tmp_path / "1", "x"), locked(files, tmp_path / "2", "x")
    assert one.descriptor >= 0
    assert one.descriptor != two.descriptor
    one.release()
    two.release()


def test_lock_in_a_missing_folder_is_an_error(files: Files, tmp_path: Path) -> None:
    """The file is made, its folder is not."""
    with pytest.raises(OSError, match="missing"):
        files.lock(tmp_path / "missing" / "lock", holder="x")
