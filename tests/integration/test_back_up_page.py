"""The page on backups: its commands run as they are written, in their order, and its quoted refusal is the one said."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from agentic_core.domain import DeploymentId
from agentic_core.domain.continuity import Found, Remembered
from agentic_core.domain.journal import JournalHead
from agentic_core.journal.continuity import Behind, compare
from agentic_core.store.embedded.binaries import find_binaries
from tests.support.by_hand import execute
from tests.support.owner_commands import Owner
from tests.support.restoring import begin, refusal, tick

pytest_plugins = ["tests.support.postgres"]

PAGE = (Path(__file__).parents[2] / "docs/how-to/back-up-and-restore.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [
    line for block in BLOCKS for line in block.splitlines() if re.match(r"agentic |createdb |DATABASE_URL=", line)
]


@pytest.fixture
def shell(database: str, tmp_path: Path) -> dict[str, str]:
    """Return a shell's environment, in which the programs are found and the database is the traded one."""
    for place in ("bin", "backups"):
        (tmp_path / place).mkdir()
    (tmp_path / "bin/agentic").symlink_to(Path(sys.executable).parent / "agentic")
    begin(database)
    tick(database, 0)
    server = execute(database, "select current_setting('unix_socket_directories'), current_user")[0]
    # The wheel's programs stand beside each other and find their libraries from there.
    programs = Path(find_binaries().program("createdb")).parent
    return {
        "PATH": f"{tmp_path / 'bin'}:{programs}:{os.defpath}",
        "DATABASE_URL": database,
        "AGENTIC_HOME": str(tmp_path / "home"),
        "HOME": str(tmp_path),
        "PGHOST": str(server[0]),
        "PGUSER": str(server[1]),
    }


def _typed(line: str, shell: dict[str, str], folder: Path) -> tuple[int, str]:
    again = make_conninfo(shell["DATABASE_URL"], dbname="trading_again")
    filled = line.replace("/backups", str(folder / "backups"))
    filled = re.sub(r"DATABASE_URL=\S+", lambda _: f"DATABASE_URL='{again}'", filled)
    done = subprocess.run(["/bin/sh", "-c", filled], env=shell, check=False, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_commands_of_the_page_run_as_written(shell: dict[str, str], tmp_path: Path) -> None:
    """A backup, a database for it, and a look; what is typed in the text resolves it, and then leases are given."""
    assert [line.split(" /")[0].split(" agentic")[-1].strip() for line in COMMANDS] == [
        "agentic db backup",
        "createdb trading_again",
        "db restore",
        "agentic db resolve",
    ]
    again = make_conninfo(shell["DATABASE_URL"], dbname="trading_again")
    try:
        backup, create, restore, resolve = COMMANDS
        for line in (backup, create, restore):
            code, said = _typed(line, shell, tmp_path)
            assert code == 0, said
        assert refusal(again) is not None
        there = {**shell, "DATABASE_URL": again}
        assert _typed(resolve, there, tmp_path)[0] == 1
        assert _typed("agentic db status", there, tmp_path)[0] == 1
        for typed in ("agentic db resolve --yes", "agentic db resolve --behind --yes", "agentic db status"):
            assert f"`{typed}`" in PAGE
            code, said = _typed(typed, there, tmp_path)
            assert code == 0, said
        assert refusal(again) is None
    finally:
        execute(shell["DATABASE_URL"], "drop database if exists trading_again with (force)")


def test_options_that_the_page_names_are_there(database: str, tmp_path: Path) -> None:
    """Each of them, of the command that it is said of."""
    helped = {name: Owner(database, tmp_path).agentic("db", name, "--help").out for name in ("backup", "resolve")}
    for option, command in (
        ("--json", "backup"),
        ("--no-pause", "resolve"),
        ("--epoch-above", "resolve"),
        ("--nonce-above", "resolve"),
        ("--behind", "resolve"),
    ):
        assert option in PAGE
        assert option in helped[command]


def test_refusal_that_the_page_quotes_is_the_one_that_is_said() -> None:
    """For a lease of epoch 4 and a journal of 812 records in a database that has neither."""
    head = JournalHead(deployment=DeploymentId("…"), seq=812, hash="ab", epoch=4)
    judged = compare(Remembered(head=head, nonces={}), Found(hash_at_head=None, epoch=3, nonces={}))
    assert isinstance(judged, Behind)
    assert f"{judged.detail}\n" in "".join(BLOCKS)
