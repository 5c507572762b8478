"""The books of one paper account: cash, positions and the day's counters, exact to the last digit.

Equity is cash plus signed size times mark, as the venue defines it; nothing is averaged on the way, so fills, fees and
funding always add up.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from agentic_core.domain.account import AccountSnapshot, DayCounters
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Mark
from agentic_core.domain.money import ZERO, Usd
from agentic_core.domain.position import Position
from agentic_core.domain.times import DAY_MS, Instant, day_of
from agentic_core.errors import UsageError

__all__ = ["PaperLedger"]


class PaperLedger:
    """One account, cross margin; also the `AccountView` of its deployment, valid until the next mark."""

    def __init__(
        self,
        *,
        starting_equity: Usd,
        instruments: Mapping[Symbol, Instrument],
        marks: Callable[[Symbol], Mark | None],
        leverage: int,
        at: Instant,
    ) -> None:
        """Open the books.

        Args:
            starting_equity: cash at the start, above zero.
            instruments: rules of every symbol that may be held.
            marks: the newest mark of a symbol; positions are valued at it whenever they are looked at.
            leverage: what the account is set to; each instrument's own maximum still holds.
            at: the first instant of the account.
        """
        if starting_equity <= 0:
            message = f"a paper account starts with more than zero dollars, was {starting_equity}"
            raise UsageError(message)
        self.starting_equity = starting_equity
        self.cash: Decimal = starting_equity
        self.as_of = at
        self.day = DayCounters(day=day_of(at), baseline=starting_equity)
        self.unresolved = 0
        self._instruments = instruments
        self._mark = marks
        self._leverage = leverage
        self._positions: dict[Symbol, Position] = {}
        self.positions: Final[Mapping[Symbol, Position]] = self._positions
        """Open positions only."""

    @property
    def equity(self) -> Usd:
        """Cash plus what the positions are worth at the marks."""
        total = self.cash
        for symbol, position in self._positions.items():
            total += position.size * self.price(symbol)
        return Usd(total)

    @property
    def margin_used(self) -> Usd:
        """Initial margin of all positions at the marks."""
        return self.margin_for({})

    @property
    def maintenance(self) -> Usd:
        """Maintenance margin of all positions at the marks."""
        total = ZERO
        for held in self._positions.values():
            total += self._notional(held) * self._rules(held.symbol).maintenance_rate
        return Usd(total)

    def position(self, symbol: Symbol) -> Position:
        """Return the holding in a symbol, flat when there is none."""
        return self._positions.get(symbol) or Position.flat(symbol)

    def exposure(self) -> Usd:
        """Return the sum of all notionals at the marks."""
        if not self._positions:
            return Usd(ZERO)
        return Usd(sum((self._notional(held) for held in self._positions.values()), ZERO))

    def margin_for(self, sizes: Mapping[Symbol, Decimal]) -> Usd:
        """Return the initial margin needed if the symbols named were held in these signed sizes instead."""
        total = ZERO
        for symbol, size in {**{held.symbol: held.size for held in self._positions.values()}, **sizes}.items():
            if size:
                total += abs(size) * self.price(symbol) / min(self._leverage, self._rules(symbol).leverage_max)
        return Usd(total)

    def freeze(self) -> AccountSnapshot:
        """Copy what is visible."""
        return AccountSnapshot(
            as_of=self.as_of,
            equity=self.equity,
            margin_used=self.margin_used,
            day=self.day,
            positions=tuple(self._positions.values()),
        )

    def has_mark(self, symbol: Symbol) -> bool:
        """Tell whether the symbol can be valued."""
        return self._mark(symbol) is not None

    def price(self, symbol: Symbol) -> Decimal:
        """Return the price a symbol is valued at.

        Raises:
            UsageError: it has no mark.
        """
        mark = self._mark(symbol)
        if mark is None:
            message = f"the paper account holds {symbol}, but no mark price is known for it; fetch its candles first"
            raise UsageError(message)
        return mark.price

    def open_day(self, now: Instant) -> None:
        """Move to an instant; the first one of a UTC day sets the day's baseline at the marks."""
        self.as_of = now
        if now // DAY_MS != self.day.day:
            self.day = self.day.at(now, self.equity)

    def count_order(self) -> None:
        """Count one order sent today."""
        self.day = self.day.counting(1)

    def book(self, fill: Fill, position: Position) -> None:
        """Enter an execution, and the position that its order leads to."""
        self.cash -= fill.signed_size * fill.price + fill.fee
        if position.size:
            self._positions[fill.symbol] = position
        else:
            self._positions.pop(fill.symbol, None)

    def settle(self, payment: FundingPayment) -> None:
        """Enter a funding payment."""
        self.cash += payment.amount

    def _rules(self, symbol: Symbol) -> Instrument:
        return self._instruments.get(symbol) or Instrument.generic(symbol)

    def _notional(self, position: Position) -> Decimal:
        return abs(position.size) * self.price(position.symbol)
