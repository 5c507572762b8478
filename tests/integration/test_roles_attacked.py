"""What somebody who has taken a runner or the jobs over does to others, to its user's orders and to whoever ends it."""

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

from tests.support.by_hand import execute
from tests.support.role_world import LOGINS, World, tried

pytest_plugins = ["tests.support.role_fixtures"]

RUNNER = "runner of anna's live"
KILL = (
    "with counted as (update deployments set commands_issued = commands_issued + 1 where id = %s"
    " returning id, commands_issued) insert into agent_commands (id, deployment_id, seq, kind, issued_at, state)"
    " select gen_random_uuid(), id, commands_issued, 'kill', now(), 'queued' from counted returning seq"
)
QUEUE = (
    "insert into agent_commands (id, deployment_id, seq, kind, issued_at, state)"
    " select gen_random_uuid(), id, 2, 'resume', now(), 'queued' from deployments"
)
LINE = "(deployment_id, ts, level, event, message, trace_id)"
VERIFIER = "SCRAM-SHA-256$4096:AAAA$AAAA:AAAA"


def attempt(world: World, login: str, statement: str, *values: object) -> list[object] | str:
    """Try something as a login, and take it back."""
    with psycopg.connect(world.logins[login]) as connection:
        return tried(connection, statement, *values)


def enrolled(world: World) -> tuple[str, str]:
    """Enrol a runner of bert's first deployment on mainnet; returns its role, and the address it connects with."""
    old = world.values("bert")["old"]
    ((role,),) = execute(world.dsn, "select public.enrol_runner(%s::uuid, %s)", old, VERIFIER)
    return str(role), make_conninfo(world.server, user=str(role))


def dismissed(world: World) -> object:
    """Dismiss it, and return who it was."""
    ((role,),) = execute(world.dsn, "select public.dismiss_runner(%s::uuid)", world.values("bert")["old"])
    return role


@pytest.mark.parametrize(
    "own", ["select lo_create(0)", "alter default privileges grant select on tables to public", "select"]
)
def test_runner_is_dismissed_whatever_it_made_its_own(role_world: World, own: str) -> None:
    """A role that owns something cannot be dropped, so that goes first."""
    role, address = enrolled(role_world)
    execute(address, own)
    assert dismissed(role_world) == role
    assert execute(role_world.server, "select 1 from pg_roles where rolname = %s", role) == []
    assert execute(role_world.server, "select 1 from runner_logins where role_name = %s", role) == []


def test_runner_with_something_in_another_database_keeps_its_name_and_nothing_else(
    role_world: World, postgres_server: str
) -> None:
    """There it cannot be removed from here; it neither signs in nor is a member, until it is enrolled again."""
    role, address = enrolled(role_world)
    elsewhere = make_conninfo(postgres_server, user=role)
    ((number,),) = execute(elsewhere, "select lo_create(0)")
    with psycopg.connect(address, autocommit=True) as open_before:
        open_before.execute("select")
        assert dismissed(role_world) == role
        with pytest.raises(psycopg.OperationalError):
            open_before.execute("select")
    left = "select rolcanlogin, pg_has_role(oid, 'agentic_runner', 'member') from pg_roles where rolname = %s"
    assert execute(role_world.server, left, role) == [(False, False)]
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        execute(address, "select")
    assert enrolled(role_world) == (role, address)
    assert execute(address, "select id::text from deployments") == [(role_world.values("bert")["old"],)]
    execute(elsewhere, "select lo_unlink(%s)", number)
    assert dismissed(role_world) == role


def test_runner_that_signs_in_while_it_is_dismissed_is_left_with_nothing(role_world: World) -> None:
    """Not even what an open transaction would go on seeing."""
    _, address = enrolled(role_world)
    with psycopg.connect(role_world.dsn) as owner:
        owner.execute("select public.dismiss_runner(%s::uuid)", [role_world.values("bert")["old"]])
        with psycopg.connect(address, options="-c default_transaction_isolation=repeatable\\ read") as late:
            assert late.execute("select count(*) from public.deployments").fetchall() == [(1,)]
            owner.commit()
            with pytest.raises(errors.InsufficientPrivilege, match="permission denied for schema public"):
                late.execute("select count(*) from public.deployments")


