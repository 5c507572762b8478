"""The real clock, entropy, environment, decimals and files."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agentic_core.system import SystemClock, SystemEntropy, SystemEnvironment, SystemFiles

FILES = SystemFiles()


def test_clock_now_is_the_time_the_file_system_writes(tmp_path: Path) -> None:
    """Wall time is in milliseconds since the epoch, like that of a file made between two readings."""
    clock = SystemClock()
    before = clock.now()
    (tmp_path / "stamp").touch()
    written_ms = (tmp_path / "stamp").stat().st_mtime_ns // 1_000_000
    assert before - 50 <= written_ms <= clock.now() + 50


def test_clock_boottime_is_the_uptime_of_the_machine() -> None:
    """Boot time counts milliseconds and agrees with the kernel."""
    before = SystemClock().boottime_ms()
    uptime_ms = float(Path("/proc/uptime").read_text().split()[0]) * 1000
    assert before - 100 <= uptime_ms <= SystemClock().boottime_ms() + 100


@pytest.mark.anyio
async def test_clock_sleep_lasts_at_least_as_long_as_asked() -> None:
    """A sleep never ends early."""
    clock = SystemClock()
    before = clock.boottime_ms()
    await clock.sleep(0.02)
    assert clock.boottime_ms() - before >= 19


def test_entropy_draws_differ_and_have_the_asked_form() -> None:
    """UUIDs are random ones, tokens have the asked length, and nothing comes twice."""
    entropy = SystemEntropy()
    uuids = {entropy.uuid() for _ in range(100)}
    assert len(uuids) == 100
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", u) for u in uuids)
    assert len(entropy.token_bytes(32)) == 32
    assert entropy.token_bytes(32) != entropy.token_bytes(32)


def test_environment_mapping_is_a_picture_of_its_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set later is seen by a new reading and not in the old mapping."""
    environment = SystemEnvironment()
    before = environment.mapping()
    monkeypatch.setenv("AGENTIC_TEST_VARIABLE", "set")
    assert environment.get("AGENTIC_TEST_VARIABLE") == "set"
    assert environment.mapping()["AGENTIC_TEST_VARIABLE"] == "set"
    assert "AGENTIC_TEST_VARIABLE" not in before
    assert environment.get("AGENTIC_TEST_VARIABLE_NEVER_SET") is None


