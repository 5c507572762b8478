"""A shipped runner over a real database, whose chat model costs something at every mark; a minute takes a second."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import cast

import anyio
import msgspec

from agentic_core.chat import said
from agentic_core.deployments import LOCAL_USER, admit_paper
from agentic_core.domain import (
    CommandKind,
    DeploymentId,
    DeploymentRecord,
    Interval,
    LogLine,
    SkillId,
    Usd,
    derived_uuid,
)
from agentic_core.ports.chat_model import CallUsage
from agentic_core.runtime import Mandate
from agentic_core.runtime.mandates import mandate_for
from agentic_core.runtime.pacing import VenuePace
from agentic_core.runtime.runner import Ended, run_until_stopped
from agentic_core.runtime.runner_ports import RunnerPorts
from agentic_core.runtime.session import Session, SessionContext
from agentic_core.runtime.timings import Timings
from agentic_core.skills import canonical_json, load_skill
from agentic_core.skills.versions import payload_hash
from agentic_core.store.memory import MemoryStore
from agentic_core.store.postgres import PostgresStore
from tests.drills.pace import Pace, ScaledClock
from tests.support.by_hand import execute
from tests.support.checklist import BLOCKS
from tests.support.skill_files import skill_with
from tests.support.stored_values import BOUND
from tests.support.thinking import scripted
from tests.support.ticker_room import SessionByHand
from tests.support.turns import World as Replies

__all__ = ["ME", "GuardedRunner", "guarded_runner"]

ME = DeploymentId(derived_uuid("test", "guarded runner"))
_COST = Usd(Decimal("0.02"))
_FACTOR = 60
_TIMINGS = Timings(lease_ms=1_800_000, renew_ms=60_000)
"""The database's clock is life's, and so is how long a busy machine may take."""

_CAP_USD = 7


class GuardedRunner:
    """What runs, and the owner's hands on its database."""

    def __init__(self, dsn: str, store: PostgresStore, skill: SkillId, version: int) -> None:
        self.dsn = dsn
        self.store = store
        self.lines: list[LogLine] = []
        self.clock = ScaledClock(Pace.beginning_now(_FACTOR))
        self.ended: Ended | None = None
        self._blanks = {"<uuid>": ME, "<skill-uuid>": skill, "<ver>": str(version), "<cap>": str(_CAP_USD)}

    def run(self, block: str) -> list[tuple[object, ...]]:
        """Run a block of the launch checklist as the owner of the database."""
        sql = BLOCKS[block]
        for blank, value in self._blanks.items():
            sql = sql.replace(blank, value)
        return execute(self.dsn, sql)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Ask the database something about this deployment."""
        return execute(self.dsn, statement, ME)

    async def order(self, kind: CommandKind) -> None:
        """Order something as a person does."""
        await self.store.commands.queue(ME, kind, payload={}, at=self.clock.now())

    async def until(self, what: Callable[[], bool], *, minutes: float) -> None:
        """Wait so long at most until something is so."""
        ends_ms = self.clock.boottime_ms() + minutes * Interval.M1.ms
        while not what():
            assert self.clock.boottime_ms() < ends_ms, "it did not come about in time"
            await self.clock.sleep(2)

    async def marks(self, count: int) -> None:
        """Let so many marks go by."""
        await self.clock.sleep(count * Interval.M1.ms / 1_000)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the deployment meanwhile, and end its process afterwards."""
        stop = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run, stop)
            yield
            stop.set()

    async def _run(self, stop: anyio.Event) -> None:
        ports = RunnerPorts(
            store=self.store,
            clock=self.clock,
            holder="guarded",
            open_session=self._open,
            mandate_of=self._mandate_of,
            listener=self.lines.append,
            timings=_TIMINGS,
        )
        self.ended = await run_until_stopped(ME, ports, stop=stop)

    async def _mandate_of(self, record: DeploymentRecord) -> Mandate:
        version = await self.store.skills.version(record.skill_id, record.skill_version)
        skill = load_skill(version.payload, source="what was deployed")
        return msgspec.structs.replace(mandate_for(skill, version, record.id), decider=scripted(bound=_COST))

    @asynccontextmanager
    async def _open(self, context: SessionContext) -> AsyncIterator[Session]:
        answer = said(None, "wait", usage=CallUsage(cost_usd=_COST))
        pace = VenuePace(self.clock.now, self.clock, Interval.M1)
        store = cast("MemoryStore", self.store)  # it only records decisions
        yield SessionByHand(pace, self.clock, Replies(reply=answer), store, context.fence)


async def guarded_runner(dsn: str, store: PostgresStore) -> GuardedRunner:
    """Save a skill that may cost seven dollars a month and wakes every minute, and deploy it on paper."""
    changes = {"schedule.interval": "1m", "risk.maxMonthlyCostUsd": _CAP_USD}
    payload = canonical_json(skill_with(changes))
    version = await store.skills.save(
        LOCAL_USER,
        name="Guarded",
        slug="guarded",
        payload=payload,
        payload_hash=payload_hash(payload),
        loss_bound=BOUND,
    )
    runner = GuardedRunner(dsn, store, version.skill_id, version.version)
    await admit_paper(store, LOCAL_USER, version, deployment=ME, at=runner.clock.now())
    return runner
