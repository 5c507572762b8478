"""Which database this is: what is asked of it, and what its owner does when it is another one than it was.

Everything here acts as the owner of the tables; `agentic db` does. That no lease is given meanwhile is a rule of the
database itself.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from enum import StrEnum

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from agentic_core.domain.times import Instant
from agentic_core.errors import MigrationMismatch
from agentic_core.store.postgres.codec import encode
from agentic_core.store.postgres.connection import Session
from agentic_core.store.postgres.translation import outcome_seen, place_of, translated

__all__ = [
    "Difference",
    "Floor",
    "Identity",
    "Resolution",
    "Standing",
    "look_at",
    "mark_restored",
    "owner_session",
    "resolve",
]

_CONNECT_TIMEOUT_S = 5
# What an owner does may take as long as it takes.
_OPTIONS = "-c timezone=UTC -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"


class Difference(StrEnum):
    """Why no lease is given; the spelling is the one of `restores.reason`."""

    RESTORED = "restored"
    """Its rows were loaded from a backup."""
    COPIED = "copied"
    """It is a copy of the database that traded, or that database on another server."""
    FAILED_OVER = "failed_over"
    """A standby took over, or the server was recovered to a point in time."""
    FORGOTTEN = "forgotten"
    """Leases were given, and nothing is noted any more."""
    RAISED = "raised"
    """Nothing is wrong with it; its owner raises epochs or nonces by hand."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What distinguishes a database from every copy of it."""

    system_identifier: str
    """Of the cluster, drawn when it was made."""
    timeline_id: int
    """Grows with every promotion and every recovery to a point in time."""
    database_oid: int
    """The database's own number within its cluster."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a database is and was."""

    now: Identity
    noted: Identity | None
    """None before its first lease."""
    noted_at: Instant | None
    difference: Difference | None
    """None where leases are given."""


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """What a runner is known to have reached, as its refusal names it."""

    epoch: int = 0
    nonce: int = 0


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to give leases again."""

    reason: Difference
    accounts: int
    """How many can be traded, each of which got a new epoch."""
    epoch: int
    """The lowest of those epochs; 0 where there is no account."""
    signers: int
    nonce: int
    """The lowest of their last nonces; 0 where nobody ever signed."""
    expired: int
    """How many waiting orders to go on were expired."""
    paused: int
    """How many deployments were ordered to pause."""
    journals: int
    """How many say so from here on."""


class _Epoch(msgspec.Struct):
    account_key: str
    epoch: int


class _Nonce(msgspec.Struct):
    signer: str
    nonce: int


class _Answer(msgspec.Struct):
    answer: bool


class _Id(msgspec.Struct):
    id: int


@asynccontextmanager
async def owner_session(dsn: str) -> AsyncGenerator[Session]:
    """Hold one transaction without any timeout.

    Raises:
        StoreUnavailable: the server could not be reached; `commit_unknown` tells whether all of it may be stored.
    """
    with translated(place_of(dsn)):
        async with await AsyncConnection.connect(
            dsn, row_factory=dict_row, connect_timeout=_CONNECT_TIMEOUT_S, options=_OPTIONS
        ) as connection:
            yield Session(connection)
            with outcome_seen(connection):
                await connection.commit()


async def look_at(dsn: str) -> Standing:
    """Return what the database is and was.

    Raises:
        MigrationMismatch: it is behind this release.
    """
    async with owner_session(dsn) as session:
        return await _standing(session)


async def mark_restored(dsn: str) -> None:
    """Give no lease before somebody has resolved this; one that never gave any is otherwise not seen to be a copy."""
    async with owner_session(dsn) as session:
        standing = await _standing(session)
        await _open(session, standing, standing.difference or Difference.RESTORED)


async def resolve(dsn: str, floor: Floor | None = None, *, pause: bool = True) -> Resolution | None:
    """Make the database the one that is traded from, or return None where it is and no floor is given.

    Everything or nothing: epochs and nonces that no lost transaction can have reached, waiting orders to go on expired,
    whatever ran ordered to pause, a record in every journal, and the identity noted anew.

    Raises:
        MigrationMismatch: the database is behind this release.
    """
    async with owner_session(dsn) as session:
        await session.run("lock_identity", {})
        standing = await _standing(session)
        if standing.difference is None and floor is None:
            return None
        reason = standing.difference or Difference.RAISED
        restore = await _open(session, standing, reason)
        done = await _make_safe(session, reason, floor or Floor(), pause=pause)
        journals = await session.rows("journal_restored", dict, {"reason": reason, "restore": restore})
        done = msgspec.structs.replace(done, journals=len(journals))
        await session.run("forget_identity", {})
        await session.run("note_identity", {})
        await session.run("close_restores", {"resolution": encode(done)})
        return done


async def _standing(session: Session) -> Standing:
    known = await session.row("has_identity", _Answer, {})
    if known is None or not known.answer:
        raise MigrationMismatch("the database does not know yet which one it is; run `agentic db migrate`")
    standing = await session.row("read_identity", Standing, {})
    assert standing is not None
    return standing


async def _open(session: Session, standing: Standing, reason: Difference) -> int:
    found = encode({"now": standing.now, "noted": standing.noted, "noted_at": standing.noted_at})
    opened = await session.row("open_restore", _Id, {"reason": reason, "found": found})
    opened = opened or await session.row("open_restore_id", _Id, {})
    assert opened is not None
    return opened.id


async def _make_safe(session: Session, reason: Difference, floor: Floor, *, pause: bool) -> Resolution:
    epochs = [row.epoch for row in await session.rows("raise_epochs", _Epoch, {"epoch_above": floor.epoch})]
    nonces = [row.nonce for row in await session.rows("raise_nonces", _Nonce, {"nonce_above": floor.nonce})]
    expired = await session.rows("expire_loosening", dict, {})
    paused = await session.rows("pause_everything", dict, {}) if pause else ()
    return Resolution(
        reason=reason,
        accounts=len(epochs),
        epoch=min(epochs, default=0),
        signers=len(nonces),
        nonce=min(nonces, default=0),
        expired=len(expired),
        paused=len(paused),
        journals=0,
    )
