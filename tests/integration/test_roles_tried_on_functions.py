"""Every login calls every function, with nothing, with what is its own and with what is another tenant's, for real."""

import psycopg
import pytest

from tests.support.by_hand import execute
from tests.support.role_expectations import ROLE_OF
from tests.support.role_world import ENVELOPE, LOGINS, World, tried
from tests.support.stored_values import uuid_of

pytest_plugins = ["tests.support.role_fixtures"]

EXECUTED_BY = {
    "public.instant_at(bigint)": {"web", "runner", "jobs"},
    "public.instant_ms(timestamp with time zone)": {"web", "runner", "jobs"},
    "public.database_difference()": {"web", "runner", "jobs"},
    "public.acting_user()": {"web"},
    "public.create_hyperliquid_agent_secret(text,text)": {"web"},
    "public.sealed_agent_key(uuid)": {"web"},
    "public.rewrap_agent_envelope(uuid,text,text,text)": {"web"},
    "public.destroy_hyperliquid_agent_secret(uuid)": {"web", "jobs"},
    "public.orphan_agent_secrets(bigint)": {"jobs"},
    "public.open_agent_envelope(bigint,text,uuid)": {"runner"},
    "public.units_executed(text,text,json)": {"runner"},
    "public.version_interval(uuid,integer)": {"jobs"},
    "public.pause_own_deployment(text,uuid,timestamp with time zone)": {"runner"},
    "public.runner_deployment()": {"runner"},
    "public.runner_account()": {"runner"},
    "public.runner_wallet()": {"runner"},
    "public.runner_master()": {"runner"},
    "public.runner_signers()": {"runner"},
    # The owner's, triggers' and other functions' only.
    "public.acts_as_owner()": set(),
    "public.admit_owner()": set(),
    "public.append_record(uuid,text,json,bigint)": set(),
    "public.calling_role()": set(),
    "public.check_deployment_account()": set(),
    "public.check_deployment_agent()": set(),
    "public.check_key_is_ours(text)": set(),
    "public.check_key_may_move(uuid,text,text)": set(),
    "public.check_link()": set(),
    "public.database_identity_now()": set(),
    "public.dismiss_runner(uuid)": set(),
    "public.enrol_runner(uuid,text)": set(),
    "public.get_hyperliquid_agent_secret(uuid)": set(),
    "public.guard_journal_head()": set(),
    "public.guard_lease()": set(),
    "public.guard_signer_nonce()": set(),
    "public.hmac_of(bytea,bytea)": set(),
    "public.is_key_envelope(text)": set(),
    "public.is_key_name(text)": set(),
    "public.journal_append(uuid,text,json,bigint)": set(),
    "public.journal_command()": set(),
    "public.journal_decision()": set(),
    "public.journal_fill()": set(),
    "public.journal_funding()": set(),
    "public.journal_genesis()": set(),
    "public.journal_intent()": set(),
    "public.journal_lease()": set(),
    "public.journal_note()": set(),
    "public.journal_result()": set(),
    "public.journal_status()": set(),
    "public.journal_transfer()": set(),
    "public.keep_acknowledged()": set(),
    "public.keep_desired()": set(),
    "public.keep_settled()": set(),
    "public.keep_facts()": set(),
    "public.keep_revoked()": set(),
    "public.keep_to_one_database()": set(),
    "public.lock_sealed_key(uuid)": set(),
    "public.note_database_identity()": set(),
    "public.note_key_opening(text,uuid)": set(),
    "public.project_edited_fill()": set(),
    "public.project_intent()": set(),
    "public.project_new_fills()": set(),
    "public.project_order(text)": set(),
    "public.sealed_keys_not_under(text)": set(),
    "public.settle_restored(text[],text[])": set(),
    "public.shut_out_strangers()": set(),
    "vault.create_secret(text,text,text,uuid)": set(),
    "vault.update_secret(uuid,text,text,text,uuid)": set(),
}

SAMPLES = {
    "bigint": "1",
    "integer": "1",
    "bytea": "'x'",
    "json": "'{}'",
    "text": "'x'",
    "text[]": "'{}'",
    "timestamp with time zone": "now()",
    "uuid": f"'{uuid_of('nothing')}'",
}


