"""A study runs plain and masked, plays the controls, and puts what may be believed on the record."""

from decimal import Decimal

import anyio
import msgspec
import pytest

from agentic_core.backtest.chat.baselines import at_random
from agentic_core.backtest.chat.controls import actions_of, delayed, play
from agentic_core.backtest.chat.study import Study, StudyPlan, card_for, study
from agentic_core.backtest.chat.trial import ChatTrial
from agentic_core.backtest.engine_run import Progress
from agentic_core.domain import DAY_MS, HOUR_MS, ActionKind, Instant, RunRecord, Side, Symbol, Usd
from agentic_core.domain.honesty import Honesty, HonestyVerdict
from agentic_core.errors import TapeMiss
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.runtime.terms import Terms
from agentic_core.skills.exact_json import parse_exact
from agentic_core.skills.validation import validate_payload
from agentic_core.skills.versions import canonical_json
from tests.support.backtests import MIDNIGHT
from tests.support.foresight import (
    CANDLES,
    UNKNOWN_CARD,
    Opinion,
    asking,
    by_momentum,
    by_name,
    market,
    plan_of,
    trial_of,
)

D = Decimal
COLUMNS = market(0)
TRIAL = trial_of(COLUMNS)


def card(until: Instant) -> ChatModelCard:
    """Return a chat model whose knowledge ends at an instant."""
    return msgspec.structs.replace(UNKNOWN_CARD, knowledge_until=until, knowledge_source="its maker")


def made(opinion: Opinion, plan: StudyPlan, *, answered: int = 1_000, trial: ChatTrial = TRIAL) -> Study:
    """Return a study."""

    async def studied() -> Study:
        return await study(trial, asking(opinion, answered=answered), Terms(), plan)

    return anyio.run(studied)


def honesty(opinion: Opinion, plan: StudyPlan, *, answered: int = 1_000, trial: ChatTrial = TRIAL) -> Honesty:
    """Return what a study comes to."""
    found = made(opinion, plan, answered=answered, trial=trial).record.honesty
    assert found is not None
    return found


def trial_payload() -> dict[str, object]:
    """Return the skill of the trial as its file says it."""
    payload = parse_exact(canonical_json(TRIAL.skill), source="skill")
    assert isinstance(payload, dict)
    return payload


def ran(opinion: Opinion) -> RunRecord:
    """Return a plain run."""

    async def run() -> RunRecord:
        return await asking(opinion)(TRIAL, None)

    return anyio.run(run)


def test_study_puts_every_run_beside_the_plain_one() -> None:
    """With what each gained; the plain run itself is the one that is delivered."""
    studied = made(by_momentum, plan_of())
    found = studied.record.honesty
    assert found is not None
    assert [figure.name for figure in found.figures] == ["plain", "masked", "delayed", "long", "short"]
    assert found.figures[0].gain == (studied.record.final_equity / 10_000 - 1).quantize(D("0.000001"))
    assert found.verdict is HonestyVerdict.HOLDS_UP
    assert found.masking.startswith("BTC as ASSET1 at prices × ")
    assert studied.masked is not None
    assert studied.masked.symbols == (Symbol("ASSET1"),)
    assert studied.record.symbols == (Symbol("BTC"),)


def test_study_is_the_same_for_the_same_runs() -> None:
    """Disguise, baselines and test follow from the candles and the plan's seed."""
    assert msgspec.json.encode(made(by_momentum, plan_of())) == msgspec.json.encode(made(by_momentum, plan_of()))


def test_study_without_masked_run_cannot_tell_insight_from_memory() -> None:
    """Where nobody says what the chat model may have read, all of the window may be known."""
    found = honesty(by_momentum, plan_of(masked=False))
    assert found.verdict is HonestyVerdict.CANNOT_TELL
    assert "overlap unknown" in found.sentence
    assert (found.masked, found.masking, found.overlap.share_bps) == (None, "", None)


def test_study_of_a_window_after_the_knowledge_needs_no_disguise() -> None:
    """Nothing of it can have been read."""
    found = honesty(by_momentum, plan_of(card(Instant(MIDNIGHT - DAY_MS)), masked=False))
    assert found.verdict is HonestyVerdict.HOLDS_UP
    assert found.overlap.share_bps == 0


def test_study_says_what_was_gained_after_the_knowledge_ends() -> None:
    """The part of the window that cannot be known has a figure of its own."""
    found = honesty(by_name(COLUMNS), plan_of(card(Instant(MIDNIGHT + 15 * HOUR_MS))))
    assert found.overlap.share_bps is not None
    assert 4_900 <= found.overlap.share_bps <= 5_100
    assert found.gain_afterwards is not None
    assert D(0) < found.gain_afterwards < found.figures[0].gain


@pytest.mark.parametrize(("answered", "verdict"), [(949, HonestyVerdict.VOID), (950, HonestyVerdict.HOLDS_UP)])
def test_study_of_a_run_that_was_hardly_decided_is_void(answered: int, verdict: HonestyVerdict) -> None:
    """Below 95 % of the turns."""
    assert honesty(by_momentum, plan_of(), answered=answered).verdict is verdict


