"""Runs chat-model skills over recorded candles: the live tick, driven by an event loop.

The time of the candles stands still while a chat model thinks, so a deadline of a turn does not bind here. Everything
else is as it is live: the prompt, the loop, the caps on what calls may cost, and the risk engine.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec
from anyio.lowlevel import checkpoint

from agentic_core.backtest.chat.coverage import CoverageCount
from agentic_core.backtest.chat.purse import Purse, PurseLedger
from agentic_core.backtest.chat.trial import ChatTrial, RunTrial
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.engine_run import DeskOf, EngineRun, Progress
from agentic_core.chat.setup import ChatSetup
from agentic_core.domain.chat import LastTurn
from agentic_core.domain.ids import DeploymentId, SkillId, Symbol, derived_uuid
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.order import Fence
from agentic_core.domain.records import SkillVersionRecord
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import Instant, show
from agentic_core.errors import AgenticError, UsageError
from agentic_core.ports.cost_ledger import CostLedger
from agentic_core.runtime import ByChatModel, Mandate
from agentic_core.runtime.chat_desk import ChatDesk, DeskPorts, cost_caps
from agentic_core.runtime.last_turn import last_turn
from agentic_core.runtime.mandates import mandate_for
from agentic_core.runtime.terms import Terms
from agentic_core.runtime.tick import Turned
from agentic_core.skills.versions import canonical_json, payload_hash

__all__ = ["SetupOf", "TrialMandate", "run_chat", "trial_mandate", "trial_runner"]

SetupOf: TypeAlias = Callable[[ChatTrial], ChatSetup]
"""Says who answers in a trial, and with which tools."""

TrialMandate: TypeAlias = Callable[[ChatTrial, ChatSetup], Mandate]
"""Says under which identity a trial is run."""

_NO_DEPLOYMENT: Final = "backtest"


async def run_chat(
    mandate: Mandate,
    dataset: Dataset,
    *,
    instruments: Mapping[Symbol, Instrument],
    terms: Terms,
    purse: Purse | None = None,
    progress: Progress | None = None,
) -> RunRecord:
    """Run a skill that asks a chat model over recorded candles.

    Args:
        mandate: the skill and how it thinks.
        dataset: candles at the skill's interval, with funding rates.
        instruments: rules of the symbols.
        terms: what executions cost.
        purse: told of every reservation, where the way to the chat model is paid from one.
        progress: told how far the run is.

    Raises:
        CandlesInvalid: there are fewer than two candles, or a symbol of the skill has none.
        TapeMiss: a call is not on the tape, and nothing may be spent on it; its notes name the mark.
        UsageError: rules decide.
    """
    decider = mandate.decider
    if not isinstance(decider, ByChatModel):
        raise UsageError(f"{mandate.skill_name} decides by rules; use backtest.engine.run_backtest")
    run = EngineRun(mandate, dataset, instruments, terms, _desk_of(mandate, decider, purse))
    count, last = CoverageCount(), None
    for index in run.turns(progress):
        if run.is_over:
            continue
        last = await _turn(run, index, last, count)
    return msgspec.structs.replace(run.record(), coverage=count.result())


def trial_mandate(trial: ChatTrial, setup: ChatSetup) -> Mandate:
    """Return the mandate of a trial; the same skill over the same candles is the same run, down to its order ids."""
    payload = canonical_json(trial.skill)
    version = SkillVersionRecord(
        skill_id=SkillId(derived_uuid("skill", trial.skill.slug)),
        version=0,
        payload=payload,
        payload_hash=payload_hash(payload),
    )
    named = DeploymentId(derived_uuid(_NO_DEPLOYMENT, version.payload_hash, trial.dataset.sha256))
    return mandate_for(trial.skill, version, named, setup)


def trial_runner(
    setup_of: SetupOf, terms: Terms, purse: Purse | None = None, *, mandate_of: TrialMandate = trial_mandate
) -> RunTrial:
    """Return what runs trials under these terms, all of them paid from one purse."""

    async def run(trial: ChatTrial, progress: Progress | None = None) -> RunRecord:
        return await run_chat(
            mandate_of(trial, setup_of(trial)),
            trial.dataset,
            instruments=trial.instruments,
            terms=terms,
            purse=purse,
            progress=progress,
        )

    return run


async def _turn(run: EngineRun, index: int, last: LastTurn | None, count: CoverageCount) -> LastTurn | None:
    await checkpoint()  # a tape answers at once, and whoever cancels has to get a word in
    try:
        outcome = await run.chat_turn(index, last)
    except AgenticError as error:
        error.add_note(f"at the mark {show(run.cursor.as_of)}")
        raise
    count.add(outcome)
    return last_turn(outcome.decision, outcome.result, run.mandate.symbols) if isinstance(outcome, Turned) else last


def _desk_of(mandate: Mandate, decider: ByChatModel, purse: Purse | None) -> DeskOf:
    caps = cost_caps(mandate.limits)

    def desk(costs: CostLedger, fence: Fence, now: Callable[[], Instant]) -> ChatDesk:
        ledger = costs if purse is None else PurseLedger(costs, purse)
        ports = DeskPorts(ledger=ledger, fence=fence, now=now, sleep=_at_once)
        return ChatDesk(decider.thinking, ports, lambda: caps)

    return desk


async def _at_once(_: float) -> None:
    pass  # the way out has a patience of its own, and a tape needs none
