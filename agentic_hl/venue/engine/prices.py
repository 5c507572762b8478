"""Where prices come from: nowhere, a seeded walk, or recorded candles.

Of a walk, the mark is the median of oracle plus the average of mid − oracle over 150 s, of best bid, best ask and last
trade, and of the walk's own idea of a fair price, which stands for other venues. Of recorded candles oracle, mid and
mark are one.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from agentic_hl.venue.engine.house import mid_of
from agentic_hl.venue.engine.markets import price_at, size_down, size_step
from agentic_hl.venue.engine.moves import Move, move_market, quote_market, set_mark
from agentic_hl.venue.engine.options import Generated, Options, Recorded
from agentic_hl.venue.engine.rng import Dice
from agentic_hl.venue.engine.state import MarketState, State
from agentic_hl.venue.exact import divided, rounded
from agentic_hl.venue.figures import Candle
from agentic_hl.venue.times import MINUTE_MS

__all__ = ["NEVER", "PriceSource", "source_of", "start_price"]

NEVER = 1 << 62
"""A time that does not come."""

_ZERO = Decimal(0)
_ONE = Decimal(1)
_FINE = Decimal("1E-12")
_BASIS_KEPT = Decimal("0.98")
_BASIS_STEP = Decimal("0.00005")
_BASIS_MOST = Decimal("0.002")
_EMA_MS = Decimal(150_000)
_QUARTERS = 4
_QUARTER_MS = MINUTE_MS // _QUARTERS
_ROOT_OF_FIVE = Decimal("2.236")  # a quarter of a minute is five steps of 3 s


class _Walk(msgspec.Struct, kw_only=True):
    dice: Dice
    oracle: Decimal
    basis: Decimal = _ZERO
    average: Decimal = _ZERO


class _Tape(msgspec.Struct, kw_only=True):
    candles: Sequence[Candle]
    at: int = 0
    """Quarters played: candle number times four, plus quarter."""

    def due(self) -> int:
        number, quarter = divmod(self.at, _QUARTERS)
        return self.candles[number].start + quarter * _QUARTER_MS if number < len(self.candles) else NEVER


class PriceSource:
    """Moves the markets when it is time; the base of all, which never does."""

    @property
    def next_due(self) -> int:
        """When the next price comes."""
        return NEVER

    def step(self, state: State) -> None:
        """Move what is due at the state's time."""