@pytest.mark.parametrize("login", [RUNNER, "jobs"])
@pytest.mark.parametrize(
    "change",
    [
        "update deployments set commands_issued = 0",
        QUEUE,
    ],
)
def test_next_command_is_kept_out_by_nobody(role_world: World, login: str, change: str) -> None:
    """Its number is the website's to give."""
    assert str(attempt(role_world, login, change)).startswith("42501")
    assert attempt(role_world, "web for anna", KILL, role_world.values("anna")["live"]) == [2]


@pytest.mark.parametrize(
    ("label", "found"), [("anna live", [2]), ("anna old", []), ("anna paper", []), ("bert live", [])]
)
def test_runner_orders_its_own_deployment_to_pause_and_no_other(
    role_world: World, label: str, found: list[object]
) -> None:
    """Not even another one of its user's, on the same account."""
    tenant, run = label.split()
    ordered = "select seq from pause_own_deployment('cost_guard: spent', %s::uuid, now())"
    assert attempt(role_world, RUNNER, ordered, role_world.values(tenant)[run]) == found


@pytest.mark.parametrize("login", [RUNNER, "jobs"])
@pytest.mark.parametrize(
    "again",
    [
        "state = 'queued', acked_at = null, finished_at = null",
        "outcome = 'done'",
        "acked_at = now() + '1 s'",
        "finished_at = now() + '1 s'",
    ],
)
def test_acknowledgement_is_neither_taken_back_nor_rewritten(role_world: World, login: str, again: str) -> None:
    """An old order to flatten would otherwise be given again."""
    with psycopg.connect(role_world.logins[login]) as connection, connection.transaction(force_rollback=True):
        connection.execute("update agent_commands set state = 'expired', acked_at = now(), finished_at = now()")
        connection.execute("update agent_commands set state = state, outcome = outcome, finished_at = finished_at")
        with pytest.raises(errors.RestrictViolation, match="command 1 is expired, and stays so"):
            connection.execute("update agent_commands set @".replace("@", again).encode())


@pytest.mark.parametrize(
    "again",
    [
        "state = 'queued', acked_at = null, claimed_epoch = null",
        "acked_at = now() + '1 s'",
        "claimed_epoch = 6",
        "state = 'applied', finished_at = now(), claimed_epoch = null",
    ],
)
def test_claim_is_neither_taken_back_nor_given_to_an_earlier_epoch(role_world: World, again: str) -> None:
    """A later one claims it again."""
    with psycopg.connect(role_world.logins[RUNNER]) as connection, connection.transaction(force_rollback=True):
        connection.execute("update agent_commands set state = 'claimed', acked_at = now(), claimed_epoch = 7")
        connection.execute("update agent_commands set claimed_epoch = 8, steps = '[1]'")
        with pytest.raises(errors.RestrictViolation, match="command 1 is claimed, and stays so"):
            connection.execute("update agent_commands set @".replace("@", again).encode())


def test_runner_ends_its_deployment_and_begins_none_again(role_world: World) -> None:
    """What its deployment shall come to only grows tighter in its hands."""
    wanted = "update deployments set desired = %s returning 1"
    with psycopg.connect(role_world.logins[RUNNER]) as connection:
        for desired in ("flatten", "stopped"):
            assert connection.execute(wanted.encode(), [desired]).rowcount == 1
            refused = tried(connection, wanted, "running")
            assert str(refused).startswith("23001 a runner may not bring deployment"), refused
        assert str(tried(connection, wanted, "flatten")).startswith("23001 a runner may not bring deployment")
        connection.rollback()


def test_jobs_let_commands_expire_and_answer_none(role_world: World) -> None:
    """Whether one was applied is the runner's to say."""
    acked = "update agent_commands set state = %s, acked_at = now(), finished_at = now() returning 1"
    assert str(attempt(role_world, "jobs", acked, "applied")).startswith("42501")
    assert attempt(role_world, "jobs", acked, "expired") == [1] * 6


def test_runner_takes_no_number_of_a_line_to_come(role_world: World) -> None:
    """All tenants' lines are numbered by one sequence."""
    chosen = LINE.replace("(", "insert into agent_logs (id, ", 1)
    values = "values (1000000, %s, now(), 'info', 'tick', 'a line', repeat('1', 32))"
    answer = attempt(
        role_world, RUNNER, f"{chosen} overriding system value {values}", role_world.values("anna")["live"]
    )
    assert str(answer).startswith("42501 permission denied for table agent_logs")


