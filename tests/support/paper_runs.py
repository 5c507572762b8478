"""A paper deployment in a store, over a recorded market, with things to do just before certain marks."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import msgspec

from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.replay import Replay
from agentic_core.deployments import LOCAL_USER, admit_paper
from agentic_core.domain import (
    Command,
    CommandKind,
    DeploymentId,
    Instant,
    LeaseState,
    LogLine,
    RunRecord,
    derived_uuid,
    paper_account,
)
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.runtime import Mandate
from agentic_core.runtime.recorded_run import run_recorded
from agentic_core.runtime.stepped_session import SteppedMarket
from agentic_core.runtime.terms import Terms
from tests.support.backtests import FREE
from tests.support.clocks import VirtualClock
from tests.support.markets import LISTED
from tests.support.stored_values import BOUND, hash_of

__all__ = ["RUN", "Stage", "staged"]

D = Decimal
RUN = DeploymentId(derived_uuid("test", "paper run"))

_LOOK_MS = 250
"""How often a store in memory is looked at for commands."""

_Deed = Callable[[], Awaitable[object]]


class Stage:
    """A deployment that was admitted and waits to be run; it paces its own market."""

    def __init__(
        self, store: RunnerStore, mandate: Mandate, dataset: Dataset, clock: VirtualClock, terms: Terms
    ) -> None:
        self.store = store
        self.mandate = mandate
        self.clock = clock
        self.dataset = dataset
        self.lines: list[LogLine] = []
        """What the deployment has said so far."""

        self.before: dict[int, _Deed] = {}
        """What is done just before the mark of this number is reached."""

        self.obeyed: dict[int, _Deed] = {}
        """What is done between two marks, after everything was obeyed that was ordered there."""

        self.replay = Replay(dataset, LISTED, clock=clock)
        self._terms = terms

    @property
    def now(self) -> Instant:
        """The venue's present."""
        return self.replay.now

    @property
    def is_last(self) -> bool:
        """Whether the present mark only values the account."""
        return self.replay.is_last

    async def next_mark(self) -> Instant | None:
        """Do what is due, wait until all that was ordered is done, and go on to the next mark."""
        deed = self.before.pop(self.replay.index + 1, None)
        if deed is not None:
            await deed()
        while await self.store.commands.pending(self.mandate.deployment):
            await self.clock.let_pass(_LOOK_MS)
        seen = self.obeyed.pop(self.replay.index + 1, None)
        if seen is not None:
            await seen()
        return await self.replay.next_mark()

    def live(self) -> None:
        """Let every mark take as long as in life, by the clock of the test."""
        self.replay = Replay(self.dataset, LISTED, clock=self.clock, speed=1.0)

    def order(self, mark: int, *kinds: CommandKind) -> None:
        """Let the deployer order this just before a mark; it is carried out before that mark is reached."""

        async def queue() -> None:
            for kind in kinds:
                await self.store.commands.queue(self.mandate.deployment, kind, payload={}, at=self.clock.now())

        self.before[mark] = queue

    async def run(self, on_mark: Callable[[Instant], None] | None = None) -> RunRecord:
        """Run the deployment until it ends."""
        source = self.dataset.funding_source
        return await run_recorded(
            self.mandate.deployment,
            self.mandate,
            store=self.store,
            venue=SteppedMarket(feed=self.replay, books=self.replay, pace=self, funding_source=source),
            terms=self._terms,
            clock=self.clock,
            holder="runner",
            listener=self.lines.append,
            on_mark=on_mark,
        )

    async def commands(self) -> list[Command]:
        """Return what was ordered, oldest first."""
        return list(reversed(await self.store.commands.recent(self.mandate.deployment, 99)))

    async def has_given_back(self) -> bool:
        """Tell whether the lease of the account is free."""
        lease = await self.store.leases.read(self.mandate.account)
        return lease is not None and lease.state is LeaseState.FREE

    def said(self) -> list[str]:
        """Return the messages so far."""
        return [line.message for line in self.lines]


async def staged(
    store: RunnerStore, mandate: Mandate, dataset: Dataset, *, clock: VirtualClock | None = None, terms: Terms = FREE
) -> Stage:
    """Save a skill and admit its deployment, ready to run."""
    used = clock or VirtualClock()
    payload = "{}"
    version = await store.skills.save(
        LOCAL_USER,
        name=mandate.skill_name,
        slug="by-hand",
        payload=payload,
        payload_hash=hash_of(payload),
        loss_bound=BOUND,
    )
    await admit_paper(store, LOCAL_USER, version, deployment=RUN, at=used.now())
    pinned = msgspec.structs.replace(
        mandate,
        deployment=RUN,
        account=paper_account(RUN),
        skill=version.skill_id,
        skill_version=version.version,
        payload_hash=version.payload_hash,
    )
    return Stage(store, pinned, dataset, used, terms)