@pytest.mark.parametrize("expression", ["Decimal(0.5)", "Decimal(1) < 0.5", "getcontext().create_decimal(0.5)"])
@pytest.mark.parametrize("place", ["work()", "t = Thread(target=work); t.start(); t.join()"])
def test_decimal_traps_refuse_floats_in_every_thread(expression: str, place: str) -> None:
    """After the call neither this thread nor a later one lets a float become or meet a decimal."""
    program = (
        "from decimal import Decimal, FloatOperation, getcontext\n"
        "from threading import Thread\n"
        "from agentic_core.system import install_decimal_traps\n"
        "def work():\n"
        f"    try: {expression}\n"
        "    except FloatOperation: print('refused')\n"
        "    else: print('accepted')\n"
        f"{place}\ninstall_decimal_traps()\n{place}\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["accepted", "refused"]


def test_files_write_replaces_the_content_and_sets_the_mode(tmp_path: Path) -> None:
    """A second write leaves only its own content, the asked mode whatever the umask, and no draft."""
    path = tmp_path / "state.json"
    FILES.write_bytes(path, b"old")
    previous = os.umask(0o077)
    try:
        FILES.write_bytes(path, b"new", mode=0o644)
    finally:
        os.umask(previous)
    assert FILES.read_bytes(path) == b"new"
    assert oct(path.stat().st_mode & 0o777) == "0o644"
    assert names(tmp_path) == ["state.json"]


def test_files_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    """A folder in the way is not harmed, and no draft stays behind."""
    (tmp_path / "taken" / "inner").mkdir(parents=True)
    with pytest.raises(OSError, match="taken"):
        FILES.write_bytes(tmp_path / "taken", b"content")
    assert names(tmp_path) == ["taken"]
    assert names(tmp_path / "taken") == ["inner"]


def test_files_make_folder_sets_modes_of_new_folders_only(tmp_path: Path) -> None:
    """Missing parents get the same mode, existing ones keep theirs, and a repetition is harmless."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    FILES.make_folder(tmp_path / "open" / "a" / "b", mode=0o711)
    FILES.make_folder(tmp_path / "open" / "a" / "b", mode=0o700)
    modes = [oct((tmp_path / "open" / part).stat().st_mode & 0o777) for part in ("", "a", "a/b")]
    assert modes == ["0o755", "0o711", "0o711"]


def test_files_make_folder_where_a_file_stands_is_an_error(tmp_path: Path) -> None:
    """A file is not taken for a folder."""
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        FILES.make_folder(tmp_path / "file")


def test_files_status_tells_files_folders_links_and_nothing_apart(tmp_path: Path) -> None:
    """Links are looked at, not through, and what is missing is None."""
    (tmp_path / "file").write_bytes(b"1234")
    FILES.link(tmp_path / "link", tmp_path / "nowhere")
    found = [FILES.status(tmp_path / name) for name in (".", "file", "link", "missing", "file/below")]
    kinds = [(status.is_folder, status.is_link) if status else None for status in found]
    assert kinds == [(True, False), (False, False), (False, True), None, None]
    assert found[1] is not None
    assert (found[1].size, found[1].uid) == (4, os.geteuid())


def test_files_link_replaces_a_link(tmp_path: Path) -> None:
    """The second target wins."""
    FILES.link(tmp_path / "link", tmp_path / "first")
    FILES.link(tmp_path / "link", tmp_path / "second")
    assert (tmp_path / "link").readlink() == tmp_path / "second"


def test_files_copy_rename_and_remove_treat_whole_trees(tmp_path: Path) -> None:
    """A copied tree keeps its modes, moves as one, and goes away as one, without what its links point at."""
    (tmp_path / "source" / "bin").mkdir(parents=True)
    (tmp_path / "source" / "bin" / "program").write_bytes(b"run")
    (tmp_path / "source" / "bin" / "program").chmod(0o750)
    FILES.copy_tree(tmp_path / "source", tmp_path / "copy")
    FILES.rename(tmp_path / "copy", tmp_path / "moved")
    FILES.link(tmp_path / "moved" / "out", tmp_path / "source")
    assert oct((tmp_path / "moved" / "bin" / "program").stat().st_mode & 0o777) == "0o750"
    FILES.remove_tree(tmp_path / "moved")
    FILES.remove_tree(tmp_path / "moved")
    assert names(tmp_path) == ["source"]
    assert FILES.read_bytes(tmp_path / "source" / "bin" / "program") == b"run"


def test_files_give_tree_changes_owners_not_what_links_point_at(tmp_path: Path) -> None:
    """Giving a tree to ourselves is allowed to everyone and leaves strangers alone."""
    (tmp_path / "tree" / "inner").mkdir(parents=True)
    (tmp_path / "tree" / "dangling").symlink_to(tmp_path / "nowhere")
    FILES.give_tree(tmp_path / "tree", uid=os.geteuid(), gid=os.getegid())
    assert (tmp_path / "tree" / "inner").stat().st_gid == os.getegid()


def test_lock_admits_one_holder_and_names_it(tmp_path: Path) -> None:
    """While one holds the lock another gets None, can read who it is, and gets the lock after the release."""
    path = tmp_path / "lock"
    first = FILES.lock(path, holder="first")
    assert first is not None
    assert FILES.lock(path, holder="second", wait_s=0.02) is None
    assert FILES.read_bytes(path) == b"first"
    first.release()
    first.release()
    assert FILES.read_bytes(path) == b""
    second = FILES.lock(path, holder="second")
    assert second is not None
    second.release()


def test_lock_stays_with_a_child_that_holds_the_descriptor(tmp_path: Path) -> None:
    """Our release does not free what a child was given; its end does."""
    path = tmp_path / "lock"
    lock = FILES.lock(path, holder="us")
    assert lock is not None
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[lock.descriptor]) as child:
        lock.release()
        assert FILES.lock(path, holder="other") is None
        child.communicate()
    assert FILES.lock(path, holder="other") is not None


def test_lock_is_not_kept_by_a_fork(tmp_path: Path) -> None:
    """A fork of Python that lives on does not hold the lock."""
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom agentic_core.system import SystemFiles\n"
        f"path = Path({str(tmp_path / 'lock')!r})\n"
        "lock = SystemFiles().lock(path, holder='us')\n"
        "read, write = os.pipe()\n"
        "if os.fork() == 0:\n    os.close(write); os.read(read, 1); os._exit(0)\n"
        "lock.release()\n"
        "print(SystemFiles().lock(path, holder='again', wait_s=5) is not None)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True"]


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return sorted(path.name for path in folder.iterdir())
