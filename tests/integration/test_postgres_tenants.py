"""Nobody reaches what is another tenant's: not by the website, not by a runner, not by a login that was dismissed."""

from collections.abc import Sequence

import msgspec
import psycopg
import pytest
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict

from agentic_core.domain import CommandKind, DeploymentId, Lease, SkillId
from agentic_core.errors import Fenced, NotFound, StoreError, StoreUnavailable, UsageError
from agentic_core.store.postgres import open_store
from agentic_core.store.postgres.roles import dismiss_runner, enrol_runner, narrow_dsn
from agentic_core.system import SystemEntropy
from tests.docs.roles import read_roles
from tests.support.by_hand import execute
from tests.support.store_under_test import PAYLOAD, TTL_MS
from tests.support.stored_values import AT, deployment, fill, hash_of, state, uuid_of
from tests.support.tenants import Tenant, as_runner, as_web, tenant

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

ENTROPY = SystemEntropy()


@pytest.fixture
async def tenants(database: str) -> tuple[Tenant, Tenant]:
    """Let two people deploy."""
    async with open_store(database) as store:
        return await tenant(store, "mine"), await tenant(store, "theirs")


def counted(dsn: str, tables: Sequence[str], settings: str = "") -> dict[str, int]:
    """Count the rows that a login sees, table by table."""
    with psycopg.connect(dsn, autocommit=True, options=settings) as connection:
        count = sql.SQL("select count(*) from {}")
        found = [connection.execute(count.format(sql.Identifier(table))).fetchone() for table in tables]
    return {table: row[0] for table, row in zip(tables, found, strict=True) if row is not None}


def own_tables(role: str) -> list[str]:
    """Return the tables of which a role reads its own rows only."""
    tables = read_roles().tables.items()
    return sorted(table for table, by in tables if role in by and by[role].select and by[role].rows != "all")


async def test_website_sees_what_is_its_users_and_no_more(database: str, tenants: tuple[Tenant, Tenant]) -> None:
    """In every table that it reads: each row is one user's, and without a user there is none."""
    tables, web = own_tables("web"), narrow_dsn(database, "agentic_web")
    mine, theirs = (counted(web, tables, f"-c agentic.user_id={each.user}") for each in tenants)
    everything = counted(database, tables)
    assert {table: mine[table] + theirs[table] for table in tables} == everything
    assert mine == theirs
    assert {table for table in tables if mine[table]} >= {"deployments", "fills", "journal", "order_intents", "skills"}
    assert set(counted(web, tables).values()) == {0}


async def test_runner_sees_what_is_its_deployments_and_no_more(database: str, tenants: tuple[Tenant, Tenant]) -> None:
    """In every table that it reads; whoever is bound to nothing sees nothing."""
    tables = own_tables("runner")
    logins = [await enrol_runner(database, each.deployment, ENTROPY) for each in tenants]
    mine, theirs = (counted(login, tables) for login in logins)
    everything = counted(database, tables)
    assert {table: mine[table] + theirs[table] for table in tables} == everything
    assert mine == theirs
    assert mine["deployments"] == mine["leases"] == 1
    execute(database, "delete from runner_logins")
    assert set(counted(logins[0], tables).values()) == {0}


async def test_website_finds_nothing_of_another_user(database: str, tenants: tuple[Tenant, Tenant]) -> None:
    """What belongs to somebody else is answered like what does not exist."""
    mine, theirs = tenants
    async with as_web(database, mine.user) as store:
        assert (await store.deployments.load(mine.deployment)).id == mine.deployment
        with pytest.raises(NotFound, match="no deployment"):
            await store.deployments.load(theirs.deployment)
        assert await store.decisions.recent(theirs.deployment, 9) == ()
        assert await store.logs.recent(theirs.deployment, 9) == ()
        assert await store.commands.recent(theirs.deployment, 9) == ()


async def test_website_deploys_no_skill_of_another_user(database: str, tenants: tuple[Tenant, Tenant]) -> None:
    """A plain foreign key would let it, and the runner would then be shown the skill."""
    mine, theirs = tenants
    ((skill,),) = execute(database, "select skill_id::text from deployments where id = %s", theirs.deployment)
    wanted = msgspec.structs.replace(deployment(SkillId(str(skill)), name="copied"), user_id=mine.user)
    async with as_web(database, mine.user) as store:
        with pytest.raises(NotFound, match="this user has no such skill"):
            await store.deployments.create(wanted)


async def test_deployment_is_on_its_own_account_only(database: str, tenants: tuple[Tenant, Tenant]) -> None:
    """Not on another deployment's, whose lease and fills its runner would have."""
    mine, theirs = tenants
    async with as_web(database, mine.user) as store:
        saved = await store.skills.save(mine.user, name="x", slug="x", payload=PAYLOAD, payload_hash=hash_of(PAYLOAD))
        wanted = deployment(saved.skill_id, name="squatter", account=theirs.account)
        with pytest.raises(UsageError, match="deployments_own_paper_account"):
            await store.deployments.create(msgspec.structs.replace(wanted, user_id=mine.user))


async def test_website_has_no_leases(database: str, tenants: tuple[Tenant, Tenant]) -> None:
    """Whoever signs people in does not trade."""
    mine, _ = tenants
    async with as_web(database, mine.user) as store:
        with pytest.raises(StoreError, match="permission denied for table leases"):
            await store.leases.acquire(mine.account, "web", TTL_MS)


