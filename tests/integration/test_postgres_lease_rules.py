"""What the database itself refuses about leases and nonces, whichever statement asks and whoever sends it."""

from collections.abc import AsyncIterator

import pytest
from psycopg import errors

from agentic_core.errors import UsageError
from agentic_core.store.postgres import open_store
from tests.support.agent_wallets import live_deployment
from tests.support.by_hand import execute, execute_as
from tests.support.numbered_intents import SIGNING
from tests.support.store_under_test import TTL_MS, StoreUnderTest, in_postgres

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

LATER = "update leases set expires_at = clock_timestamp() + interval '1 minute'"
EARLIER = "update leases set expires_at = clock_timestamp() - interval '1 minute'"
FREE = "update leases set state = 'free'"
REVOKED = "update leases set epoch = epoch + 1, state = 'revoked'"
TAKEN = (
    "update leases set epoch = epoch + 1, state = 'held', expires_at = clock_timestamp() + interval '1 minute',"
    " holder = 'b'"
)


@pytest.fixture
async def subject(database: str) -> AsyncIterator[StoreUnderTest]:
    """Yield a furnished store: a live lease of runner-1 with epoch 1."""
    async with open_store(database) as store:
        yield await in_postgres(store, database)


@pytest.mark.parametrize("role", ["owner", "plain_role"])
@pytest.mark.parametrize(
    ("before", "change", "rule"),
    [
        ("", TAKEN, "a live lease is not taken from its holder"),
        ("", "update leases set holder = 'b'", "the holder of a lease changes only with its epoch"),
        ("", "update leases set taken_at = now()", "the holder of a lease changes only with its epoch"),
        ("", "update leases set deployment_id = null", "the holder of a lease changes only with its epoch"),
        ("", "update leases set state = 'revoked'", "a lease is taken or revoked only with the next epoch"),
        ("", "update leases set account_key = 'paper:b'", "a lease stays with its account"),
        ("", "update leases set epoch = epoch + 1, deployment_id = null", "a lease is taken for a deployment"),
        (EARLIER, LATER, "a lease that ran out is not renewed"),
        (FREE, "update leases set state = 'held'", "a lease is taken or revoked only with the next epoch"),
        (REVOKED, TAKEN, "a revoked lease is not taken"),
    ],
)
async def test_lease_is_changed_by_nobody_so_that_two_could_trade(
    database: str, subject: StoreUnderTest, role: str, before: str, change: str, rule: str
) -> None:
    """Whoever owns the tables is bound as well."""
    execute(database, before or "select")
    row = execute(database, "select * from leases")
    with pytest.raises(errors.RestrictViolation, match=rule):
        execute(database, change) if role == "owner" else execute_as(database, role, change)
    assert execute(database, "select * from leases") == row


@pytest.mark.parametrize(
    ("before", "change", "rule"),
    [
        ("", "update leases set epoch = epoch + 2", "the epoch of a lease grows by one"),
        ("", "update leases set epoch = epoch + 1, state = 'free'", "the epoch of a lease grows by one"),
        (FREE, "update leases set epoch = 9", "the epoch of a lease grows by one"),
        (REVOKED, FREE, "a revoked lease is not freed"),
        ("", EARLIER, "a lease is not cut short"),
    ],
)
async def test_lease_is_raised_given_back_and_ended_only_by_those_who_may(
    database: str, subject: StoreUnderTest, before: str, change: str, rule: str
) -> None:
    """The owner may; a role with every right on the tables may not."""
    execute(database, before or "select")
    with pytest.raises(errors.RestrictViolation, match=rule):
        execute_as(database, "plain_role", change)
    execute(database, change)


@pytest.mark.parametrize(
    "change",
    [
        "update leases set epoch = 9, state = 'free'",
        "update leases set epoch = epoch + 1, state = 'revoked'; update leases set state = 'free'",
        "insert into leases (account_key, epoch, holder, state, expires_at) values ('x:y', 9, '', 'free', now())",
    ],
)
async def test_lease_may_be_raised_and_given_back_by_the_jobs(
    database: str, subject: StoreUnderTest, change: str
) -> None:
    """They fence."""
    execute_as(database, "agentic_jobs", change)
    ((epoch,),) = execute(database, "select max(epoch) from leases where state = 'free'")
    assert epoch in {2, 9}


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("('free', 1, 'mainnet:x', 'b', now())", "the first epoch of a lease is 1"),
        ("('held', 2, 'mainnet:x', 'b', now())", "the first epoch of a lease is 1"),
        ("('held', 1, 'mainnet:x', 'b', now())", "a lease is taken for a deployment"),
    ],
)
async def test_lease_begins_with_the_first_epoch_of_a_deployment(database: str, row: str, rule: str) -> None:
    """Nobody makes a lease that was never taken."""
    into = "insert into leases (state, epoch, account_key, holder, expires_at) values "
    with pytest.raises(errors.RestrictViolation, match=rule):
        execute_as(database, "plain_role", into + row)


async def test_lease_is_taken_by_no_role_for_what_shall_be_stopped(database: str, subject: StoreUnderTest) -> None:
    """Whatever it says that it wants to do; whoever flattens may."""
    execute(database, "update deployments set desired = 'stopped'")
    execute(database, FREE)
    with pytest.raises(errors.RestrictViolation, match="a lease is not taken for a deployment that shall be stopped"):
        execute_as(database, "plain_role", TAKEN)
    execute(database, "update deployments set desired = 'flatten'")
    execute_as(database, "plain_role", TAKEN)
    assert execute(database, "select epoch, state, holder from leases") == [(2, "held", "b")]


async def test_lease_is_taken_for_a_deployment_of_its_account_only(database: str, subject: StoreUnderTest) -> None:
    """By the tables' own keys."""
    live = await live_deployment(subject.store, subject.skill)
    with pytest.raises(errors.ForeignKeyViolation, match="leases_deployment"):
        execute(database, "update leases set epoch = epoch + 1, deployment_id = %s", live.id)


async def test_lease_of_an_unnamed_deployment_is_not_guessed(subject: StoreUnderTest) -> None:
    """A live account has had many."""
    live = await live_deployment(subject.store, subject.skill)
    with pytest.raises(UsageError, match="name the deployment"):
        await subject.store.leases.acquire(live.account_key, "b", TTL_MS)


@pytest.mark.parametrize(
    "change", ["update signer_nonces set nonce = nonce - 1", "delete from signer_nonces", "truncate signer_nonces"]
)
async def test_nonces_only_grow(database: str, change: str) -> None:
    """A number that was given is never given again; only the owner may set a count back."""
    execute(database, "insert into signer_nonces values (%s, 7)", SIGNING.signer)
    with pytest.raises(errors.RestrictViolation, match="the nonce of a signer only grows"):
        execute_as(database, "plain_role", change)
    execute_as(database, "plain_role", "update signer_nonces set nonce = nonce + 1")
    assert execute(database, "select nonce from signer_nonces") == [(8,)]
