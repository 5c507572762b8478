"""A deployment that trades with a sealed key, and everybody who should not get it, each with a login of its own."""

from collections.abc import Mapping

import anyio
import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from agentic_core.domain import UserId
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.sealed_keys import name_of
from tests.support.by_hand import execute
from tests.support.sealed_keys import KeyRoom
from tests.support.stored_values import USER, deployment, hash_of, uuid_of

__all__ = ["FOREIGN", "INTRUDERS", "OURS", "Login", "VaultRoom", "furnished"]

FOREIGN = UserId(uuid_of("another tenant"))
OURS = "runner_of_ours"
_ROLES = {OURS: "agentic_runner", "runner_of_another": "agentic_runner", "runner_unbound": "agentic_runner"}
_RUNNERS = {OURS: uuid_of("first"), "runner_of_another": uuid_of("of another tenant")}


class Login:
    """Who asks, with settings of the session."""

    def __init__(self, role: str, *settings: str) -> None:
        self.role = role
        self.settings = settings

    def __repr__(self) -> str:
        return " ".join((self.role, *self.settings))


INTRUDERS = (
    Login("stranger"),
    Login("stranger", f"agentic.user_id={USER}"),
    Login("agentic_jobs"),
    Login("agentic_jobs", f"agentic.user_id={USER}"),
    Login("agentic_web"),
    Login("agentic_web", "agentic.user_id="),
    Login("agentic_web", f"agentic.user_id={FOREIGN}"),
    Login("runner_of_another"),
    Login("runner_of_another", f"agentic.user_id={USER}"),
    Login("runner_of_another", "role=agentic_runner"),
    Login("runner_unbound"),
    Login("runner_unbound", "role=agentic_runner"),
)
"""Everybody to whom the key is not handed out."""


class VaultRoom:
    """The database of the deployment `first`, whose runner `OURS` holds the lease and may have the key."""

    def __init__(self, dsn: str) -> None:
        """Take the address for the database's owner."""
        self.dsn = dsn

    async def furnish(self) -> None:
        """Approve a wallet, deploy with it, bind its key, take the lease, and make a deployment of another tenant."""
        async with open_store(self.dsn) as store:
            room = KeyRoom(store)
            self.wallet, made, self.fence = await room.ready()
            kept = await store.secrets.sealed(self.wallet.vault_key_id)
            assert kept is not None
            self.kept, self.deployment = kept, made.id
            await self._furnish_another(store)
        for login, group in _ROLES.items():
            self.make_role(login, group)
            if login in _RUNNERS:
                self.by_hand(
                    "insert into runner_logins (role_name, deployment_id) values (%s, %s)", login, _RUNNERS[login]
                )
        self.make_role("stranger")

    @property
    def names(self) -> Mapping[str, object]:
        """What is known of the key by everybody: identifiers are no secret."""
        return {
            "key": self.wallet.vault_key_id,
            "wallet": self.wallet.id,
            "deployment": self.deployment,
            "epoch": self.fence.epoch,
            "holder": "machine-1",
            "name": name_of(self.kept),
            "name_of_other": name_of(self.kept).replace(self.deployment, _RUNNERS["runner_of_another"]),
            "envelope": self.kept.envelope,
            "other": _RUNNERS["runner_of_another"],
            "user": USER,
            "foreign": FOREIGN,
        }

    def by_hand(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Run SQL as the owner."""
        return execute(self.dsn, statement, *values)

    def tried(self, login: Login, *statements: str) -> list[str]:
        """Let somebody run statements in one session, and return what each gave or was refused with."""
        options = " ".join(f"-c {setting}" for setting in login.settings)
        told: list[str] = []
        with psycopg.connect(make_conninfo(self.dsn, user=login.role, options=options), autocommit=True) as connection:
            connection.add_notice_handler(
                lambda notice: told.append(f"{notice.message_primary} {notice.message_detail}")
            )
            told.extend(_answer(connection, statement, self.names) for statement in statements)
        return told

    def kept_rows(self) -> list[tuple[object, ...]]:
        """Return everything that the vault holds, and who had it."""
        return [
            *self.by_hand("select id, name, secret, updated_at from vault.secrets order by id"),
            *self.by_hand("select id, holder, purpose, deployment_id from key_openings order by id"),
        ]

    def make_role(self, name: str, group: str = "") -> None:
        """Make a login where there is none; roles are the whole server's."""
        if self.by_hand("select 1 from pg_roles where rolname = %s", name):
            return
        created = sql.SQL("create role {} login").format(sql.Identifier(name))
        joined = sql.SQL(" in role {}").format(sql.Identifier(group)) if group else sql.SQL("")
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(created + joined)

    async def _furnish_another(self, store: PostgresStore) -> None:
        payload = '{"model":"rules"}'
        saved = await store.skills.save(
            FOREIGN, name="Other", slug="other", payload=payload, payload_hash=hash_of(payload)
        )
        made = msgspec.structs.replace(deployment(saved.skill_id, name="of another tenant"), user_id=FOREIGN)
        await store.deployments.create(made)
        await store.leases.acquire(made.account_key, "machine-1", 600_000, deployment=made.id)


def furnished(dsn: str) -> VaultRoom:
    """Furnish the database of this owner."""
    room = VaultRoom(dsn)
    anyio.run(room.furnish)
    return room


def _answer(connection: psycopg.Connection[tuple[object, ...]], statement: str, names: Mapping[str, object]) -> str:
    try:
        cursor = connection.execute(statement.encode(), names if "%(" in statement else None)
        return repr(cursor.fetchall()) if cursor.description else cursor.statusmessage or ""
    except psycopg.Error as error:
        diag = error.diag
        return (
            f"{diag.sqlstate}: {error} {diag.message_detail} {diag.message_hint} {diag.context} {diag.internal_query}"
        )
