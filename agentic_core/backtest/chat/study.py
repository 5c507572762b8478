"""A backtest of a chat model with everything beside it that it takes to believe it.

The plain and the masked run ask the chat model, at the same time; the controls ask nobody.
"""

from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal
from math import inf

import anyio
import msgspec
from anyio.lowlevel import checkpoint

from agentic_core.backtest.chat.baselines import at_random, chance
from agentic_core.backtest.chat.bootstrap import excess, paired_differences
from agentic_core.backtest.chat.controls import Acted, actions_of, constant, delayed, figures_of, gain_of, play
from agentic_core.backtest.chat.masking import Mask
from agentic_core.backtest.chat.trial import ChatTrial, RunTrial
from agentic_core.backtest.chat.verdict import (
    ACTIONS_MIN,
    CHANCE_ERROR_BPS,
    MASKED_ERROR_BPS,
    Findings,
    judge,
    overlap_of,
)
from agentic_core.backtest.engine_run import Progress
from agentic_core.domain.honesty import Chance, Honesty, KnowledgeOverlap, MaskedTest, TrialFigures
from agentic_core.domain.money import Bps
from agentic_core.domain.run import RunRecord
from agentic_core.domain.side import Side
from agentic_core.ports.chat_catalogue import ChatModelCard, ChatModelCatalogue
from agentic_core.runtime.terms import Terms
from agentic_core.skills.schema import Skill

__all__ = ["RANDOM_RUNS", "Study", "StudyPlan", "card_for", "may_answer", "study"]

RANDOM_RUNS = 199
"""So many baselines make the smallest share of luck half a percent."""

_ALL = 10_000
_STEP = Decimal("0.000001")
_EDGE_MIN = Decimal("0.0001")
"""A smaller edge cannot be shared out."""


class StudyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a study is made of."""

    card: ChatModelCard | None
    """What is known of the chat model; None where it is on no list."""
    masked: bool = True
    """Whether the chat model is asked a second time, about the market in disguise."""
    at_once: int = 2
    """How many runs may ask at the same time."""
    seed: int = 0
    """Of the disguise, the baselines and the test."""
    random_runs: int = RANDOM_RUNS


class Study(msgspec.Struct, frozen=True, kw_only=True):
    """A study with its runs."""

    record: RunRecord
    """The plain run, with what may be believed of it."""
    masked: RunRecord | None


def card_for(skill: Skill, catalogue: ChatModelCatalogue) -> ChatModelCard | None:
    """Return the card, of all chat models that may answer for a skill, whose knowledge reaches furthest.

    One that is on no list, or of which nobody says how far its knowledge reaches, may know everything.
    """
    return max(map(catalogue.find, may_answer(skill)), key=_reach, default=None)


def may_answer(skill: Skill) -> tuple[str, ...]:
    """Return the names of the chat models that may answer for a skill."""
    fallbacks = () if skill.chat_options is None else skill.chat_options.fallbacks
    return tuple(name for name in (skill.chat_model, *fallbacks) if name is not None)


async def study(
    trial: ChatTrial, run: RunTrial, terms: Terms, plan: StudyPlan, *, progress: Progress | None = None
) -> Study:
    """Run a trial plain and in disguise, play the controls, and judge.

    Args:
        trial: what is tried.
        run: runs one trial.
        terms: what executions cost, the same as in the runs.
        plan: what the study is made of.
        progress: told how far both runs are together, and then how many baselines were played.

    Raises:
        TapeMiss: an exchange is not on the tape and nothing may be spent on it.
        CandlesInvalid: there are too few candles, or a symbol of the skill has none.
    """
    mask = Mask.draw(trial.dataset, trial.instruments, seed=plan.seed) if plan.masked else None
    disguised = mask.trial(trial) if mask is not None else None
    trials = [trial] if disguised is None else [trial, disguised.trial]
    runs = await _run_all(trials, run, plan.at_once, progress)
    work = _Work(trial=trial, terms=terms, plan=plan, plain=runs[0], actions=actions_of(runs[0]))
    masked = runs[1] if disguised is not None else None
    altered = disguised.altered if disguised is not None else ()
    luck = await _luck(work, progress)
    honesty = _honesty(work, masked, mask, luck, altered)
    return Study(record=msgspec.structs.replace(runs[0], honesty=honesty), masked=masked)


async def _run_all(trials: list[ChatTrial], run: RunTrial, at_once: int, progress: Progress | None) -> list[RunRecord]:
    found: dict[int, RunRecord] = {}
    limit = anyio.CapacityLimiter(max(1, at_once))
    told = _Together(len(trials), progress)

    async def one(place: int, trial: ChatTrial) -> None:
        async with limit:
            found[place] = await run(trial, told.of(place))

    try:
        async with anyio.create_task_group() as tasks:
            for place, trial in enumerate(trials):
                tasks.start_soon(one, place, trial)
    except ExceptionGroup as group:
        # The first failure ends the others and says why; the group around it says nothing more.
        raise _first(group) from group
    return [found[place] for place in range(len(trials))]


def _first(group: ExceptionGroup[Exception]) -> Exception:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error


class _Together:
    # Runs of one length that are under way at the same time, as one bar.
    def __init__(self, runs: int, progress: Progress | None) -> None:
        self._done = [0] * runs
        self._progress = progress

    def of(self, place: int) -> Progress | None:
        progress = self._progress
        if progress is None:
            return None

        def told(done: int, marks: int) -> None:
            self._done[place] = done
            progress(sum(self._done), marks * len(self._done))

        return told


class _Work(msgspec.Struct, frozen=True, kw_only=True):
    trial: ChatTrial
    terms: Terms
    plan: StudyPlan
    plain: RunRecord
    actions: tuple[Acted, ...]

    def play(self, name: str, actions: tuple[Acted, ...]) -> RunRecord:
        return play(self.trial, name, actions, self.terms)


def _honesty(
    work: _Work, masked: RunRecord | None, mask: Mask | None, luck: Chance | None, altered: tuple[str, ...]
) -> Honesty:
    plan, plain = work.plan, work.plain
    overlap = _overlap(plan.card, plain)
    test = _test(work, masked, mask, luck)
    verdict, sentence = judge(
        Findings(
            coverage=plain.coverage,
            actions=len(work.actions),
            overlap=overlap,
            chance=luck,
            masked=test,
            masked_missing="no masked run was made" if masked is None else "its masked run is void",
            altered=altered,
        )
    )
    figures = _figures(work, masked)
    return Honesty(
        verdict=verdict,
        sentence=sentence,
        overlap=overlap,
        chance_error_bps=CHANCE_ERROR_BPS,
        masked_error_bps=MASKED_ERROR_BPS,
        actions=len(work.actions),
        figures=figures,
        chance=luck,
        masked=test,
        masking="" if mask is None else mask.words,
        gain_afterwards=_gain_afterwards(plain, overlap),
        cautions=tuple(_cautions(figures, luck, altered)),
    )


def _reach(card: ChatModelCard | None) -> float:
    return inf if card is None or card.knowledge_until is None else card.knowledge_until


def _overlap(card: ChatModelCard | None, run: RunRecord) -> KnowledgeOverlap:
    until, source = (None, "") if card is None else (card.knowledge_until, card.knowledge_source)
    return overlap_of(until, source, start=run.start, end=run.end)


async def _luck(work: _Work, progress: Progress | None) -> Chance | None:
    if len(work.actions) < ACTIONS_MIN:
        return None
    gains, runs = [], work.plan.random_runs
    for place in range(runs):
        await checkpoint()  # nothing here waits, and whoever cancels has to get a word in
        dealt = at_random(work.plain, work.actions, seed=f"{work.trial.dataset.sha256} {work.plan.seed} {place}")
        gains.append(gain_of(work.play(f"random-{place}", dealt)))
        if progress is not None:
            progress(place + 1, runs)
    return chance(gain_of(work.plain), gains)


def _test(work: _Work, masked: RunRecord | None, mask: Mask | None, luck: Chance | None) -> MaskedTest | None:
    if masked is None or mask is None or luck is None or (masked.coverage is not None and masked.coverage.is_void):
        return None
    found = excess(paired_differences(work.plain.equity, masked.equity, shift_ms=mask.shift_ms), seed=work.plan.seed)
    edge = gain_of(work.plain) - luck.gain_median
    kept = gain_of(masked) - luck.gain_median
    share = None if edge < _EDGE_MIN else Bps(int((kept / edge * _ALL).to_integral_value(ROUND_FLOOR)))
    return MaskedTest(
        marks=found.returns, block=found.block, draws=found.draws, at_least=found.at_least, kept_bps=share
    )


def _figures(work: _Work, masked: RunRecord | None) -> tuple[TrialFigures, ...]:
    late = delayed(work.actions, work.trial.dataset.interval.ms)
    controls = [
        ("delayed", late),
        ("long", constant(work.trial, Side.BUY, work.plain)),
        ("short", constant(work.trial, Side.SELL, work.plain)),
    ]
    runs = [("plain", work.plain), *([] if masked is None else [("masked", masked)])]
    runs += [(name, work.play(name, actions)) for name, actions in controls if actions]
    return tuple(figures_of(name, run) for name, run in runs)


def _gain_afterwards(run: RunRecord, overlap: KnowledgeOverlap) -> Decimal | None:
    until = overlap.known_until
    if until is None or not run.start <= until < run.end:
        return None
    before = next((point.equity for point in reversed(run.equity) if point.time <= until), None)
    return None if not before else (run.final_equity / before - 1).quantize(_STEP)


def _cautions(figures: tuple[TrialFigures, ...], luck: Chance | None, altered: tuple[str, ...]) -> Iterator[str]:
    gains = {figure.name: figure.gain for figure in figures}
    usual = luck.gain_median if luck is not None else gains["plain"]
    edge = gains["plain"] - usual
    if "delayed" in gains and edge > 0 and (gains["delayed"] - usual) * 2 < edge:
        yield "One candle later most of the edge is gone, so it hangs on orders that execute at once."
    for side in ("long", "short"):
        if gains.get(side, gains["plain"]) > gains["plain"] > 0:
            yield f"Holding {side} all the time earned more."
    if any(figure.halts for figure in figures if figure.name == "plain"):
        yield "A halt ended trading before the window did, so the figures stand on a part of it."
    if altered:
        yield f"The masked run read texts without {', '.join(altered[:5])}, which have no disguise."
