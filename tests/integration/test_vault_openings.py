"""When the runner of a deployment is handed its sealed key, when no longer, and what a restored backup does to that."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from typer.testing import CliRunner, Result

from agentic_core.cli.db import build
from agentic_core.cli.services import Services
from agentic_core.system import SystemClock, SystemEntropy, SystemFiles, SystemProcesses
from tests.support.by_hand import execute
from tests.support.canaries import Canary
from tests.support.embedded_postgres import GivenEnvironment
from tests.support.sealed_keys import KEY, ROOT_A, ROOT_B
from tests.support.stored_values import USER
from tests.support.vault_room import OURS, Login, VaultRoom, furnished

pytest_plugins = ["tests.support.postgres"]

OPEN = "select is_live, cause, envelope = %(envelope)s from public.open_agent_envelope(%(epoch)s, %(holder)s)"
REVOKE = "update public.hyperliquid_agents set revoked_at = now(), ended_by = 'revoked'"
UNDO = "update public.hyperliquid_agents set revoked_at = null, ended_by = null"
LATER = "update public.hyperliquid_agents set revoked_at = now() + interval '1 year'"
TAKE = "update public.leases set epoch = epoch + 1, state = 'revoked' where account_key like 'mainnet:%'"
WEB, JOBS = Login("agentic_web", f"agentic.user_id={USER}"), Login("agentic_jobs")


@pytest.fixture
def room(database: str) -> VaultRoom:
    """Return a furnished database."""
    return furnished(database)


@contextmanager
def session(room: VaultRoom, login: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Sign in and begin a transaction that is not ended."""
    with psycopg.connect(make_conninfo(room.dsn, user=login)) as connection:
        connection.execute("set local lock_timeout = '200ms'")
        yield connection
        connection.rollback()


def test_every_opening_is_noted(room: VaultRoom) -> None:
    """With deployment, wallet, epoch and holder; what was refused is not."""
    assert room.tried(Login(OURS), OPEN, OPEN) == ["[(True, None, True)]"] * 2
    assert room.tried(Login(OURS), OPEN.replace("%(epoch)s", "9")) == ["[(False, None, None)]"]
    noted = room.by_hand(
        "select deployment_id::text, agent_id::text, epoch, holder from key_openings where purpose = 'trade'"
    )
    assert noted == [(room.deployment, room.wallet.id, room.fence.epoch, "machine-1")] * 2


def test_second_holder_in_one_epoch_gets_nothing(room: VaultRoom) -> None:
    """A lease cannot change hands within an epoch, but a database that went back in time may have forgotten one."""
    note = "insert into key_openings (deployment_id, agent_id, epoch, holder, purpose) values (%s, %s, %s, %s, 'trade')"
    room.by_hand(note, room.deployment, room.wallet.id, room.fence.epoch + 1, "machine-2")
    assert room.tried(Login(OURS), OPEN) == ["[(True, None, True)]"]
    room.by_hand(note, room.deployment, room.wallet.id, room.fence.epoch, "machine-2")
    assert room.tried(Login(OURS), OPEN) == ["[(True, 'opened_by_another', None)]"]


@pytest.mark.parametrize("login", [WEB, JOBS])
def test_revoked_wallet_stays_revoked(room: VaultRoom, login: Login) -> None:
    """Those who may revoke cannot take it back, and not move it; the owner may mend a mistake."""
    revoked, undone, moved = room.tried(login, REVOKE, UNDO, LATER)
    assert revoked == "UPDATE 1"
    assert undone.startswith(f"23001: agent wallet {KEY.address} was revoked, and stays so")
    assert moved.startswith("23001")
    assert room.tried(Login(OURS), OPEN) == ["[(True, 'revoked', None)]"]
    room.by_hand(UNDO)
    assert room.tried(Login(OURS), OPEN) == ["[(True, None, True)]"]


