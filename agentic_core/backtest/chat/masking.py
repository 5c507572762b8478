"""A market in disguise: the same moves under other names, on other dates, at other prices.

Whoever decides by how prices move sees what it saw before. Whoever remembers what became of a name, a date or a price
level finds none of them. What stays is what a skill may rightly use: candles to candle ratios, weekdays and hours,
funding rates, and every amount in dollars.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from hashlib import shake_256
from typing import Final

import msgspec

from agentic_core.backtest.chat.masked_news import MaskedNews
from agentic_core.backtest.chat.names import TextMask
from agentic_core.backtest.chat.trial import ChatTrial
from agentic_core.backtest.columns import CandleColumns, PriceColumns, VolumeColumn
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.funding import FundingRates
from agentic_core.domain.funding import funding_hours
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.money import from_scaled, plain
from agentic_core.domain.times import DAY_MS, HOUR_MS, Instant
from agentic_core.errors import CandlesInvalid, UsageError
from agentic_core.ports.untrusted_text import NewsFeed
from agentic_core.skills.exact_json import canonical_text
from agentic_core.skills.schema import Skill
from agentic_core.skills.validation import load_skill

__all__ = ["Disguise", "Mask", "MaskedTrial"]

_WEEK_MS: Final = 7 * DAY_MS
_WEEKS: Final = (104, 520)
"""Later than the window by two to ten years, where nobody has read anything yet."""

_FACTORS: Final = (131, 769)
"""Thousandths; neither end is near a power of ten, so the digits of a price do not survive."""

_LEVELS: Final = (1, 2, 3)
"""Powers of ten that a masked market may open at, whichever it was before."""

_SIZE_DECIMALS_MAX: Final = 6
_SIZE_STEP: Final = Decimal("0.000001")
_TEXT_MAX: Final = {"thesis": 20_000}
_PROSE_MAX: Final = 4_000


class Disguise(msgspec.Struct, frozen=True, kw_only=True):
    """How one symbol is disguised: prices times thousandths and powers of ten, kept to a digit more than they had."""

    symbol: Symbol
    """The name it goes by."""
    thousandths: int
    decades: int
    volume_thousandths: int

    @property
    def factor(self) -> Decimal:
        """What prices are multiplied with, but for rounding to a digit more than they had."""
        return Decimal(self.thousandths).scaleb(self.decades - 3)


class MaskedTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A trial in disguise."""

    trial: ChatTrial
    altered: tuple[str, ...]
    """What the author's texts held that has no stand-in: dates, events, price levels, amounts in units."""


