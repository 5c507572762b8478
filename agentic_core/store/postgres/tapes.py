"""Exchanges with chat models."""

import msgspec

from agentic_core.domain.chat import CallId
from agentic_core.domain.ids import DecisionId, DeploymentId
from agentic_core.domain.likeness import likeness
from agentic_core.domain.times import Instant
from agentic_core.ports.tape import TapeEntry, TapeKey
from agentic_core.store.checks import check_tape_entry
from agentic_core.store.postgres.codec import encode
from agentic_core.store.postgres.connection import Database

__all__ = ["PostgresTape", "PostgresTapes"]

_READ_AT_ONCE = 32
"""Requests may be long."""


class _EntryRow(msgspec.Struct):
    key: TapeKey
    deployment: DeploymentId
    decision: DecisionId
    step: int
    attempt: int
    request: bytes
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    recorded_at: Instant

    def entry(self) -> TapeEntry:
        return TapeEntry(
            key=self.key,
            call=CallId(deployment=self.deployment, decision=self.decision, step=self.step, attempt=self.attempt),
            request=self.request,
            status=self.status,
            headers=self.headers,
            body=self.body,
            recorded_at=self.recorded_at,
        )


class _RequestRow(msgspec.Struct):
    key: TapeKey
    request: bytes
    recorded_at: Instant


class PostgresTape:
    """The exchanges of one deployment."""

    def __init__(self, database: Database, deployment: DeploymentId) -> None:
        self._database = database
        self._deployment = deployment

    async def find(self, key: TapeKey) -> TapeEntry | None:
        """Return the exchange of a key, or None."""
        values = {"deployment": self._deployment, "key": key}
        row = await self._database.row("find_on_tape", _EntryRow, values)
        return None if row is None else row.entry()

    async def keep(self, entry: TapeEntry) -> None:
        """Keep an exchange; one that is there already under its key stays.

        Raises:
            UsageError: its key is not that of its request.
            NotFound: there is no such deployment.
        """
        check_tape_entry(entry)
        values = {
            "deployment": self._deployment,
            "key": entry.key,
            "call_deployment": entry.call.deployment,
            "decision": entry.call.decision,
            "step": entry.call.step,
            "attempt": entry.call.attempt,
            "request": entry.request,
            "status": entry.status,
            "headers": encode(entry.headers),
            "body": entry.body,
            "recorded_at": entry.recorded_at,
        }
        await self._database.run("keep_on_tape", values)

    async def nearest(self, request: bytes) -> TapeEntry | None:
        """Return the kept exchange that resembles a request most, the newest of several; None on an empty tape."""
        best: tuple[int, Instant, TapeKey] | None = None
        after = ""
        while rows := await self._database.rows("requests_on_tape", _RequestRow, self._page(after)):
            ranked = max((likeness(request, row.request), row.recorded_at, row.key) for row in rows)
            best = ranked if best is None else max(best, ranked)
            after = rows[-1].key
        return None if best is None else await self.find(best[2])

    def _page(self, after: str) -> dict[str, object]:
        return {"deployment": self._deployment, "after": after, "limit": _READ_AT_ONCE}


class PostgresTapes:
    """A tape for each deployment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, deployment: DeploymentId) -> PostgresTape:
        """Return the tape of a deployment, which is empty at first."""
        return PostgresTape(self._database, deployment)

    async def entries(
        self, deployment: DeploymentId, *, after: TapeKey | None = None, limit: int = 100
    ) -> tuple[TapeEntry, ...]:
        """Return exchanges of a deployment by their keys, those that come after one of them."""
        values = {"deployment": deployment, "after": after or "", "limit": limit}
        return tuple(row.entry() for row in await self._database.rows("read_tape", _EntryRow, values))