def test_runner_locks_no_order_of_another_account_by_naming_it_in_a_fill(role_world: World) -> None:
    """The venue tells everybody what orders are called."""
    bert = role_world.values("bert")
    theirs = "select cloid from order_intents where deployment_id = %s"
    ((cloid,),) = execute(role_world.dsn, theirs, role_world.values("anna")["live"])
    booked = (
        "insert into fills (account_key, fill_id, deployment_id, cloid, symbol, side, size, price, fee, liquidity,"
        " kind, closed_pnl, filled_at, recorded_at)"
        " values (%s, 'theirs', %s, %s, 'BTC', 'buy', 1, 1, 0, 'taker', 'order', 0, now(), now())"
    )
    account = f"mainnet:{bert['master_address']}"
    with psycopg.connect(role_world.logins["runner of bert's live"]) as thief:
        thief.execute(booked.encode(), [account, bert["live"], cloid])
        noted = "update order_intents set filled = 0.6 where cloid = %s returning cloid"
        with psycopg.connect(role_world.logins[RUNNER], options="-c lock_timeout=2s") as connection:
            assert tried(connection, noted, cloid) == [cloid]
        thief.rollback()


def test_jobs_make_no_lease_that_somebody_holds_and_leave_room_above_its_epoch(role_world: World) -> None:
    """They revoke and raise; an epoch at the end of all numbers would close the account for good."""
    held = "insert into leases (account_key, epoch, holder, state, expires_at) values ('x', 1, 'jobs', 'held', now())"
    assert str(attempt(role_world, "jobs", held)).startswith("23001 a lease is taken for a deployment")
    highest = "update leases set epoch = 9223372036854775807, state = 'free'"
    assert str(attempt(role_world, "jobs", highest)).startswith("23001 an epoch that high leaves too few for later")


@pytest.mark.parametrize("login", LOGINS)
def test_login_becomes_nobody_else_and_makes_nothing(role_world: World, login: str) -> None:
    """Neither a role nor a session of another, nor an object, nor a setting that lets it past the policies."""
    others = {*role_world.roles.values(), "agentic_journal", "plain_owner"} - {role_world.roles[login]}
    existing = {str(name) for (name,) in execute(role_world.server, "select rolname from pg_roles")}
    statements = [
        *(f"set {what} {other}" for other in others & existing for what in ("role", "session authorization")),
        *(f"grant {role_world.roles[login]} to {other}" for other in others & existing),
        "create table public.mine (id integer)",
        "create temporary table mine (id integer)",
        "create function public.mine() returns integer language sql return 1",
        "create schema mine",
        "alter role agentic_web bypassrls",
        "set session_replication_role = replica",
        "select * from vault.decrypted_secrets",
        "select pg_read_file('/etc/hostname')",
        "copy (select 1) to program 'true'",
    ]
    assert [each for each in statements if str(attempt(role_world, login, each))[:5] != "42501"] == []
    with psycopg.connect(role_world.logins[login], options="-c row_security=off") as connection:
        assert str(tried(connection, "select count(*) from public.fills")).startswith("42501")


@pytest.mark.parametrize("login", ["jobs", RUNNER, "unbound runner"])
def test_user_that_somebody_else_than_the_website_acts_for_is_nothing(role_world: World, login: str) -> None:
    """The setting is for whoever likes to set it; only policies of the website ask for it."""
    seen = "select array(select id::text from deployments order by 1)"
    before = attempt(role_world, login, seen)
    with psycopg.connect(role_world.logins[login]) as connection:
        connection.execute("select set_config('agentic.user_id', %s, false)", [role_world.values("bert")["user"]])
        assert tried(connection, seen) == before


def test_login_of_two_groups_reaches_what_each_reaches_and_no_more(role_world: World) -> None:
    """As a runner its deployment; as the website besides that the user whom it says it acts for."""
    role, address = enrolled(role_world)
    execute(role_world.server, f"grant agentic_web to {role}")
    bert, anna = role_world.values("bert"), role_world.values("anna")
    seen = "select id::text from deployments order by 1"
    assert execute(address, seen) == [(bert["old"],)]
    acting = make_conninfo(address, options=f"-c agentic.user_id={anna['user']}")
    with psycopg.connect(acting) as connection:
        found = tried(connection, seen)
    assert set(found) == {bert["old"], anna["paper"], anna["old"], anna["live"]}
    assert dismissed(role_world) == role