class Mask(msgspec.Struct, frozen=True, kw_only=True):
    """One way to disguise a market; everything in it follows from the candles and a seed."""

    disguises: Mapping[Symbol, Disguise]
    weeks: int
    """How much later everything happens."""
    prices: tuple[tuple[Decimal, Decimal], ...]
    """Lowest and highest true price of each market, to recognise price levels in texts."""

    @classmethod
    def draw(cls, dataset: Dataset, instruments: Mapping[Symbol, Instrument], *, seed: int = 0) -> "Mask":
        """Draw a disguise.

        Raises:
            UsageError: the rules of a symbol are missing.
        """
        missing = [symbol for symbol in dataset.series if symbol not in instruments]
        if missing:
            message = f"no contract rules for {', '.join(missing)}; a masked market scales them along with its prices"
            raise UsageError(message)
        symbols = sorted(dataset.series)
        dice = _Dice(f"mask {dataset.sha256} {seed}")
        weeks = dice.between(*_WEEKS)
        places = dice.shuffled(range(1, len(symbols) + 1))
        disguises = {
            symbol: _disguise(Symbol(f"ASSET{place}"), dataset.series[symbol], instruments[symbol], dice)
            for symbol, place in zip(symbols, places, strict=True)
        }
        prices = tuple(_range(dataset.series[symbol]) for symbol in symbols)
        return cls(disguises=disguises, weeks=weeks, prices=prices)

    @property
    def shift_ms(self) -> int:
        """How much later everything happens; whole weeks, so that weekdays and hours stay."""
        return self.weeks * _WEEK_MS

    @property
    def words(self) -> str:
        """The disguise in a line."""
        each = ", ".join(
            f"{symbol} as {worn.symbol} at prices × {plain(worn.factor)}" for symbol, worn in self.disguises.items()
        )
        return f"{each}, {self.weeks} weeks later"

    @property
    def texts(self) -> TextMask:
        """What masks texts in this disguise."""
        stand_ins = {symbol: worn.symbol for symbol, worn in self.disguises.items()}
        return TextMask(stand_ins, self.prices)

    def news(self, feed: NewsFeed) -> NewsFeed:
        """Return a feed of the real world as it is read in this market."""
        stand_ins = {symbol: worn.symbol for symbol, worn in self.disguises.items()}
        return MaskedNews(feed, self.texts, stand_ins, shift_ms=self.shift_ms)

    def trial(self, trial: ChatTrial) -> MaskedTrial:
        """Return a trial in disguise.

        Raises:
            CandlesInvalid: a symbol of the skill has no candles.
        """
        missing = [symbol for symbol in trial.skill.symbols if symbol not in self.disguises]
        if missing:
            message = f"no candles for {', '.join(missing)}; bring a file for every symbol of the skill"
            raise CandlesInvalid(message)
        skill, altered = self._skill(trial.skill)
        dataset, instruments = self.dataset(trial.dataset), self.instruments(trial.instruments)
        masked = ChatTrial(skill=skill, dataset=dataset, instruments=instruments, news=self.news)
        return MaskedTrial(trial=masked, altered=altered)

    def dataset(self, dataset: Dataset) -> Dataset:
        """Return the candles and funding rates in disguise."""
        columns = [self._columns(series) for series in dataset.series.values()]
        rates = {self.disguises[symbol].symbol: self._funding(dataset, symbol) for symbol in dataset.series}
        return Dataset(columns, rates)

    def instruments(self, instruments: Mapping[Symbol, Instrument]) -> dict[Symbol, Instrument]:
        """Return contract rules that go with the prices: steps of sizes and prices are worth what they were."""
        return {
            worn.symbol: msgspec.structs.replace(
                instruments[symbol],
                symbol=worn.symbol,
                size_decimals=instruments[symbol].size_decimals + worn.decades,
            )
            for symbol, worn in self.disguises.items()
        }

    def _columns(self, series: CandleColumns) -> CandleColumns:
        worn = self.disguises[series.symbol]
        decimals = series.price_decimals - worn.decades + 1
        opening = range(
            series.start + self.shift_ms,
            series.start + self.shift_ms + len(series) * series.interval.ms,
            series.interval.ms,
        )
        columns = (series.opens, series.highs, series.lows, series.closes)
        volume_decimals = series.volume_decimals + worn.decades
        return CandleColumns(
            worn.symbol,
            opening,
            PriceColumns(max(0, decimals), *(_scaled(column, worn.thousandths, decimals) for column in columns)),
            VolumeColumn(max(0, volume_decimals), _scaled(series.volumes, worn.volume_thousandths, volume_decimals)),
            origin="a masked market",
            indicators=series.indicator_function,
        )

    def _funding(self, dataset: Dataset, symbol: Symbol) -> FundingRates:
        hours = [Instant(hour) for hour in funding_hours(dataset.start, dataset.end)]
        rates = {Instant(hour + self.shift_ms): dataset.funding_rate(symbol, hour) for hour in hours}
        before = dataset.last_funding_rate(symbol, dataset.start)
        if before is not None:
            rates[Instant(dataset.start // HOUR_MS * HOUR_MS + self.shift_ms)] = before
        return FundingRates(rates, source=f"{dataset.funding_source}, {self.weeks} weeks later")

    def _skill(self, skill: Skill) -> tuple[Skill, tuple[str, ...]]:
        payload = skill.model_dump(by_alias=True)
        payload |= {"name": "Masked skill", "slug": "masked-skill", "description": ""}
        altered: list[str] = []
        texts = self.texts
        for field, text in skill.thesis_texts().items():
            masked = texts.masked(text)
            most = _TEXT_MAX.get(field, _PROSE_MAX)
            payload[field] = masked.text[:most]
            altered.extend(masked.altered)
            if len(masked.text) > most:
                altered.append(f"the end of {field}")
        payload["context"] |= {"symbols": self._renamed(skill.context.symbols)}
        payload["risk"] |= {"allowedSymbols": self._renamed(skill.risk.allowed_symbols)}
        if skill.rules is not None:
            payload["rules"] |= self._rules(skill.rules.symbol, skill.rules.size)
        return load_skill(canonical_text(payload), source="masked skill"), tuple(dict.fromkeys(altered))

    def _rules(self, symbol: Symbol, size: Decimal | None) -> dict[str, object]:
        worn = self.disguises[symbol]
        if size is None:
            return {"symbol": worn.symbol}
        return {"symbol": worn.symbol, "size": max(_SIZE_STEP, (size / worn.factor).quantize(_SIZE_STEP, ROUND_FLOOR))}

    def _renamed(self, symbols: Sequence[Symbol]) -> list[Symbol]:
        return [self.disguises[symbol].symbol for symbol in symbols]


class _Dice:
    # SHAKE-256, as in the generator: the same on every machine and every version of Python.
    def __init__(self, seed: str) -> None:
        self._draws = iter(shake_256(seed.encode()).digest(8 * 4_096))

    def between(self, low: int, high: int) -> int:
        number = int.from_bytes(bytes(next(self._draws) for _ in range(8)))
        return low + number % (high - low + 1)

    def shuffled(self, values: Sequence[int]) -> list[int]:
        left = list(values)
        return [left.pop(self.between(0, len(left) - 1)) for _ in range(len(left))]


def _disguise(name: Symbol, series: CandleColumns, instrument: Instrument, dice: _Dice) -> Disguise:
    thousandths = dice.between(*_FACTORS)
    first = from_scaled(series.opens[0], series.price_decimals) * thousandths / 1_000
    wanted = _LEVELS[dice.between(0, len(_LEVELS) - 1)] - first.adjusted()
    # Sizes shrink as prices grow, so the decimals of a size say how far a price may move.
    decades = min(max(wanted, -instrument.size_decimals), _SIZE_DECIMALS_MAX - instrument.size_decimals)
    return Disguise(symbol=name, thousandths=thousandths, decades=decades, volume_thousandths=dice.between(*_FACTORS))


def _scaled(column: Sequence[int], thousandths: int, decimals: int) -> list[int]:
    # One more digit than before keeps different prices different, and rounding keeps their order.
    more = 10 ** max(0, -decimals)
    return [(unit * thousandths + 50) // 100 * more for unit in column]


def _range(series: CandleColumns) -> tuple[Decimal, Decimal]:
    return from_scaled(min(series.lows), series.price_decimals), from_scaled(max(series.highs), series.price_decimals)
