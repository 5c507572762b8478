"""`agentic db resolve`: what it does to a database before it trades again, and what it leaves alone."""

from pathlib import Path

import anyio
import pytest

from agentic_core.domain import Fence, LeaseState
from agentic_core.errors import Fenced
from agentic_core.store.postgres import open_store
from tests.support.by_hand import execute
from tests.support.numbered_intents import SIGNING
from tests.support.owner_commands import Owner
from tests.support.restoring import WAYS, begin, refusal, tick
from tests.support.store_under_test import TTL_MS
from tests.support.stored_values import DEPLOYMENT, HELD, LIVE, OTHER_WALLET, WALLET, decision

pytest_plugins = ["tests.support.postgres"]

COMMANDS = "select kind, state from agent_commands order by seq"
AS_ISSUED = ["pause", "resume", "clear_halt", "flatten", "stop", "kill", "snapshot"]


@pytest.fixture
def copied(database: str, tmp_path: Path) -> str:
    """Return the address of a copy of a database that traded: a deployment that runs, epoch 2, one order."""
    begin(database)
    tick(database, 0)
    execute(database, "update deployments set status = 'running'")
    return WAYS["a template"][0](database, tmp_path)


def _resolve(dsn: str, home: Path, *options: str) -> str:
    said = Owner(dsn, home).agentic("db", "resolve", "--yes", *options)
    assert (said.code, said.err) == (0, "")
    return said.out


def test_orders_to_go_on_that_waited_expire_and_those_that_stop_something_stay(copied: str, tmp_path: Path) -> None:
    """They were given to another time; and whatever runs is ordered to pause, because a stop may be what was lost."""
    assert execute(copied, COMMANDS) == [(kind, "queued") for kind in AS_ISSUED]
    said = _resolve(copied, tmp_path)
    loosening = {"resume", "clear_halt", "snapshot"}
    states = [(kind, "expired" if kind in loosening else "queued") for kind in AS_ISSUED]
    assert execute(copied, COMMANDS) == [*states, ("pause", "queued")]
    assert "3 waiting orders to go on: expired" in said
    assert "1 deployments: ordered to pause" in said
    outcomes = execute(
        copied, "select distinct outcome, acked_at is not null from agent_commands where state = 'expired'"
    )
    assert outcomes == [("the database was restored after it was issued", True)]

    async def pending() -> list[str]:
        async with open_store(copied) as store:
            return [command.kind for command in await store.commands.pending(DEPLOYMENT)]

    assert anyio.run(pending) == ["pause", "flatten", "stop", "kill", "pause"]


def test_deployment_that_does_not_run_is_not_ordered_to_pause(copied: str, tmp_path: Path) -> None:
    """There is nothing to pause."""
    for status in ("paused", "halted", "stopping", "stopped", "error"):
        execute(copied, "update deployments set status = %s", status)
        assert "0 deployments: ordered to pause" in _resolve(copied, tmp_path, "--behind"), status
    assert execute(copied, "select count(*) from agent_commands where kind = 'pause'") == [(1,)]


def test_failover_that_lost_nothing_may_leave_running_what_ran(copied: str, tmp_path: Path) -> None:
    """Old orders to go on expire all the same."""
    assert "0 deployments: ordered to pause" in _resolve(copied, tmp_path, "--no-pause")
    assert execute(copied, "select count(*) from agent_commands where state = 'expired'") == [(3,)]
    assert execute(copied, "select count(*) from agent_commands where kind = 'pause'") == [(1,)]


def test_account_that_was_revoked_stays_revoked(copied: str, tmp_path: Path) -> None:
    """Its epoch grows like every other."""
    execute(copied, "update leases set epoch = epoch + 1, state = 'revoked'")
    _resolve(copied, tmp_path)
    assert execute(copied, "select state, epoch > 1000000000000 from leases") == [("revoked", True)]

    async def take() -> object:
        async with open_store(copied) as store:
            lease = await store.leases.read(LIVE)
            assert lease is not None
            assert lease.state is LeaseState.REVOKED
            return await store.leases.acquire(LIVE, "runner-1", TTL_MS, deployment=DEPLOYMENT)

    assert anyio.run(take) is None


