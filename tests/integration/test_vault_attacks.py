"""Whoever is not the runner that holds the lease tries to get at a sealed key, to change it, or to become somebody."""

import pytest

from tests.support.stored_values import USER
from tests.support.vault_room import FOREIGN, INTRUDERS, OURS, Login, VaultRoom, furnished

pytest_plugins = ["tests.support.postgres"]

READ = "select * from vault.decrypted_secrets"
OPEN = "select * from public.open_agent_envelope(%(epoch)s, %(holder)s)"
OPEN_NAMED = "select * from public.open_agent_envelope(%(epoch)s, %(holder)s, %(deployment)s)"
SEALED = "select * from public.sealed_agent_key(%(key)s)"
GET = "select public.get_hyperliquid_agent_secret(%(wallet)s)"
WAYS = (
    READ,
    OPEN,
    OPEN_NAMED,
    SEALED,
    GET,
    "select * from vault.secrets",
    "copy vault.secrets to stdout",
    "copy (select decrypted_secret from vault.decrypted_secrets) to stdout",
    "select vault.create_secret('text', 'name')",
    "select vault.update_secret(%(key)s, 'destroyed')",
    "delete from vault.secrets",
    "select * from public.open_agent_envelope(1, 'machine-1', %(other)s)",
    "select public.create_hyperliquid_agent_secret(%(envelope)s, %(name)s)",
    "select public.create_hyperliquid_agent_secret(%(envelope)s, replace(%(name)s, 'Mainnet', 'Testnet'))",
    "select public.rewrap_agent_envelope(%(key)s, %(envelope)s, %(envelope)s, %(name)s)",
    "select public.rewrap_agent_envelope(%(key)s, %(envelope)s, %(envelope)s, %(name_of_other)s)",
    "select public.destroy_hyperliquid_agent_secret(%(key)s)",
    "select public.orphan_agent_secrets(0)",
    "select public.sealed_keys_not_under('root-z')",
    "select public.note_key_opening('trade', %(key)s)",
    "select public.check_key_may_move(%(key)s, 'unbound', 'unbound')",
    "select public.acts_as_owner()",
    "select public.shut_out_strangers()",
    "select public.admit_owner()",
    "insert into public.key_openings (holder, purpose) values ('nobody', 'operator')",
    "delete from public.key_openings",
    "insert into public.runner_logins (role_name, deployment_id) values (session_user, %(deployment)s)",
    "update public.runner_logins set deployment_id = %(deployment)s",
    "update public.leases set holder = 'nobody' where account_key = 'mainnet:0x' || repeat('a', 40)",
    "update public.hyperliquid_agents set vault_key_id = gen_random_uuid()",
    "create function public.acting_user() returns uuid language sql as $$ select null::uuid $$",
    "create or replace function public.acts_as_owner() returns boolean language sql return true",
    "alter function public.get_hyperliquid_agent_secret(uuid) security invoker",
    "alter table vault.secrets disable row level security",
    "grant usage on schema vault to public",
    "create trigger taken before update on vault.secrets for each row execute function public.keep_facts()",
    "create schema evil",
    "create table pg_temp.users (id int)",
)
BECOMING = tuple(
    statement.format(role)
    for role in ("agentic", "plain_owner", "agentic_web", "agentic_journal", "agentic_jobs", OURS, "pg_read_all_data")
    for statement in ("set role {}", "set session authorization {}", "select set_config('role', '{}', false)")
)


@pytest.fixture(params=["database", "owned_database"])
def room(request: pytest.FixtureRequest) -> VaultRoom:
    """Return a furnished database of a superuser, and one of an owner who is none."""
    return furnished(str(request.getfixturevalue(request.param)))


@pytest.fixture
def plain_room(database: str) -> VaultRoom:
    """Return the furnished database of a superuser."""
    return furnished(database)


def shown(room: VaultRoom, told: list[str]) -> list[str]:
    """Return those answers in which a part of the sealed key can be read."""
    _, _, wrapped, sealed = room.kept.envelope.split(".")
    return [answer for answer in told if wrapped[:20] in answer or sealed[:20] in answer]


