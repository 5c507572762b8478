"""What the catalogue of a migrated database says of roles, owners, functions and privileges."""

import pytest

from tests.support.by_hand import execute
from tests.support.role_world import World

pytest_plugins = ["tests.support.role_fixtures"]

ROLES = ["agentic_jobs", "agentic_journal", "agentic_runner", "agentic_web"]
OURS = "('public'::regnamespace, 'vault'::regnamespace)"

RUN_AS_THE_OWNER = {
    *("create_hyperliquid_agent_secret", "create_secret", "database_difference", "destroy_hyperliquid_agent_secret"),
    *(
        "get_hyperliquid_agent_secret",
        "keep_desired",
        "keep_to_one_database",
        "note_database_identity",
        "open_agent_envelope",
    ),
    *(
        "orphan_agent_secrets",
        "pause_own_deployment",
        "project_edited_fill",
        "project_intent",
        "project_new_fills",
        "project_order",
    ),
    *("rewrap_agent_envelope", "runner_account", "runner_deployment", "runner_master", "runner_signers"),
    *(
        "keep_desired",
        "runner_wallet",
        "sealed_agent_key",
        "sealed_keys_not_under",
        "update_secret",
        "version_interval",
    ),
}
RUN_AS_THE_JOURNAL = {
    *("check_link", "journal_append", "journal_command", "journal_decision", "journal_fill", "journal_funding"),
    *("journal_genesis", "journal_intent", "journal_lease", "journal_note", "journal_result", "journal_status"),
    "journal_transfer",
}
JOURNALS_OWN = RUN_AS_THE_JOURNAL | {"append_record", "hmac_of"}
INLINED = {"instant_at", "instant_ms"}
"""Bound to what they name when they were made; without a setting, which would keep them from being inlined."""


def names(world: World, query: str, *values: object) -> set[str]:
    """Return the first column of what the catalogue answers."""
    return {str(row[0]) for row in execute(world.server, query.replace("(ours)", OURS), *values)}


def owner(world: World) -> str:
    """Return who migrated the database."""
    ((name,),) = execute(world.dsn, "select current_user")
    return str(name)


def test_every_function_says_where_names_are_looked_up(role_world: World) -> None:
    """In the catalogue and then among temporary objects, and it sets nothing else."""
    loose = names(
        role_world,
        "select proname from pg_proc where pronamespace in (ours)"
        " and proconfig is distinct from array['search_path=pg_catalog, pg_temp']",
    )
    assert loose == INLINED
    unbound = names(role_world, "select proname from pg_proc where pronamespace in (ours) and prosqlbody is not null")
    assert unbound >= INLINED


def test_functions_that_run_as_somebody_else_are_known_by_name(role_world: World) -> None:
    """Each of them is the owner's or the journal's, and so is every other function."""
    definers = "select proname from pg_proc where prosecdef and proowner = %s::regrole and pronamespace in (ours)"
    assert names(role_world, definers, owner(role_world)) == RUN_AS_THE_OWNER
    assert names(role_world, definers, "agentic_journal") == RUN_AS_THE_JOURNAL
    journals = names(role_world, "select proname from pg_proc where proowner = 'agentic_journal'::regrole")
    assert journals == JOURNALS_OWN
    owners = names(role_world, "select proowner::regrole from pg_proc where pronamespace in (ours)")
    assert owners == {owner(role_world), "agentic_journal"}


def test_everything_else_is_the_owners(role_world: World) -> None:
    """Tables, indexes, sequences and views; the schemas that there are, and nothing of kinds that we do not use."""
    owners = names(role_world, "select relowner::regrole from pg_class where relnamespace in (ours)")
    assert owners == {owner(role_world)}
    schemas = "select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'"
    assert names(role_world, schemas) == {"public", "vault"}
    kinds = "select distinct relkind::text from pg_class where relnamespace in (ours)"
    assert names(role_world, kinds) == {"r", "i", "S", "v"}
    assert names(role_world, "select relname from pg_class where relkind = 'v' and relnamespace in (ours)") == {
        "decrypted_secrets"
    }
    for catalogue in ("pg_event_trigger", "pg_publication", "pg_foreign_server", "pg_largeobject_metadata"):
        assert execute(role_world.server, f"table {catalogue}") == []
    rules = "select rulename from pg_rules where schemaname = 'public'"
    assert names(role_world, rules) == set()


