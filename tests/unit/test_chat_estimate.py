"""What a backtest of a chat-model skill is said to cost before it starts."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.backtest.chat.estimate import Estimate, estimate
from agentic_core.backtest.chat.purse import Purse
from agentic_core.backtest.chat.running import trial_mandate
from agentic_core.backtest.chat.trial import ChatTrial
from agentic_core.domain import HOUR_MS, Instant, Interval, Usd
from agentic_core.errors import UsageError
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.store.memory.tapes import MemoryTape
from tests.support.backtests import FREE, MIDNIGHT, Script, candles_of, dataset_of, flat
from tests.support.chat_trials import CARD, Provider, chat_setup, hold, paid, trial_of
from tests.support.markets import LISTED
from tests.support.turns import mandate

D = Decimal
PRICES = [(100 + index % 5, 100 + (index + 1) % 5) for index in range(41)]


def estimated(trial: ChatTrial, card: ChatModelCard | None = CARD) -> Estimate:
    """Reckon the cost of a trial, with a provider that fails the test when it is asked."""
    provider = Provider(hold)
    found = estimate(
        trial_mandate(trial, chat_setup(provider)), trial.dataset, instruments=LISTED, terms=FREE, card=card
    )
    assert provider.asked == []
    return found


@pytest.mark.anyio
async def test_estimate_bounds_every_question_that_is_asked() -> None:
    """Turns are exact; the bound of a call is no less than that of any first question; tokens are a fourth of bytes."""
    trial, provider = trial_of(candles_of(PRICES)), Provider(hold)
    found = estimated(trial)
    run = await paid(provider, MemoryTape({}), Purse(Usd(D(100))))(trial, None)
    assert run.coverage is not None
    assert found.turns == run.coverage.turns == 40
    longest = max(map(len, provider.asked))
    assert longest // 5 < found.prompt_tokens < longest // 3
    assert found.call_bound_usd is not None
    assert found.call_bound_usd > D("0.008")


def test_expected_cost_is_one_and_a_half_calls_of_400_tokens_a_turn() -> None:
    """Prices of 1 and 4 dollars a million tokens, 40 turns; rounded up to cents."""
    found = estimated(trial_of(candles_of(PRICES)))
    by_hand = 40 * D("1.5") * (found.prompt_tokens * 1 + 400 * 4) / 1_000_000
    assert found.expected_usd is not None
    assert D(0) <= found.expected_usd - by_hand < D("0.01")


def test_estimate_without_a_price_says_so() -> None:
    """Unknown is never free."""
    free = msgspec.structs.replace(CARD, prompt_usd_mtok=None)
    for card in (None, free):
        assert estimated(trial_of(flat(10)), card).expected_usd is None


@pytest.mark.parametrize(
    ("start", "count", "changes", "bound"),
    [
        (MIDNIGHT, 24, {}, 100),
        (MIDNIGHT - 12 * HOUR_MS, 24, {}, 200),
        (MIDNIGHT, 24, {"risk.maxDailyCostUsd": 3}, 3),
        (MIDNIGHT - 12 * HOUR_MS, 24, {"risk.maxDailyCostUsd": 3}, 6),
        (MIDNIGHT, 25, {"risk.maxDailyCostUsd": 99}, 100),
    ],
)
def test_bound_is_what_the_caps_allow_in_the_days_and_months_of_the_candles(
    start: int, count: int, changes: dict[str, object], bound: int
) -> None:
    """A mark at midnight belongs to the candles before it."""
    columns = flat(count, interval=Interval.H1, start=Instant(start))
    hourly = {"schedule": {"interval": "1h"}, "context": {"interval": "1h", "lookback": 3}}
    assert estimated(trial_of(columns, **hourly, **changes)).bound_usd == bound


def test_rules_have_no_estimate() -> None:
    """They cost nothing."""
    with pytest.raises(UsageError, match="asks no chat model"):
        estimate(mandate(Script({})), dataset_of(flat(3)), instruments=LISTED, terms=FREE, card=None)
