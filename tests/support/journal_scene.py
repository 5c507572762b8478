"""A told story in a database, whoever may do everything to it, and the command that looks it over."""

from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import anyio
import psycopg
from typer.testing import CliRunner

from agentic_core.cli.journal import build
from agentic_core.cli.lazy import CommandLine
from agentic_core.domain import DeploymentId
from agentic_core.domain.journal import JournalEntry
from agentic_core.journal.frames import frame
from agentic_core.store.postgres import open_store
from hosts.cli import DOORS
from tests.support.by_hand import execute
from tests.support.command_room import services_with
from tests.support.journal_story import KEY, tell_story

__all__ = ["Scene", "Verdict", "told_in"]

_UNWATCHED = "-c session_replication_role=replica -c synchronous_commit=off -c timezone=UTC"
_KEPT = (
    "journal",
    "journal_heads",
    "journal_payloads",
    "journal_checkpoints",
    "deployments",
    "skill_versions",
    "decision_snapshots",
    "order_intents",
    "fills",
    "funding_payments",
    "transfers",
    "agent_commands",
    "cost_rollups",
    "mainnet_orders",
    "leases",
    "signer_nonces",
)
"""What is put back after each test."""


class Verdict(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A database in which everything happened once."""

    dsn: str
    run: DeploymentId

    def alter(self, statement: str, *values: object) -> None:
        """Do something as an owner who has switched every trigger off."""
        with psycopg.connect(self.dsn, autocommit=True, options=_UNWATCHED) as connection:
            connection.execute(statement.encode(), values or None)

    def journal(self, *arguments: object) -> Verdict:
        """Run `agentic journal`."""
        services = services_with({"DATABASE_URL": self.dsn})
        result = CliRunner().invoke(build(services), [str(each) for each in arguments], catch_exceptions=False)
        return Verdict(result.exit_code, result.output)

    def command(self, *arguments: object) -> Verdict:
        """Run `agentic journal` as the installed command does, which turns errors into words."""
        said = StringIO()
        line = CommandLine(DOORS, lambda: services_with({"DATABASE_URL": self.dsn}), version="0")
        with redirect_stdout(said), redirect_stderr(said):
            code = line.run(["journal", *(str(each) for each in arguments)])
        return Verdict(code, said.getvalue())

    def verify(self) -> Verdict:
        """Verify the journal with the key that is trusted."""
        return self.journal("verify", self.run, "--public-key", KEY.public)

    def entries(self) -> tuple[JournalEntry, ...]:
        """Return the records as they stand."""

        async def read() -> tuple[JournalEntry, ...]:
            async with open_store(self.dsn) as store:
                return await store.journal.after(self.run, 0, 1_000)

        return anyio.run(read)

    def copy_to(self, path: Path, count: int = 1_000) -> Path:
        """Write the first records as a runner's copy."""
        lines = (f"{entry.hash} {entry.record}\n".encode() for entry in self.entries()[:count])
        path.write_bytes(b"".join(frame(line) for line in lines))
        return path

    def put_back(self) -> None:
        """Undo whatever was altered."""
        again = "delete from {0}; insert into {0} overriding system value select * from kept.{0};"
        self.alter(" ".join(again.format(table) for table in _KEPT))


def told_in(dsn: str) -> Scene:
    """Tell the story in an empty, migrated database, and keep what it came to."""

    async def tell() -> DeploymentId:
        async with open_store(dsn) as store:
            return await tell_story(store)

    run = anyio.run(tell)
    execute(dsn, "create schema kept")
    for table in _KEPT:
        execute(dsn, f"create table kept.{table} as table public.{table}")
    return Scene(dsn=dsn, run=run)
