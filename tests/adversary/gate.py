"""The only way to a position: the shipped risk engine, asked with real domain values and exact decimals."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from agentic_core.domain import (
    AccountSnapshot,
    ActionKind,
    Approved,
    Candle,
    DayCounters,
    IndicatorSpec,
    Instant,
    Instrument,
    Interval,
    Mark,
    MarketSnapshot,
    MarkSource,
    Position,
    Price,
    ProposedAction,
    RiskLimits,
    Side,
    Size,
    Symbol,
    TradingState,
    Usd,
)
from agentic_core.risk import process
from tests.adversary.account import DAY_MS, Account
from tests.adversary.configurations import SIZE_DECIMALS
from tests.adversary.terms import AMOUNT_DECIMALS, PRICE_DECIMALS

__all__ = ["Gate", "Leg", "Proposal"]

_AMOUNT = Decimal(1).scaleb(-AMOUNT_DECIMALS)
_PRICE = Decimal(1).scaleb(-PRICE_DECIMALS)
_LOT = Decimal(1).scaleb(-SIZE_DECIMALS)
_NOTHING = Usd(Decimal(0))


class Proposal(NamedTuple):
    """What is wanted, in whole numbers."""

    symbol: int
    lots: int | None
    """None is everything, of a close."""
    buy: bool | None
    """None is a close."""
    limit: int | None = None


class Leg(NamedTuple):
    """What may be executed."""

    lots: int
    """Below zero to sell."""
    opens: bool


class _Marks:
    # A MarketView of one moment.
    interval = Interval.M5

    def __init__(self, as_of: Instant, listed: Mapping[Symbol, Instrument], prices: Sequence[int]) -> None:
        self.as_of = as_of
        self._listed = listed
        self._prices = dict(zip(listed, prices, strict=True))

    def instrument(self, symbol: Symbol) -> Instrument | None:
        return self._listed.get(symbol)

    def mark(self, symbol: Symbol) -> Mark | None:
        price = self._prices.get(symbol)
        if price is None:
            return None
        return Mark(symbol=symbol, price=Price(price * _PRICE), as_of=self.as_of, source=MarkSource.VENUE)

    def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        return ()

    def indicator(self, symbol: Symbol, spec: IndicatorSpec, *, back: int = 0) -> float | None:
        return None

    def funding_rate(self, symbol: Symbol) -> Decimal | None:
        return None

    def freeze(self, lookback: int) -> MarketSnapshot:
        return MarketSnapshot(as_of=self.as_of, marks=(), candles={}, funding_rates={})


class Gate:
    """Asks the risk engine, and counts how often."""

    def __init__(self, limits: RiskLimits, instruments: Sequence[Instrument]) -> None:
        """Take what the engine is to judge by."""
        self._limits = limits
        self._listed = {one.symbol: one for one in instruments}
        self._symbols = tuple(self._listed)
        self.asked = 0
        self.refused = 0

    def legs(self, proposal: Proposal, account: Account) -> tuple[Leg, ...]:
        """Return what the engine approves of a proposal; nothing where it refuses."""
        self.asked += 1
        now = Instant(account.now)
        market = _Marks(now, self._listed, account.marks)
        verdict = process(self._action(proposal), self._snapshot(account), market, self._limits, TradingState.ACTIVE)
        if not isinstance(verdict, Approved):
            self.refused += 1
            return ()
        return tuple(
            Leg(order.side.sign * int(order.size.scaleb(SIZE_DECIMALS)), not order.reduce_only)
            for order in verdict.plan
        )

    def _action(self, proposal: Proposal) -> ProposedAction:
        size, limit, buy = proposal.lots, proposal.limit, proposal.buy
        if buy is None:
            side, kind = None, ActionKind.CLOSE
        else:
            side, kind = Side.BUY if buy else Side.SELL, ActionKind.OPEN
        return ProposedAction(
            kind=kind,
            symbol=self._symbols[proposal.symbol],
            side=side,
            size=None if size is None else Size(size * _LOT),
            limit_price=None if limit is None else Price(limit * _PRICE),
        )

    def _snapshot(self, account: Account) -> AccountSnapshot:
        equity = Usd(account.equity * _AMOUNT)
        # No rule reads what a position cost, nor the initial margin.
        positions = {
            symbol: Position(symbol=symbol, size=Size(size * _LOT), entry_cost=Usd(abs(size) * mark * _AMOUNT))
            for symbol, size, mark in zip(self._symbols, account.sizes, account.marks, strict=True)
            if size
        }
        baseline = Usd(account.baseline * _AMOUNT)
        return AccountSnapshot(
            as_of=Instant(account.now),
            equity=equity,
            margin_used=_NOTHING,
            exposure_usd=Usd(account.exposure(account.marks) * _AMOUNT),
            day=DayCounters(day=account.now // DAY_MS, baseline=baseline, orders=account.orders),
            peak=Usd(account.peak * _AMOUNT),
            positions=positions,
        )