def test_nobody_else_gets_or_changes_the_key(room: VaultRoom) -> None:
    """Every way for everybody; afterwards the vault is as it was, and the runner still gets its key."""
    before = room.kept_rows()
    for login in INTRUDERS:
        assert shown(room, room.tried(login, *WAYS)) == []
        assert room.kept_rows() == before, login
    told = room.tried(Login(OURS), OPEN, OPEN_NAMED, "set role agentic_runner", OPEN)
    assert len(shown(room, told)) == 3


def test_nobody_becomes_somebody_who_may(plain_room: VaultRoom) -> None:
    """Neither by a statement nor at the connection's start."""
    before = plain_room.kept_rows()
    for login in INTRUDERS:
        for statement in BECOMING:
            if statement.endswith((f" {login.role}", f"'{login.role}', false)")):
                continue  # it may be what it is
            (refused, *told) = plain_room.tried(login, statement, READ, OPEN, SEALED, GET)
            assert refused.startswith(("42501", "22023")), (login, statement, refused)
            assert shown(plain_room, told) == []
    assert plain_room.kept_rows() == before


def test_web_reaches_the_keys_of_the_user_it_acts_for(room: VaultRoom) -> None:
    """And of no other; that is the only thing the setting decides."""
    ours = Login("agentic_web", f"agentic.user_id={room.names['user']}")
    for way in (READ, OPEN, OPEN_NAMED, SEALED, GET):
        assert bool(shown(room, room.tried(ours, way))) == (way == SEALED)


def test_runner_of_ours_reaches_nothing_but_the_opener(room: VaultRoom) -> None:
    """Also where it says for whom it acts."""
    told = room.tried(Login(OURS, f"agentic.user_id={room.names['user']}"), *(set(WAYS) - {OPEN, OPEN_NAMED}))
    assert shown(room, told) == []


FORGED = (
    f"'agent_key/Mainnet/{FOREIGN}/0x{'1' * 40}/unbound'",
    f"e'agent_key/Mainnet/{USER}/0x{'1' * 40}/unbound\\n'",
    f"e'name\\nagent_key/Mainnet/{USER}/0x{'1' * 40}/unbound'",
    f"'agent_key/Mainnet//{USER}/0x{'1' * 40}/unbound'",
    f"'agent_key/{USER}/{FOREIGN}/0x{'1' * 40}/unbound'",
    f"'agent_key/Main.net/{USER}/0x{'1' * 40}/unbound'",
    f"'agent_key/Mainnet/{USER}/0x{'1' * 40}/unbound/unbound'",
    "'smoke_test'",
    "null",
)
BARE = "9f3c5d7e1b2a4c6d8e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f"
BARELY_KEPT = (
    (BARE, "a name"),
    (f"0x{BARE}", "a name"),
    (f" 0X{BARE.upper()}\n", "a name"),
    (f'"0x{BARE}"', "a name"),
    (f"key={BARE};", "a name"),
    ("a name", BARE),
    ("a name", f"0x{BARE}"),
)


def test_name_of_a_key_cannot_be_forged(plain_room: VaultRoom) -> None:
    """The tenant stands in one place, and the whole name has one form."""
    create = "select public.create_hyperliquid_agent_secret(%(envelope)s, {})"
    ours = Login("agentic_web", f"agentic.user_id={USER}")
    right, *told = plain_room.tried(
        ours,
        create.format(f"'agent_key/Mainnet/{USER}/0x{'1' * 40}/unbound'"),
        *(create.format(name) for name in FORGED),
    )
    assert "UUID(" in right
    assert [answer[:51] for answer in told] == ["42501: this key is not one of the user that agentic"] * len(FORGED)


@pytest.mark.parametrize("login", [Login("agentic"), Login("agentic_web", f"agentic.user_id={USER}")])
def test_bare_key_is_not_kept_and_not_repeated(plain_room: VaultRoom, login: Login) -> None:
    """Also in quotes, with something around it, and in the other place; from the owner, too."""
    before = plain_room.kept_rows()
    create = "select public.create_hyperliquid_agent_secret('{}', '{}')"
    told = plain_room.tried(login, *(create.format(value, name) for value, name in BARELY_KEPT))
    assert [answer[:52] for answer in told] == ["23001: this holds a bare private key, and is not kep"] * len(
        BARELY_KEPT
    )
    assert BARE not in "".join(told).lower()
    assert plain_room.kept_rows() == before
