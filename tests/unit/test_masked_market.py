"""A market in disguise moves as the true one does, and shows none of its names, dates and prices."""

from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest

from agentic_core.backtest.chat.masking import Mask
from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.funding import FundingRates
from agentic_core.backtest.generator import Regime, synthetic
from agentic_core.backtest.instruments import instrument_for
from agentic_core.domain import DAY_MS, HOUR_MS, Instant, Interval, Price, Symbol
from agentic_core.errors import CandlesInvalid, UsageError
from agentic_core.skills.exact_json import parse_exact
from agentic_core.skills.validation import validate_payload
from agentic_core.skills.versions import canonical_json
from tests.support.backtests import MIDNIGHT
from tests.support.foresight import trial_of
from tests.support.markets import BTC, ETH

D = Decimal
WEEK_MS = 7 * DAY_MS
RATES = FundingRates(
    {Instant(MIDNIGHT + hour * HOUR_MS): D(hour) / 10_000 for hour in range(40)}, source="one more each hour"
)


def candles(symbol: Symbol, price: str, *, seed: int = 1) -> CandleColumns:
    """Return a day of hourly candles."""
    return synthetic(
        symbol,
        seed=seed,
        interval=Interval.H1,
        start=MIDNIGHT,
        start_price=Price(D(price)),
        regimes=[Regime.chop(24, volatility_bps=80)],
    )


TRUE = Dataset([candles(BTC, "46377.5"), candles(ETH, "2311.4")], {BTC: RATES, ETH: RATES})
LISTED = {symbol: instrument_for(symbol) for symbol in (BTC, ETH)}


def mask_of(seed: int = 0, dataset: Dataset = TRUE) -> Mask:
    """Return a disguise."""
    return Mask.draw(dataset, {symbol: instrument_for(symbol) for symbol in dataset.series}, seed=seed)


@pytest.mark.parametrize("seed", range(20))
def test_mask_renames_and_shifts_by_whole_weeks_beyond_the_window(seed: int) -> None:
    """No name is kept, two names are two names, and weekdays and hours stay."""
    mask = mask_of(seed)
    masked = mask.dataset(TRUE)
    assert set(masked.series) == {Symbol("ASSET1"), Symbol("ASSET2")}
    assert (masked.start - TRUE.start) % WEEK_MS == 0
    assert 2 * 52 <= (masked.start - TRUE.start) // WEEK_MS <= 10 * 52
    assert len(masked) == len(TRUE)


@pytest.mark.parametrize("seed", range(20))
def test_mask_moves_prices_by_a_factor_that_is_no_power_of_ten(seed: int) -> None:
    """The digits of a price do not survive, and moves are the same to less than the last digit that was there."""
    mask = mask_of(seed)
    masked = mask.dataset(TRUE)
    for symbol, worn in mask.disguises.items():
        digits = D(worn.factor).normalize().as_tuple().digits
        assert digits not in {(1,), (9, 9), (9, 9, 9), (1, 0, 1)}
        true, disguised = TRUE.series[symbol], masked.series[worn.symbol]
        for index in range(len(true)):
            back = disguised.candle(index).close / worn.factor
            assert abs(back - true.candle(index).close) < D("0.4").scaleb(-true.price_decimals)


@pytest.mark.parametrize("seed", range(20))
def test_mask_keeps_the_order_of_all_prices(seed: int) -> None:
    """What rose rises, what stood still stands still, and a high is a high."""
    mask = mask_of(seed)
    masked = mask.dataset(TRUE)
    for symbol, worn in mask.disguises.items():
        true, disguised = TRUE.series[symbol], masked.series[worn.symbol]
        before = [price for column in (true.opens, true.highs, true.lows, true.closes) for price in column]
        after = [
            price for column in (disguised.opens, disguised.highs, disguised.lows, disguised.closes) for price in column
        ]
        ranked = sorted(range(len(before)), key=lambda place: (before[place], after[place]))
        for one, other in pairwise(ranked):
            assert (before[one] < before[other]) == (after[one] < after[other])


def test_mask_scales_contract_rules_along() -> None:
    """A step of size is worth at most what it was, and no less than a tenth of it."""
    for seed in range(50):
        mask = mask_of(seed)
        instruments = mask.instruments(LISTED)
        for symbol, worn in mask.disguises.items():
            true, disguised = LISTED[symbol], instruments[worn.symbol]
            assert 0 <= disguised.size_decimals <= 6
            assert D("0.13") <= disguised.size_step * worn.factor / true.size_step <= D("0.77")
            assert disguised.leverage_max == true.leverage_max