def test_lease_is_taken_away_before_or_after_a_key_is_handed_out(room: VaultRoom) -> None:
    """And not while: who revokes waits for the answer, and from then on nothing is handed out."""
    with session(room, OURS) as runner, session(room, "agentic_jobs") as jobs:
        assert runner.execute(OPEN.encode(), room.names).fetchone() == (True, None, True)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            jobs.execute(TAKE.encode())
    assert room.tried(JOBS, TAKE) == ["UPDATE 1"]
    assert room.tried(Login(OURS), OPEN) == ["[(False, None, None)]"]


def test_wallet_is_revoked_while_a_key_is_handed_out(room: VaultRoom) -> None:
    """No transaction of a runner keeps its owner from that."""
    with session(room, OURS) as runner:
        assert runner.execute(OPEN.encode(), room.names).fetchone() == (True, None, True)
        assert room.tried(WEB, "set lock_timeout = '200ms'", REVOKE) == ["SET", "UPDATE 1"]
        assert runner.execute(OPEN.encode(), room.names).fetchone() == (True, "revoked", None)


def run(variables: dict[str, str], *arguments: str) -> Result:
    """Run a command of `agentic db`."""
    services = Services(
        clock=SystemClock(),
        entropy=SystemEntropy(),
        environment=GivenEnvironment(variables),
        processes=SystemProcesses(),
        files=SystemFiles(),
    )
    return CliRunner().invoke(build(services), list(arguments))


def test_restored_backup_brings_a_key_back_and_says_so(room: VaultRoom, empty_database: str, tmp_path: Path) -> None:
    """What was destroyed and revoked is there again, nobody gets a lease, and the owner is told of the wallets."""
    kept = str(tmp_path / "kept")
    assert run({"DATABASE_URL": room.dsn}, "backup", kept).exit_code == 0
    room.by_hand(REVOKE)
    room.by_hand("select destroy_hyperliquid_agent_secret(%s)", room.wallet.vault_key_id)
    there = {"DATABASE_URL": empty_database, "AGENTIC_HOME": str(tmp_path)}
    assert run(there, "restore", kept).exit_code == 0
    back = execute(empty_database, "select secret = %s from vault.secrets", room.kept.envelope)
    assert (back, room.by_hand("select 1 from vault.secrets")) == ([(True,)], [])
    assert execute(empty_database, "select revoked_at from hyperliquid_agents") == [(None,)]
    with pytest.raises(psycopg.Error, match="no lease is given"):
        execute(empty_database, "update leases set epoch = epoch + 1, holder = 'machine-2', expires_at = 'infinity'")
    told = run(there, "resolve")
    assert told.exit_code == 1
    assert "compare agent wallets with the venue's list first: keys destroyed since are back" in told.output
    assert run(there, "resolve", "--yes").exit_code == 0
    restored = VaultRoom(empty_database)
    restored.wallet, restored.kept, restored.deployment, restored.fence = (
        room.wallet,
        room.kept,
        room.deployment,
        room.fence,
    )
    assert restored.tried(Login(OURS), OPEN) == ["[(False, None, None)]"]


@pytest.mark.parametrize(
    ("setting", "code"),
    [(ROOT_B, 1), (f"{ROOT_B},{ROOT_A}", 0), (ROOT_A, 0), (f"{ROOT_A},{ROOT_A}", 2), (ROOT_A.upper(), 2), ("", 2)],
    ids=["the new root alone", "both roots", "the old root", "one id twice", "another case", "nothing"],
)
def test_rotation_by_the_operator_never_shows_a_key(room: VaultRoom, setting: str, code: int) -> None:
    """Whether it works, is refused or cannot be read."""
    done = run({"DATABASE_URL": room.dsn, "AGENTIC_KEY_ENCRYPTION_KEY": setting}, "rotate-keys")
    told = done.output + repr(done.exception)
    assert done.exit_code == code or getattr(done.exception, "exit_code", None) == code, told
    assert [part for part in (ROOT_A[7:], ROOT_B[7:], room.kept.envelope) if part[4:40].lower() in told.lower()] == []
    assert Canary("the key", KEY.reveal()).forms_in(told.encode()) == set()
    moved = room.by_hand("select split_part(secret, '.', 2) from vault.secrets")
    assert moved == [("root-b" if setting.startswith(ROOT_B) and not code else "root-a",)]
