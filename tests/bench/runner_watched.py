"""The shipped runner, which writes down when it read which command: `python -m tests.bench.runner_watched FILE`."""

import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from io import FileIO
from pathlib import Path

import msgspec

from agentic_core.cli.database import open_migrated
from agentic_core.cli.logs import complainer
from agentic_core.cli.runner_process import RunnerParts, serve
from agentic_core.domain import DeploymentId
from agentic_core.domain.records import Command
from agentic_core.store.postgres import PostgresStore
from agentic_core.store.postgres.messages import PostgresCommands
from agentic_hl.cli.venue_doors import hyperliquid_doors
from hosts.cli import services

__all__ = ["PickedUp"]


class PickedUp(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was read by its runner."""

    seq: int
    at_us: int
    """The wall clock of this machine, as the database's server reads it too."""


class _Watched(PostgresCommands):
    def __init__(self, shipped: PostgresCommands, file: FileIO) -> None:
        super().__init__(shipped._database)  # noqa: SLF001 - the connection of its own that commands have
        self._file = file

    async def pending(self, deployment: DeploymentId) -> tuple[Command, ...]:
        found = await super().pending(deployment)
        at_us = time.time_ns() // 1_000
        for command in found:
            self._file.write(msgspec.json.encode(PickedUp(seq=command.seq, at_us=at_us)) + b"\n")
        return found


def main() -> None:
    """Run the deployment that the environment names."""
    with Path(sys.argv[1]).open("ab", buffering=0) as file:

        @asynccontextmanager
        async def opened(dsn: str) -> AsyncGenerator[PostgresStore]:
            async with open_migrated(dsn) as store:
                store.commands = _Watched(store.commands, file)
                yield store

        made = services()
        sys.exit(serve(made, hyperliquid_doors(made, complainer(sys.stdout)), RunnerParts(open_database=opened)))


if __name__ == "__main__":
    main()