def test_account_that_was_never_leased_here_gets_an_epoch_that_none_lost_can_have(copied: str, tmp_path: Path) -> None:
    """Its first lease may be among what was lost."""
    execute(
        copied,
        "insert into deployments (id, user_id, skill_id, skill_version, broker_kind, status, account_key) select"
        " 'dddddddd-dddd-8ddd-8ddd-dddddddddddd', user_id, skill_id, 1, 'paper', 'stopped',"
        " 'paper:dddddddd-dddd-8ddd-8ddd-dddddddddddd' from deployments",
    )
    assert "2 accounts: free" in _resolve(copied, tmp_path)
    found = execute(copied, "select state, epoch > 1000000000000 from leases where account_key like 'paper:%'")
    assert found == [("free", True)]


def test_wallet_that_never_signed_here_gets_a_nonce_that_none_lost_can_have(copied: str, tmp_path: Path) -> None:
    """Its first order may be among what was lost; the signers that are known go past it as well."""
    assert execute(copied, "select signer from signer_nonces") == [(SIGNING.signer,)]
    assert "2 signers: the next nonce is above" in _resolve(copied, tmp_path)
    ahead = "select signer, nonce - instant_ms(clock_timestamp()) between 30000 and 60000 from signer_nonces order by 1"
    assert execute(copied, ahead) == [(OTHER_WALLET, True), (WALLET, True)]


def test_what_was_done_is_written_down_in_the_journals_and_beside_them(copied: str, tmp_path: Path) -> None:
    """Who, when, what was found and what was done; every journal is whole and says so from there on."""
    _resolve(copied, tmp_path)
    rows = execute(
        copied,
        "select reason, resolved_by = session_user, resolved_at >= found_at, found ->> 'noted_at' is not null,"
        " resolution ->> 'accounts', resolution ->> 'expired', resolution ->> 'journals' from restores",
    )
    assert rows == [("copied", True, True, True, "1", "3", "1")]
    told = execute(copied, "select record::json -> 'body' ->> 'reason' from journal where kind = 'restored'")
    assert told == [("copied",)]
    assert execute(copied, "select max(epoch) from journal") == execute(copied, "select epoch from leases")
    assert Owner(copied, tmp_path).agentic("journal", "verify").code == 0


def test_database_that_is_well_is_left_alone(database: str, tmp_path: Path) -> None:
    """Said with or without --yes; only somebody who knows more raises its epochs."""
    begin(database)
    tick(database, 0)
    everything = "select to_jsonb(leases), (select count(*) from restores), (select count(*) from journal) from leases"
    before = execute(database, everything)
    for options in ((), ("--yes",), ("--no-pause", "--yes")):
        said = Owner(database, tmp_path).agentic("db", "resolve", *options)
        assert (said.code, "it is the one that trades" in said.out) == (0, True)
    assert Owner(database, tmp_path).agentic("db", "resolve", "--behind").code == 1
    assert execute(database, everything) == before
    assert refusal(database) is None


@pytest.mark.parametrize("option", ["--epoch-above", "--nonce-above", "--behind"])
def test_owner_who_knows_more_raises_epochs_and_nonces(database: str, tmp_path: Path, option: str) -> None:
    """Above what a runner remembers, where that is beyond even the clock; it is written down as that."""
    begin(database)
    tick(database, 0)
    far = 9 * 10**15
    _resolve(database, tmp_path, *((option,) if option == "--behind" else (option, str(far))))
    epoch, nonce = tick(database, 1)
    assert (epoch > far, nonce > far) == (option == "--epoch-above", option == "--nonce-above")
    assert epoch > 10**12
    assert nonce > 10**12
    assert execute(database, "select reason, resolved_at is not null from restores") == [("raised", True)]
    assert execute(database, "select count(*) from journal where kind = 'restored'") == [(1,)]


def test_runner_that_was_up_is_fenced_from_the_moment_on(copied: str, tmp_path: Path) -> None:
    """Though its lease had long to go."""
    assert execute(copied, "select state = 'held' and expires_at > clock_timestamp() from leases") == [(True,)]
    _resolve(copied, tmp_path)

    async def write() -> None:
        async with open_store(copied) as store:
            skill = (await store.deployments.load(DEPLOYMENT)).skill_id
            await store.decisions.record(Fence(account=LIVE, epoch=2), decision(skill, minute=9), HELD)

    with pytest.raises(Fenced):
        anyio.run(write)