def test_no_role_has_a_power_over_the_server(role_world: World) -> None:
    """Nor a setting of its own; runners are members of their group and of nothing else, and pass nothing on."""
    mighty = names(
        role_world,
        "select rolname from pg_roles where (rolname = any (%s) or rolname like 'agentic\\_runner\\_%%')"
        " and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolconfig is not null)",
        ROLES,
    )
    assert mighty == set()
    assert names(role_world, "select setrole::regrole from pg_db_role_setting where setrole <> 0") == set()
    for login in ("runner of anna's live", "unbound runner"):
        role = role_world.roles[login]
        groups = execute(
            role_world.server,
            "select roleid::regrole::text, admin_option from pg_auth_members where member = %s::regrole",
            role,
        )
        assert groups == [("agentic_runner", False)]
    above = "select roleid::regrole from pg_auth_members where member = any (%s::regrole[])"
    assert names(role_world, above, ROLES) == set()
    able = "select rolname from pg_roles where rolname = any (%s) and rolcanlogin"
    assert names(role_world, able, ROLES) == {"agentic_web", "agentic_jobs"}


def test_row_level_security_is_forced_on_every_table_and_each_policy_admits(role_world: World) -> None:
    """The owner by name; the vault of our own is closed to everybody but its owner, which it does not bind."""
    bare = "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
    assert names(role_world, bare + " and not (relrowsecurity and relforcerowsecurity)") == set()
    admitted = "select roles::text from pg_policies where policyname = 'owner'"
    assert names(role_world, admitted) == {f"{{{owner(role_world)}}}"}
    to_all = "select tablename from pg_policies where 'public' = any (roles) or permissive <> 'PERMISSIVE'"
    assert names(role_world, to_all) == set()
    ((closed,),) = execute(
        role_world.server, "select relrowsecurity from pg_class where oid = 'vault.secrets'::regclass"
    )
    assert closed is True
    assert names(role_world, "select policyname from pg_policies where schemaname = 'vault'") == set()


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("table", "select relname, relacl from pg_class where relkind <> 'S' and relnamespace in (ours)"),
        ("column", "select attname, attacl from pg_attribute where attrelid >= 16384"),
        (
            "function",
            "select proname, coalesce(proacl, acldefault('f', proowner)) from pg_proc where pronamespace in (ours)",
        ),
        ("schema", "select nspname, nspacl from pg_namespace where nspname in ('public', 'vault')"),
    ],
)
def test_privileges_are_granted_to_our_roles_only_and_go_no_further(role_world: World, kind: str, query: str) -> None:
    """Not to PUBLIC, and to nobody who may grant them on; logins of runners have none of their own."""
    granted = execute(
        role_world.server,
        "select distinct case grantee when 0 then 'PUBLIC' else pg_get_userbyid(grantee) end::text, is_grantable"
        " from (@objects) as object (name, privileges), aclexplode(privileges)"
        " where pg_get_userbyid(grantee) not in (%s, 'pg_database_owner')".replace(
            "@objects", query.replace("(ours)", OURS)
        ),
        owner(role_world),
    )
    assert granted, kind
    assert {str(role) for role, _ in granted} <= set(ROLES)
    assert not any(may_grant for _, may_grant in granted)


def test_nothing_is_granted_on_what_is_to_come_or_on_numbers(role_world: World) -> None:
    """No default privileges; a sequence is drawn from by its column alone; PUBLIC may connect and no more."""
    assert execute(role_world.server, "select count(*) from pg_default_acl") == [(0,)]
    sequences = "select count(*) from pg_class, aclexplode(relacl) as entry where relkind = 'S' and grantee <> relowner"
    assert execute(role_world.server, sequences) == [(0,)]
    public = (
        "select privilege_type from pg_database, aclexplode(datacl) where datname = current_database() and grantee = 0"
    )
    assert names(role_world, public) == {"CONNECT"}


def test_triggers_are_on_and_call_functions_of_ours(role_world: World) -> None:
    """Nobody has switched one off, and those that keep facts are on each table of facts."""
    loose = names(
        role_world,
        "select tgname from pg_trigger join pg_proc on pg_proc.oid = tgfoid"
        " where not tgisinternal and (tgenabled <> 'O' or pronamespace not in (ours))",
    )
    assert loose == set()
    kept = "select tgrelid::regclass from pg_trigger join pg_proc on pg_proc.oid = tgfoid where proname = 'keep_facts'"
    assert names(role_world, kept) == {
        *(
            "chat_tape",
            "fills",
            "funding_payments",
            "journal",
            "journal_checkpoints",
            "journal_payloads",
            "key_openings",
        ),
        *("owner_edits", "skill_versions", "transfers"),
    }