def test_mask_keeps_funding_rates_at_their_hours() -> None:
    """Every rate comes whole weeks later, under the new name, with the one known before the first candle."""
    mask = mask_of()
    masked = mask.dataset(TRUE)
    name = mask.disguises[BTC].symbol
    at = Instant(MIDNIGHT + 5 * HOUR_MS + mask.shift_ms)
    assert masked.funding_rate(name, at) == D("0.0005")
    assert masked.last_funding_rate(name, masked.start) == TRUE.last_funding_rate(BTC, TRUE.start) == D(0)


def test_mask_disguises_volumes() -> None:
    """Volumes are scaled by a factor of their own, so that notional volume is no clue either."""
    mask = mask_of()
    name, worn = mask.disguises[BTC].symbol, mask.disguises[BTC]
    true, disguised = TRUE.series[BTC].candle(3), mask.dataset(TRUE).series[name].candle(3)
    assert disguised.volume != true.volume
    assert disguised.volume * worn.factor != true.volume


def test_mask_is_the_same_for_the_same_candles_and_seed() -> None:
    """It follows from both and from nothing else, so a tape of a masked run can be replayed."""
    assert mask_of(7) == mask_of(7)
    assert mask_of(7) != mask_of(8)
    assert mask_of(7).dataset(TRUE).sha256 == mask_of(7).dataset(TRUE).sha256


def test_masked_levels_say_nothing_about_which_market_it_is() -> None:
    """Markets at forty thousand dollars and at two thousand open within the same three decades."""
    opens = {
        symbol: {
            mask_of(seed).dataset(TRUE).series[mask_of(seed).disguises[symbol].symbol].candle(0).open.adjusted()
            for seed in range(30)
        }
        for symbol in (BTC, ETH)
    }
    assert opens[BTC] == opens[ETH] == {1, 2, 3}


def test_masked_skill_watches_the_stand_ins_and_says_no_name() -> None:
    """Symbols, texts and the name of the skill are disguised; caps stay."""
    trial = trial_of(candles(BTC, "46377.5"), thesis="Buy Bitcoin dips: BTC leads, ETH follows.")
    masked = mask_of(dataset=trial.dataset).trial(trial)
    skill = masked.trial.skill
    assert skill.symbols == (Symbol("ASSET1"),)
    assert skill.thesis == "Buy ASSET1 dips: ASSET1 leads, ANOTHER follows."
    assert (skill.name, skill.slug) == ("Masked skill", "masked-skill")
    assert skill.limits().position_bps_max == trial.skill.limits().position_bps_max
    assert masked.altered == ()


def test_masked_hybrid_skill_scales_what_its_rules_count_in_units() -> None:
    """The rules act on the stand-in, with as many dollars as before but for rounding down."""
    trial = trial_of(candles(BTC, "46377.5"))
    payload = parse_exact(canonical_json(trial.skill), source="hybrid")
    assert isinstance(payload, dict)
    rules = {"policy": "hold", "symbol": "BTC", "size": D("0.05")}
    hybrid = msgspec.structs.replace(
        trial, skill=validate_payload({**payload, "mode": "hybrid", "rules": rules}, source="")
    )
    mask = mask_of(dataset=trial.dataset)
    masked = mask.trial(hybrid).trial.skill.rules
    assert masked is not None
    assert masked.size is not None
    assert masked.symbol == Symbol("ASSET1")
    assert D("0.04999") < masked.size * mask.disguises[BTC].factor <= D("0.05")


def test_masked_thesis_that_grows_too_long_is_cut_and_told() -> None:
    """A stand-in may be longer than a name; what is cut off counts as altered."""
    trial = trial_of(candles(BTC, "46377.5"), thesis="BTC " * 5_000)
    masked = mask_of(dataset=trial.dataset).trial(trial)
    assert len(masked.trial.skill.thesis) == 20_000
    assert masked.altered == ("the end of thesis",)


def test_mask_of_a_skill_without_candles_is_refused() -> None:
    """It says which symbol has none."""
    trial = trial_of(candles(BTC, "46377.5"))
    eth = Dataset([candles(ETH, "2311.4")], {ETH: RATES})
    with pytest.raises(CandlesInvalid, match="no candles for BTC"):
        mask_of(dataset=eth).trial(trial)


def test_mask_without_contract_rules_is_refused() -> None:
    """Without them the steps of sizes could not be scaled."""
    with pytest.raises(UsageError, match="no contract rules for BTC, ETH"):
        Mask.draw(TRUE, {})