def test_study_of_a_run_that_never_acts_cannot_tell() -> None:
    """Nothing to compare; no baseline is played."""
    found = honesty(lambda _view, _symbol: 0, plan_of())
    assert (found.verdict, found.actions, found.chance, found.masked) == (HonestyVerdict.CANNOT_TELL, 0, None, None)
    assert [figure.name for figure in found.figures] == ["plain", "masked"]


def test_study_accuses_nobody_whose_texts_could_not_be_disguised() -> None:
    """A thesis that names a year reads differently in disguise, so a loss may come from that."""
    trial = trial_of(COLUMNS, thesis="As in 2021, buy Bitcoin.")
    found = honesty(by_name(COLUMNS), plan_of(), trial=trial)
    assert found.verdict is HonestyVerdict.CANNOT_TELL
    assert "“2021”" in found.sentence
    assert found.cautions[-1] == "The masked run read texts without 2021, which have no disguise."


class _Listed:
    as_of = "today"

    def __init__(self, *cards: ChatModelCard) -> None:
        self._cards = cards

    def cards(self) -> tuple[ChatModelCard, ...]:
        """Return all."""
        return self._cards

    def find(self, model_id: str) -> ChatModelCard | None:
        """Return one."""
        return next((one for one in self._cards if one.id == model_id), None)

    def bound(self, model_id: str, *, prompt_bytes: int, completion_tokens: int) -> Usd | None:
        """Know no price."""
        return None


@pytest.mark.parametrize(("other", "until"), [(9, 9), (3, 5), (None, None)])
def test_card_of_a_skill_is_that_of_whoever_may_know_most(other: int | None, until: int | None) -> None:
    """A fallback may answer as well, and one of which nobody says anything may know everything."""
    payload = {**trial_payload(), "modelOptions": {"fallbacks": ["fake/two"]}}
    first = card(Instant(5))
    second = msgspec.structs.replace(first, id="fake/two", knowledge_until=None if other is None else Instant(other))
    found = card_for(validate_payload(payload, source="skill"), _Listed(first, second))
    assert found is not None
    assert found.knowledge_until == until


def test_card_of_a_skill_whose_chat_model_is_on_no_list_is_none() -> None:
    """Nobody says what it may have read."""
    assert card_for(TRIAL.skill, _Listed()) is None


def test_study_raises_what_its_runs_raise() -> None:
    """A miss is named as it is, not wrapped into a group."""

    async def missing(_trial: ChatTrial, _progress: Progress | None) -> RunRecord:
        raise TapeMiss("turn 3 is not on the tape")

    async def studied() -> None:
        await study(TRIAL, missing, Terms(), plan_of())

    with pytest.raises(TapeMiss, match="turn 3"):
        anyio.run(studied)


def test_study_runs_no_more_at_once_than_it_may() -> None:
    """With one place the masked run waits for the plain one; progress counts both."""
    under_way: list[str] = []
    most: list[int] = []
    told: list[tuple[int, int]] = []

    async def run(trial: ChatTrial, progress: Progress | None) -> RunRecord:
        under_way.append(trial.skill.name)
        most.append(len(under_way))
        await anyio.lowlevel.checkpoint()
        record = await asking(by_momentum)(trial, progress)
        under_way.remove(trial.skill.name)
        return record

    async def studied() -> None:
        plan = msgspec.structs.replace(plan_of(random_runs=1), at_once=1)
        await study(TRIAL, run, Terms(), plan, progress=lambda done, marks: told.append((done, marks)))

    anyio.run(studied)
    assert most == [1, 1]
    assert told[-2:] == [(2 * (CANDLES - 1), 2 * (CANDLES - 1)), (1, 1)]


def test_script_of_a_run_repeats_it() -> None:
    """Its own actions at their own marks come to the same fills and the same equity."""
    record = ran(by_momentum)
    again = play(TRIAL, "again", actions_of(record), Terms())
    assert [(fill.time, fill.size, fill.price) for fill in again.fills] == [
        (fill.time, fill.size, fill.price) for fill in record.fills
    ]
    assert again.final_equity == record.final_equity


def test_delayed_actions_come_one_candle_later() -> None:
    """Kind, side and size stay."""
    record = ran(by_momentum)
    first, *_ = actions_of(record)
    later, *_ = delayed(actions_of(record), COLUMNS.interval.ms)
    assert (later.at - first.at, later.action) == (300_000, first.action)


@pytest.mark.parametrize("seed", range(20))
def test_random_actions_are_as_many_and_stay_in_the_window(seed: int) -> None:
    """The same actions, give or take one where a stay is cut by an end of the window, at marks of their own."""
    record = ran(by_momentum)
    actions = actions_of(record)
    dealt = at_random(record, actions, seed=str(seed))
    assert abs(len(dealt) - len(actions)) <= 2
    assert len({acted.at for acted in dealt}) == len(dealt)
    assert all(record.start <= acted.at < record.end for acted in dealt)
    sides = [acted.action.side for acted in dealt if acted.action.kind is ActionKind.OPEN]
    assert abs(sides.count(Side.BUY) - sides.count(Side.SELL)) <= 2
    assert [acted.at for acted in dealt] != [acted.at for acted in actions]