def called(world: World, login: str, statement: str, *values: object) -> list[object] | str:
    """Call something as a login, and take it back."""
    with psycopg.connect(world.logins[login]) as connection:
        return tried(connection, statement, *values)


def key_of(world: World, tenant: str) -> str:
    """Return the number of the sealed key of a tenant's live wallet."""
    ((key,),) = execute(
        world.dsn,
        "select vault_key_id::text from hyperliquid_agents where id = %s",
        world.values(tenant)["live_wallet"],
    )
    return str(key)


def orphan_of(world: World, tenant: str) -> str:
    """Return the number of the sealed key of a tenant that no wallet has."""
    name = f"agent_key/Mainnet/{world.values(tenant)['user']}/%/unbound"
    ((key,),) = execute(world.server, "select id::text from vault.secrets where name like %s", name)
    return str(key)


def refused(answer: list[object] | str) -> bool:
    """Tell whether it was said that this is not for the asker."""
    return isinstance(answer, str) and answer.startswith("42501")


def test_functions_that_are_tried_are_those_of_the_database(role_world: World) -> None:
    """A new one is somebody's, or expressly nobody's."""
    found = execute(
        role_world.dsn,
        "select pronamespace::regnamespace || '.' || proname || '('"
        " || array_to_string(proargtypes::regtype[], ',') || ')'"
        " from pg_proc where pronamespace in ('public'::regnamespace, 'vault'::regnamespace)",
    )
    assert {str(name) for (name,) in found} == set(EXECUTED_BY)


@pytest.mark.parametrize("login", LOGINS)
def test_login_calls_the_functions_that_are_for_it_and_no_other(role_world: World, login: str) -> None:
    """Whoever may call it gets as far as what it says of the arguments."""
    wrong = []
    with psycopg.connect(role_world.logins[login]) as connection:
        for name, roles in EXECUTED_BY.items():
            arguments = name[name.index("(") + 1 : -1]
            given = ", ".join(f"{SAMPLES[kind]}::{kind}" for kind in arguments.split(",") if kind)
            found = str(tried(connection, f"select {name[: name.index('(')]}({given})"))
            is_denied = found.startswith("42501 permission denied for")
            wrong += [f"{name}: {found}"] if is_denied == (ROLE_OF[login] in roles) else []
    assert wrong == []


@pytest.mark.parametrize(
    ("login", "tenant", "run", "wallets"),
    [
        ("runner of anna's paper", "anna", "paper", []),
        ("runner of anna's live", "anna", "live", ["old_address", "live_address"]),
        ("runner of bert's live", "bert", "live", ["old_address", "live_address"]),
        ("unbound runner", None, None, []),
    ],
)
@pytest.mark.parametrize("said", ["", "set agentic.user_id = '{user}'", "set role agentic_runner"])
def test_login_is_the_runner_that_it_was_enrolled_as(
    role_world: World, login: str, tenant: str | None, run: str | None, wallets: list[str], said: str
) -> None:
    """Whatever it sets and becomes: the other tenant's user, or the group it is a member of."""
    other = role_world.values("anna" if tenant == "bert" else "bert")
    values = role_world.values(tenant) if tenant and run else {}
    is_live = run == "live"
    with psycopg.connect(role_world.logins[login]) as connection:
        connection.execute((said.format(user=other["user"]) or "select").encode())
        found = connection.execute(
            "select runner_deployment()::text, runner_account(), runner_wallet()::text, runner_master()::text,"
            " array(select unnest(runner_signers()) order by 1)"
        ).fetchone()
    assert found == (
        values[run] if run else None,
        None if run is None else f"mainnet:{values['master_address']}" if is_live else f"paper:{values[run]}",
        values["live_wallet"] if is_live else None,
        values["master"] if is_live else None,
        sorted(values[name] for name in wallets),
    )


def test_website_acts_for_whom_it_says(role_world: World) -> None:
    """For nobody where it says nothing, and where it takes it back."""
    anna = role_world.values("anna")["user"]
    assert called(role_world, "web for anna", "select acting_user()::text") == [anna]
    assert called(role_world, "web for nobody", "select acting_user()") == [None]
    emptied = "select acting_user() from set_config('agentic.user_id', '', true)"
    assert called(role_world, "web for anna", emptied) == [None]


