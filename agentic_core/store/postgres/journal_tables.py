"""What the tables hold of a deployment, read to be compared with its journal."""

from decimal import Decimal
from typing import TypeVar

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import JournalHead, JournalPayload
from agentic_core.journal.facts import (
    CommandFacts,
    DecisionFacts,
    DeploymentFacts,
    FillFacts,
    FundingFacts,
    MonthFacts,
    OrderFacts,
    Projections,
    TextFacts,
    TransferFacts,
    intent_facts,
)
from agentic_core.store.postgres.connection import Database, Session

__all__ = ["TablesAt", "journaled_deployments", "read_payloads", "read_tables"]

_Row = TypeVar("_Row")
_Facts = TypeVar("_Facts", bound=msgspec.Struct)


class TablesAt(msgspec.Struct, frozen=True, kw_only=True):
    """The tables as they were when a record was the newest one."""

    newest: int
    """The number of that record; 0 where there is none."""
    head: JournalHead | None
    """What the head of the journal said of it then; None where there was none."""
    projections: Projections


class _MonthRow(msgspec.Struct):
    month: str
    cost_usd: Decimal
    unknown_costs: int

    def facts(self) -> MonthFacts:
        return MonthFacts(cost_usd=self.cost_usd, unknown_costs=self.unknown_costs)


class _SizeRow(msgspec.Struct):
    symbol: str
    size: Decimal


class _NonceRow(msgspec.Struct):
    signer: str
    nonce: int


class _NumberRow(msgspec.Struct):
    number: int | None


class _TextRow(TextFacts, frozen=True, kw_only=True):
    id: str


class _ChainRow(msgspec.Struct):
    deployment: DeploymentId


async def journaled_deployments(database: Database) -> tuple[DeploymentId, ...]:
    """Return whoever has a journal, or has to have one.

    Raises:
        StoreUnavailable: the server could not be reached.
    """
    return tuple(sorted(row.deployment for row in await database.rows("journaled_chains", _ChainRow, {})))


async def read_tables(database: Database, deployment: DeploymentId) -> TablesAt:
    """Read everything that the journal of a deployment tells of, all of it as it was at one moment.

    Raises:
        StoreUnavailable: the server could not be reached.
    """
    async with database.transaction() as session:
        await session.run("at_one_moment", {})
        reader = _Reader(session, deployment)
        return TablesAt(
            newest=await reader.number("newest_record") or 0,
            head=await session.row("journal_head", JournalHead, {"deployment": deployment}),
            projections=await _read(reader),
        )


async def read_payloads(
    database: Database, deployment: DeploymentId, after: int, until: int
) -> dict[int, JournalPayload]:
    """Read the private text of the records after one of them up to another, by their numbers.

    Raises:
        StoreUnavailable: the server could not be reached.
    """
    values = {"deployment": deployment, "after": after, "until": until}
    return {row.seq: row for row in await database.rows("journaled_payloads", JournalPayload, values)}


class _Reader:
    def __init__(self, session: Session, deployment: DeploymentId) -> None:
        self._session = session
        self._values = {"deployment": deployment}

    async def rows(self, name: str, row: type[_Row]) -> tuple[_Row, ...]:
        return await self._session.rows(name, row, self._values)

    async def named(self, name: str, row: type[_Facts], key: str) -> dict[str, _Facts]:
        return {getattr(facts, key): facts for facts in await self.rows(name, row)}

    async def number(self, name: str) -> int | None:
        found = await self._session.row(name, _NumberRow, self._values)
        return None if found is None else found.number


async def _read(reader: _Reader) -> Projections:
    intents = [intent_facts(row) for row in await reader.rows("journaled_intents", dict[str, object])]
    texts = await reader.rows("journaled_texts", _TextRow)
    return Projections(
        deployment=next(iter(await reader.rows("journaled_deployment", DeploymentFacts)), None),
        decisions=await reader.named("journaled_decisions", DecisionFacts, "id"),
        texts={row.id: TextFacts(final_text=row.final_text, proposed_action=row.proposed_action) for row in texts},
        intents={intent.cloid: intent for intent in intents},
        fills=await reader.named("journaled_fills", FillFacts, "fill_id"),
        funding=await reader.named("journaled_funding", FundingFacts, "payment_id"),
        transfers=await reader.named("journaled_transfers", TransferFacts, "transfer_id"),
        commands=await reader.named("journaled_commands", CommandFacts, "id"),
        months={row.month: row.facts() for row in await reader.rows("journaled_months", _MonthRow)},
        orders=await reader.named("journaled_orders", OrderFacts, "cloid"),
        positions={row.symbol: row.size for row in await reader.rows("journaled_positions", _SizeRow)},
        nonces={row.signer: row.nonce for row in await reader.rows("journaled_nonces", _NonceRow)},
        epoch=await reader.number("journaled_epoch"),
    )