class _Walks(PriceSource):
    def __init__(self, state: State, options: Generated) -> None:
        self._options = options
        self._due = state.now - state.now % options.step_ms + options.step_ms
        self._walks = [_Walk(dice=Dice((state.seed << 16) ^ ms.market.index), oracle=ms.oracle) for ms in state.markets]
        if options.history_minutes:
            for walk, ms in zip(self._walks, state.markets, strict=True):
                _invent_history(state, ms, walk, options)

    @property
    def next_due(self) -> int:
        return self._due

    def step(self, state: State) -> None:
        self._due += self._options.step_ms
        for walk, ms in zip(self._walks, state.markets, strict=True):
            if not ms.market.delisted:
                self._move(state, ms, walk)

    def _move(self, state: State, ms: MarketState, walk: _Walk) -> None:
        walk.oracle = rounded(walk.oracle * (_ONE + self._options.volatility * walk.dice.normal()), _FINE)
        walk.oracle = max(walk.oracle, price_at(ms.oracle, ms.market) / 2)
        basis = rounded(walk.basis * _BASIS_KEPT + _BASIS_STEP * walk.dice.normal(), _FINE)
        walk.basis = max(-_BASIS_MOST, min(_BASIS_MOST, basis))
        fair = walk.oracle * (_ONE + walk.basis)
        spread, levels = state.options.spread, state.options.levels
        is_ask = walk.dice.below(2) == 1
        last = (ms.asks if is_ask else ms.bids).best_px() if levels else None
        move = Move(
            oracle=price_at(walk.oracle, ms.market),
            mid=fair,
            spread=spread,
            levels=levels,
            last=last,
        )
        quote_market(state, ms, move)
        self._mark(state, ms, walk, fair)

    def _mark(self, state: State, ms: MarketState, walk: _Walk, fair: Decimal) -> None:
        mid = mid_of(ms) or fair
        weight = divided(Decimal(min(self._options.step_ms, 150_000)), _EMA_MS, _FINE)
        walk.average = rounded(walk.average + (mid - ms.oracle - walk.average) * weight, _FINE)
        bid, ask = ms.bids.best_px(), ms.asks.best_px()
        book = sorted(px for px in (bid, ask, ms.last_px) if px is not None)
        quoted = book[len(book) // 2] if book else fair
        middle = sorted((ms.oracle + walk.average, quoted, fair))[1]
        set_mark(state, ms, price_at(middle, ms.market))


class _Tapes(PriceSource):
    def __init__(self, state: State, options: Recorded) -> None:
        self._tapes: dict[int, _Tape] = {}
        for asset, candles in sorted(options.candles.items()):
            ms = state.markets[asset]
            past = [candle for candle in candles if candle.end < state.now]
            for candle in past:
                for quarter, px, units in _points(candle, ms) if candle.volume else ():
                    ms.candles.add(candle.start + quarter * _QUARTER_MS, px, units)
                    ms.last_px = px
            tape = _Tape(candles=candles, at=len(past) * _QUARTERS)
            while tape.due() < state.now:
                tape.at += 1
            self._tapes[asset] = tape

    @property
    def next_due(self) -> int:
        return min((tape.due() for tape in self._tapes.values()), default=NEVER)

    def step(self, state: State) -> None:
        for asset, tape in self._tapes.items():
            while tape.due() <= state.now:
                number, quarter = divmod(tape.at, _QUARTERS)
                tape.at += 1
                ms = state.markets[asset]
                _, px, units = _points(tape.candles[number], ms)[quarter]
                spread, levels = state.options.spread, state.options.levels
                move = Move(oracle=px, mid=px, spread=spread, levels=levels, last=px, units=units)
                move_market(state, ms, move, px)


def source_of(state: State) -> PriceSource:
    """Make the source that the options ask for, its history included."""
    match state.options.prices:
        case Generated() as generated:
            return _Walks(state, generated)
        case Recorded() as recorded:
            return _Tapes(state, recorded)
        case _:
            return PriceSource()


def start_price(asset: int, options: Options, known: Decimal, now: int) -> Decimal:
    """Tell where a market begins: at its recorded candle of that time, at its start price, or at a known one."""
    prices = options.prices
    if isinstance(prices, Recorded) and prices.candles.get(asset):
        candles = prices.candles[asset]
        return next((candle.open for candle in candles if candle.end >= now), candles[-1].close)
    return options.start_prices.get(asset, known)


def _points(candle: Candle, ms: MarketState) -> list[tuple[int, Decimal, Decimal]]:
    is_low_first = candle.open - candle.low <= candle.high - candle.open
    extremes = (candle.low, candle.high) if is_low_first else (candle.high, candle.low)
    prices = [price_at(px, ms.market) for px in (candle.open, *extremes, candle.close)]
    volume, least = size_down(candle.volume, ms.market), size_step(ms.market) if candle.volume else _ZERO
    part = max(size_down(volume / _QUARTERS, ms.market), least)
    sizes = (part, part, part, max(volume - 3 * part, least))
    return [(quarter, px, units) for quarter, (px, units) in enumerate(zip(prices, sizes, strict=True))]


def _invent_history(state: State, ms: MarketState, walk: _Walk, options: Generated) -> None:
    # A walk read backwards is as likely as forwards, so the past is walked from the start price back.
    spread = options.volatility * _ROOT_OF_FIVE
    price = ms.oracle
    points: list[Decimal] = []
    for _ in range(options.history_minutes * _QUARTERS):
        points.append(price_at(price, ms.market))
        price = max(rounded(price * (_ONE + spread * walk.dice.normal()), _FINE), price / 2)
    began = state.now - state.now % MINUTE_MS - options.history_minutes * MINUTE_MS
    for quarter, px in enumerate(reversed(points)):
        units = size_down(divided(state.options.print_usd * (1 + walk.dice.below(9)), px, _FINE), ms.market)
        ms.candles.add(began + quarter * _QUARTER_MS, px, max(units, size_step(ms.market)))
        ms.last_px = px