@pytest.mark.parametrize(
    ("login", "tenant", "is_theirs"),
    [("web for anna", "anna", True), ("web for anna", "bert", False), ("web for nobody", "anna", False)],
)
def test_website_has_the_sealed_keys_of_the_user_it_acts_for(
    role_world: World, login: str, tenant: str, is_theirs: bool
) -> None:
    """It keeps, reads, seals anew and destroys them, and none of anybody else's."""
    values, key = role_world.values(tenant), key_of(role_world, tenant)
    bound = f"agent_key/Mainnet/{values['user']}/{values['live_address']}/{values['live']}"
    fresh = f"agent_key/Mainnet/{values['user']}/0x{'5' * 40}/unbound"
    attempts: list[tuple[str, *tuple[object, ...]]] = [
        ("select create_hyperliquid_agent_secret(%s, %s)", ENVELOPE, fresh),
        ("select envelope from sealed_agent_key(%s::uuid)", key),
        ("select rewrap_agent_envelope(%s::uuid, %s, %s, %s)", key, ENVELOPE, ENVELOPE, bound),
        ("select destroy_hyperliquid_agent_secret(%s::uuid)", key),
    ]
    answers = [called(role_world, login, *attempt) for attempt in attempts]
    assert [refused(answer) for answer in answers] == [not is_theirs] * 4
    if is_theirs:
        assert answers[1:3] == [[ENVELOPE], [True]]


def test_jobs_sweep_keys_that_no_wallet_has_and_read_none(role_world: World) -> None:
    """Of every tenant; the key of a wallet that may trade stays."""
    orphans = {orphan_of(role_world, tenant) for tenant in ("anna", "bert")}
    found = called(role_world, "jobs", "select orphan_agent_secrets(60000)::text")
    assert set(map(str, found)) == orphans
    for orphan in orphans:
        assert called(role_world, "jobs", "select destroy_hyperliquid_agent_secret(%s::uuid)", orphan) == [""]
    swept = called(role_world, "jobs", "select destroy_hyperliquid_agent_secret(%s::uuid)", key_of(role_world, "anna"))
    assert swept == "23001 the key of a wallet that was not revoked is not swept"


@pytest.mark.parametrize(
    ("login", "asked", "answer"),
    [
        ("runner of anna's live", (1, "holder", None), [ENVELOPE]),
        ("runner of anna's live", (1, "holder", "anna live"), [ENVELOPE]),
        ("runner of anna's live", (2, "holder", None), [None]),
        ("runner of anna's live", (1, "another", None), [None]),
        ("runner of anna's live", (1, "holder", "bert live"), "42501"),
        ("runner of anna's live", (1, "holder", "anna old"), "42501"),
        ("runner of anna's paper", (1, "holder", None), [None]),
        ("runner of anna's paper", (1, "holder", "anna live"), "42501"),
        ("unbound runner", (1, "holder", None), "42501"),
        ("unbound runner", (1, "holder", "bert paper"), "42501"),
    ],
)
def test_runner_is_handed_the_sealed_key_of_its_own_deployment(
    role_world: World, login: str, asked: tuple[int, str, str | None], answer: list[object] | str
) -> None:
    """While it holds the lease; the epoch and the holder of another's lease, which are the same, get it nothing."""
    epoch, holder, label = asked
    run = None if label is None else role_world.values(label.split()[0])[label.split()[1]]
    found = called(role_world, login, "select envelope from open_agent_envelope(%s, %s, %s::uuid)", epoch, holder, run)
    assert (found[:5] if isinstance(found, str) else found) == answer


def test_runner_counts_the_fills_of_its_own_account_only(role_world: World) -> None:
    """Asked for another's order, it counts what it brings itself."""
    ((cloid, account),) = execute(
        role_world.dsn,
        "select cloid, account_key from order_intents where deployment_id = %s",
        role_world.values("anna")["live"],
    )
    counted = "select units_executed(%s, %s, '[]')::float"
    assert called(role_world, "runner of anna's live", counted, account, cloid) == [0.5]
    assert called(role_world, "runner of bert's live", counted, account, cloid) == [0.0]