async def test_runner_writes_nothing_of_another_deployment(database: str, tenants: tuple[Tenant, Tenant]) -> None:
    """Not even with the other's live fence: to it there is no such lease."""
    mine, theirs = tenants
    async with as_runner(database, mine, ENTROPY) as store:
        await store.states.write(mine.fence, state("2", deployment=mine.deployment))
        with pytest.raises(Fenced):
            await store.states.write(theirs.fence, state("2", deployment=theirs.deployment))
        with pytest.raises(NotFound):
            await store.states.write(mine.fence, state("2", deployment=theirs.deployment))
        with pytest.raises(NotFound):
            await store.intents.record_fills(mine.fence, theirs.deployment, [fill("f2")], at=AT)
        with pytest.raises(NotFound, match="no deployment"):
            await store.leases.acquire(theirs.account, "thief", TTL_MS)
        for each in tenants:
            with pytest.raises(StoreError, match="permission denied for table"):
                await store.commands.queue(each.deployment, CommandKind.KILL, payload={}, at=AT)


async def test_runner_draws_no_nonce_of_a_signer_that_is_not_its_accounts(
    database: str, tenants: tuple[Tenant, Tenant]
) -> None:
    """Neither by counting for it, nor by an order that would take the number."""
    mine, _ = tenants
    signer = "0x" + "b" * 40
    login = await enrol_runner(database, mine.deployment, ENTROPY)
    with pytest.raises(errors.InsufficientPrivilege, match="signer_nonces"):
        execute(login, "insert into signer_nonces (signer, nonce) values (%s, 9)", signer)
    taken = "update order_intents set signer = %s, nonce = 9, expires_at = now()"
    with pytest.raises(errors.InsufficientPrivilege, match="order_intents"):
        execute(login, taken, signer)


@pytest.mark.parametrize(
    "change",
    [
        "update deployments set user_id = gen_random_uuid()",
        "update deployments set account_key = 'paper:x'",
        "update order_intents set size = 9",
        "update fills set fee = 0",
        "delete from agent_logs",
        "truncate fills",
        "create table own (id integer)",
        "create temporary table own (id integer)",
        "select * from vault.secrets",
        "select public.journal_append(null, 'x', '{}')",
        "insert into runner_logins values (session_user, gen_random_uuid())",
        "set session authorization agentic_web",
        "set role agentic_jobs",
    ],
)
async def test_runner_has_no_way_around(database: str, tenants: tuple[Tenant, Tenant], change: str) -> None:
    """What it is not granted is refused, whatever the rows are."""
    execute(database, "select public.shut_out_strangers()")
    login = await enrol_runner(database, tenants[0].deployment, ENTROPY)
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
        execute(login, change)


async def test_runner_is_not_another_one_by_setting_anything(database: str, tenants: tuple[Tenant, Tenant]) -> None:
    """The login is what counts, and being the group that it is a member of makes it nobody else."""
    mine, theirs = tenants
    login = await enrol_runner(database, mine.deployment, ENTROPY)
    for said in (f"-c agentic.user_id={theirs.user}", "-c role=agentic_runner"):
        with psycopg.connect(login, options=said) as connection:
            found = connection.execute("select id::text from deployments").fetchall()
        assert found == [(mine.deployment,)]


async def test_runner_enrolled_again_has_another_password_and_the_server_knows_none(
    database: str, tenants: tuple[Tenant, Tenant]
) -> None:
    """What it keeps verifies a password and is not one."""
    mine, _ = tenants
    first, second = [conninfo_to_dict(await enrol_runner(database, mine.deployment, ENTROPY)) for _ in range(2)]
    assert first["user"] == second["user"]
    assert first["password"] != second["password"]
    ((kept,),) = execute(database, "select rolpassword from pg_authid where rolname = %s", second["user"])
    assert str(kept).startswith("SCRAM-SHA-256$4096:")
    with pytest.raises(errors.RestrictViolation, match="no verifier"):
        execute(database, "select public.enrol_runner(%s::uuid, %s)", mine.deployment, second["password"])


async def test_runner_that_was_dismissed_is_put_out(database: str, tenants: tuple[Tenant, Tenant]) -> None:
    """Its connections end, its login is gone, and a second time there is none to dismiss."""
    mine, _ = tenants
    async with as_runner(database, mine, ENTROPY) as store:
        assert await store.leases.renew(_lease(mine))
        role = await dismiss_runner(database, mine.deployment)
        with pytest.raises(StoreUnavailable):
            await store.leases.renew(_lease(mine))
    assert execute(database, "select 1 from pg_roles where rolname = %s", role) == []
    with pytest.raises(NotFound, match="has no login"):
        await dismiss_runner(database, mine.deployment)


async def test_runner_of_a_deployment_that_does_not_exist_is_not_enrolled(database: str) -> None:
    """And no login stays behind."""
    nothing = DeploymentId(uuid_of("nothing"))
    with pytest.raises(NotFound, match="no such deployment"):
        await enrol_runner(database, nothing, ENTROPY)
    assert execute(database, "select 1 from pg_roles where rolname like %s", f"%{nothing.replace('-', '')}%") == []


def _lease(tenant: Tenant) -> Lease:
    return Lease(account=tenant.account, epoch=tenant.fence.epoch, holder="mine", ttl_ms=TTL_MS)


def test_narrow_address_keeps_the_place_and_nothing_of_who_connected() -> None:
    """No password, no certificate and no options of the owner reach a runner."""
    owner = "postgresql://boss:hunter2@db.example:5433/trading?sslmode=require&sslkey=/k&options=-csearch_path%3Dx"
    found = conninfo_to_dict(narrow_dsn(owner, "agentic_web", "secret"))
    assert found == {
        "user": "agentic_web",
        "password": "secret",
        "host": "db.example",
        "port": "5433",
        "dbname": "trading",
        "sslmode": "require",
    }
