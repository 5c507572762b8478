"""Plays the acts: backtest, then paper into PostgreSQL, with a deployer's commands on the way."""

from collections.abc import Mapping

import msgspec

from agentic_core.backtest.archive import save_backtest
from agentic_core.backtest.engine import run_backtest
from agentic_core.backtest.replay import Replay
from agentic_core.cli.demo.acts import Act, Claim
from agentic_core.cli.services import Services
from agentic_core.deployments import LOCAL_USER, admit_paper, save_skill
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.records import CommandKind, CommandState, SkillVersionRecord
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import DeploymentStatus
from agentic_core.ports.clock import Clock
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.runtime.mandates import mandate_for
from agentic_core.runtime.recorded_run import run_recorded
from agentic_core.runtime.stepped_session import SteppedMarket
from agentic_core.runtime.terms import Terms

__all__ = ["Played", "play"]

_TERMS = Terms()
_ALL = 100_000
_LOOK_S = 0.01


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """An act after it was played."""

    act: Act
    backtest: RunRecord
    paper: RunRecord
    claims: tuple[Claim, ...]


class _OrderedPace:
    # Paces a replay and hands in the deployer's commands between two marks; the next one waits until they are obeyed.
    def __init__(
        self,
        replay: Replay,
        commands: Mapping[int, CommandKind],
        store: RunnerStore,
        deployment: DeploymentId,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._replay = replay
        self._commands = commands
        self._store = store
        self._deployment = deployment

    @property
    def now(self) -> Instant:
        return self._replay.now

    @property
    def is_last(self) -> bool:
        return self._replay.is_last

    async def next_mark(self) -> Instant | None:
        kind = self._commands.get(self._replay.index + 1)
        if kind is not None:
            payload = {"reason": "the demo's deployer"}
            await self._store.commands.queue(self._deployment, kind, payload=payload, at=self._replay.now)
            while await self._store.commands.pending(self._deployment):
                await self._clock.sleep(_LOOK_S)
        return await self._replay.next_mark()


async def play(act: Act, store: RunnerStore, services: Services) -> Played:
    """Play one act and check what came of it."""
    version = await save_skill(store, LOCAL_USER, act.skill, instruments=act.instruments)
    backtest = await _backtest(act, version, store, services)
    paper, deployment = await _paper(act, version, store, services)
    claims = (*act.claims(backtest), *await _compare(act, backtest, paper, store, deployment))
    return Played(act=act, backtest=backtest, paper=paper, claims=claims)


async def _backtest(act: Act, version: SkillVersionRecord, store: RunnerStore, services: Services) -> RunRecord:
    run = DeploymentId(services.entropy.uuid())
    mandate = mandate_for(act.skill, version, run)
    record = run_backtest(mandate, act.dataset, instruments=act.instruments, terms=_TERMS)
    await save_backtest(store, LOCAL_USER, version, record, at=services.clock.now())
    return record


async def _paper(
    act: Act, version: SkillVersionRecord, store: RunnerStore, services: Services
) -> tuple[RunRecord, DeploymentId]:
    deployment = DeploymentId(services.entropy.uuid())
    await admit_paper(store, LOCAL_USER, version, deployment=deployment, at=services.clock.now())
    replay = Replay(act.dataset, act.instruments, clock=services.clock)
    pace = _OrderedPace(replay, act.commands, store, deployment, services.clock)
    venue = SteppedMarket(feed=replay, books=replay, pace=pace, funding_source=act.dataset.funding_source)
    record = await run_recorded(
        deployment,
        mandate_for(act.skill, version, deployment),
        store=store,
        venue=venue,
        terms=_TERMS,
        clock=services.clock,
        holder="demo",
    )
    return record, deployment


async def _compare(
    act: Act, backtest: RunRecord, paper: RunRecord, store: RunnerStore, deployment: DeploymentId
) -> tuple[Claim, ...]:
    stored = await store.decisions.recent(deployment, _ALL)
    row = await store.deployments.load(deployment)
    kept = {record.decision.decision_id for record in paper.decisions} <= {one.decision.decision_id for one in stored}
    recorded = Claim(
        sentence=f"PostgreSQL holds all {len(stored)} decisions of the paper run with their results",
        holds=kept and len(stored) >= paper.ticks,
    )
    stopped = Claim(sentence="its deployment is stopped", holds=row.status is DeploymentStatus.STOPPED)
    if not act.commands:
        return (recorded, stopped, _same(backtest, paper))
    commands = await store.commands.recent(deployment, _ALL)
    applied = [one.kind for one in reversed(commands) if one.state is CommandState.APPLIED and one.acked_at is not None]
    names = ", ".join(act.commands.values())
    obeyed = Claim(sentence=f"it obeyed {names}", holds=applied == list(act.commands.values()))
    return (recorded, stopped, obeyed)


def _same(backtest: RunRecord, paper: RunRecord) -> Claim:
    def executions(run: RunRecord) -> list[tuple[object, ...]]:
        return [(fill.time, fill.symbol, fill.side, fill.size, fill.price, fill.fee) for fill in run.fills]

    equal = executions(backtest) == executions(paper) and backtest.final_equity == paper.final_equity
    sentence = f"paper and backtest agree: {len(paper.fills)} fills and the final equity, to the last digit"
    return Claim(sentence=sentence, holds=equal)
