"""Drives the tick over recorded candles.

Every turn takes the same path as a live one: view, policy, risk engine, durable intents, guarded broker, ledger. What
makes it fast is what it leaves out: marks at which nothing can happen. Where a policy declares its wake mask, only
those candles are visited, plus those where funding is due, a day begins, or equity reaches a threshold.
"""

from collections.abc import Mapping

from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.engine_run import EngineRun, Progress
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.run import RunRecord
from agentic_core.errors import UsageError
from agentic_core.runtime import ByRules, Mandate
from agentic_core.runtime.terms import Terms

__all__ = ["run_backtest"]


def run_backtest(
    mandate: Mandate,
    dataset: Dataset,
    *,
    instruments: Mapping[Symbol, Instrument],
    terms: Terms,
    progress: Progress | None = None,
) -> RunRecord:
    """Run a skill that decides by rules over recorded candles.

    Args:
        mandate: the skill and the rules that decide for it.
        dataset: candles at the skill's interval, with funding rates.
        instruments: rules of the symbols.
        terms: what executions cost.
        progress: told how far the run is.

    Raises:
        CandlesInvalid: there are fewer than two candles, or a symbol of the skill has none.
        LookAhead: the policy asked for, or woke by, something later than its mark.
        UsageError: a chat model decides, which has to be waited for.
    """
    if not isinstance(mandate.decider, ByRules):
        raise UsageError(
            f"{mandate.skill_name} asks a chat model, which takes an event loop; await backtest.chat.running.run_chat"
        )
    run = EngineRun(mandate, dataset, instruments, terms)
    for index in run.turns(progress):
        run.turn(index)
    return run.record()
