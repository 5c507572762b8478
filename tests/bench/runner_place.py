"""A runner as it is shipped, in a process of its own, between a database server and a venue in processes of theirs."""

import os
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path

import anyio
import msgspec
from anyio.abc import TaskGroup

from agentic_core.store.postgres import PostgresStore, open_store
from agentic_hl.wire.weights import query_weight
from tests.bench.runner_venue import Heard, RunnerVenueSetup, symbols_of
from tests.drills.pace import Pace, ScaledClock
from tests.drills.seeding import Seeded, seed_mainnet
from tests.drills.stage import Runner
from tests.support.embedded_postgres import ROOT
from tests.support.skill_files import skill_text

__all__ = ["READY", "SHIPPED", "Footprint", "RunnerPlace", "footprint", "runner_place"]

READY = "entering tick loop"
SHIPPED = ("hosts.runner",)
"""The module of the host and its arguments."""
_DEPOSIT_USD = Decimal(1_000_000)
_KB_PER_MB = 1_024
_STARTED_S = 60


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """What a process holds and has taken."""

    rss_mb: float
    cpu_s: float
    """Of processor time since it began."""


def footprint(pid: int) -> Footprint:
    """Look at a process, as Linux counts it."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    rss_kb = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    ticks = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return Footprint(rss_mb=rss_kb / _KB_PER_MB, cpu_s=sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"))


class RunnerPlace:
    """Where runners are started, and what can be seen of them from outside."""

    def __init__(self, dsn: str, store: PostgresStore, folder: Path, setup: RunnerVenueSetup, tasks: TaskGroup) -> None:
        self.dsn = dsn
        self.store = store
        """The database as its owner."""
        self.pace = setup.pace
        self.clock = ScaledClock(setup.pace)
        self.folder = folder
        self._setup = setup
        self._tasks = tasks
        self._runners: list[Runner] = []
        self._url = ""

    async def serve(self, stack: AsyncExitStack) -> None:
        """Start the venue."""
        command = [sys.executable, "-m", "tests.bench.runner_venue", msgspec.json.encode(self._setup).decode()]
        process = await anyio.open_process(command, cwd=ROOT, stdin=None, stderr=None)
        stack.push_async_callback(process.aclose)
        stack.callback(process.kill)
        assert process.stdout is not None
        with anyio.fail_after(_STARTED_S):
            self._url = f"http://127.0.0.1:{int(await process.stdout.receive())}"

    async def seed(self, interval: str = "1m", *, orders_per_day: int = 20) -> Seeded:
        """Deploy a skill that looks at every market and hardly ever trades."""
        skill = skill_text(
            {
                "name": "Watcher",
                "rules": {"policy": "sma-cross", "symbol": "BTC", "fast": 40, "slow": 240, "sizePct": 1},
                "schedule": {"interval": interval},
                "risk.allowedSymbols": list(symbols_of(self._setup.symbols)),
                "risk.maxOrdersPerDay": orders_per_day,
                "risk.maxLeverage": 2,
            }
        )
        return await seed_mainnet(self.store, self.dsn, self.clock.now(), skill=skill)

    async def start(self, seeded: Seeded, module: Sequence[str] = SHIPPED) -> Runner:
        """Start a runner; by default the host as it is shipped."""
        environment = {
            "PATH": os.defpath,
            "AGENTIC_HOME": str(self.folder / "home"),
            "HYPERLIQUID_URL": self._url,
            **seeded.settings,
        }
        process = await anyio.open_process([sys.executable, "-m", *module], cwd=ROOT, stdin=None, env=environment)
        runner = Runner(f"runner {len(self._runners)}", process)
        self._runners.append(runner)
        self._tasks.start_soon(runner.read)
        return runner

    def weight(self, since_ms: int, until_ms: int) -> tuple[int, Counter[str]]:
        """Return what the venue was asked between two moments, and what that weighed before answers were counted.

        Both moments are of the time since this machine booted.
        """
        lines = Path(self._setup.heard).read_bytes().splitlines()
        heard = (msgspec.json.decode(line, type=Heard) for line in lines)
        counted = Counter(each.what for each in heard if since_ms <= each.at_ms <= until_ms)
        return sum(count * query_weight(what) for what, count in counted.items()), counted

    async def close(self) -> None:
        """Kill whoever still lives."""
        for runner in self._runners:
            if runner.exit_code is None:
                runner.kill()
                await runner.process.wait()


@asynccontextmanager
async def runner_place(
    dsn: str, folder: Path, *, symbols: int, factor: int = 1, step_ms: int = 3_000
) -> AsyncGenerator[RunnerPlace]:
    """Serve a venue for runners.

    Args:
        dsn: a migrated database, as its owner.
        folder: for the runners' disk and what the venue hears.
        symbols: how many markets the venue lists.
        factor: how many times faster than life all clocks run.
        step_ms: how often prices and books move and are streamed, in the venue's time.
    """
    setup = RunnerVenueSetup(
        pace=Pace.beginning_now(factor),
        symbols=symbols,
        deposit_usd=_DEPOSIT_USD,
        heard=str(folder / "heard.jsonl"),
        step_ms=step_ms,
    )
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(dsn))
        tasks = await stack.enter_async_context(anyio.create_task_group())
        place = RunnerPlace(dsn, store, folder, setup, tasks)
        await place.serve(stack)
        try:
            yield place
        finally:
            with anyio.CancelScope(shield=True):
                await place.close()
            tasks.cancel_scope.cancel()
