"""What a run's own actions come to without the chat model that chose their moments.

Every control goes through the same engine, under the same caps and terms, and calls nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal

import msgspec

from agentic_core.backtest.chat.trial import ChatTrial
from agentic_core.backtest.engine import run_backtest
from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ActionKind, Executed, ProposedAction
from agentic_core.domain.honesty import TrialFigures
from agentic_core.domain.ids import DeploymentId, SkillId, Symbol, derived_uuid, paper_account
from agentic_core.domain.market import CandleSeries, MarketView
from agentic_core.domain.money import ZERO, Usd
from agentic_core.domain.run import RunRecord
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.runtime import ByRules, Mandate
from agentic_core.runtime.terms import Terms

__all__ = ["Acted", "Scripted", "actions_of", "constant", "delayed", "figures_of", "gain_of", "play"]

_STEP = Decimal("0.000001")
_CENT = Decimal("0.01")


class Acted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An action at a mark."""

    at: Instant
    action: ProposedAction


class Scripted:
    """A rule policy that acts at given marks and never looks at the market; a `WakingRulePolicy`."""

    def __init__(self, name: str, actions: Iterable[Acted]) -> None:
        """Act as given; of several actions at one mark, the last one."""
        self.name = name
        self._actions: Mapping[int, ProposedAction] = {acted.at: acted.action for acted in actions}

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Propose what the script holds for this mark."""
        return self._actions.get(view.as_of)

    def wake(self, series: CandleSeries) -> Sequence[bool]:
        """Return True at the marks of the script."""
        step = series.interval.ms
        return [opened + step in self._actions for opened in series.open_times]


def actions_of(run: RunRecord) -> tuple[Acted, ...]:
    """Return the actions of a run that were executed, in order, without limit prices, which suit one moment only."""
    return tuple(
        Acted(at=record.decision.tick_at, action=msgspec.structs.replace(action, limit_price=None))
        for record in run.decisions
        if isinstance(record.result, Executed) and (action := record.decision.proposed_action) is not None
    )


def play(trial: ChatTrial, name: str, actions: Iterable[Acted], terms: Terms) -> RunRecord:
    """Run a script over the candles of a trial."""
    skill = trial.skill
    run = DeploymentId(derived_uuid("control", name, trial.dataset.sha256))
    mandate = Mandate(
        deployment=run,
        account=paper_account(run),
        skill=SkillId(derived_uuid("skill", skill.slug)),
        skill_name=skill.name,
        skill_version=0,
        payload_hash="",
        symbols=skill.symbols,
        interval=skill.schedule.interval,
        limits=skill.limits(),
        decider=ByRules(policy=Scripted(name, actions)),
    )
    return run_backtest(mandate, trial.dataset, instruments=trial.instruments, terms=terms)


def delayed(actions: Iterable[Acted], interval_ms: int) -> tuple[Acted, ...]:
    """Return every action one candle later; what only works at once is seldom there when an order arrives."""
    return tuple(msgspec.structs.replace(acted, at=Instant(acted.at + interval_ms)) for acted in actions)


def constant(trial: ChatTrial, side: Side, run: RunRecord) -> tuple[Acted, ...]:
    """Return one open per symbol at the first marks, as large as the run's opens were on average, and nothing more."""
    notionals = [fill.notional for fill in run.fills]
    if not notionals:
        return ()
    size_usd = Usd((sum(notionals, ZERO) / len(notionals)).quantize(_CENT, ROUND_FLOOR))
    step = trial.dataset.interval.ms
    return tuple(
        Acted(
            at=Instant(trial.dataset.start + (place + 1) * step),
            action=ProposedAction(kind=ActionKind.OPEN, symbol=symbol, side=side, size_usd=size_usd),
        )
        for place, symbol in enumerate(_traded(run))
    )


def gain_of(run: RunRecord) -> Decimal:
    """Return final over starting equity, minus one, rounded to a millionth."""
    return (run.final_equity / run.assumptions.starting_equity - 1).quantize(_STEP)


def figures_of(name: str, run: RunRecord) -> TrialFigures:
    """Return a run as a line of a study."""
    fees = Usd(sum((fill.fee for fill in run.fills), ZERO))
    return TrialFigures(name=name, gain=gain_of(run), orders=len(run.orders), fees=fees, halts=len(run.halts))


def _traded(run: RunRecord) -> tuple[Symbol, ...]:
    return tuple(dict.fromkeys(fill.symbol for fill in run.fills))
