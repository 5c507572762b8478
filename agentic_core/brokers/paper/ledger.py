"""The books of one paper account: cash, positions and the day's counters, exact to the last digit.

Equity is cash plus signed size times mark, as the venue defines it; nothing is averaged on the way, so fills, fees and
funding always add up. Isolated margin is a part of the same cash that is set aside for one position, so that moving it
neither makes nor loses a cent.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from agentic_core.brokers.paper.margins import LeverageSetting, Margins
from agentic_core.domain.account import AccountSnapshot, DayCounters
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Mark
from agentic_core.domain.money import ZERO, Price, Usd
from agentic_core.domain.order import OpenIntent
from agentic_core.domain.position import Position
from agentic_core.domain.times import DAY_MS, Instant, day_of
from agentic_core.errors import UsageError
from agentic_core.execution.margining import liquidation_price, resting_units, units_at_worst, withdrawable

__all__ = ["PaperLedger"]

_NO_SIZES: Mapping[Symbol, Decimal] = {}


class PaperLedger:
    """One account, cross margin unless told otherwise; also the `AccountView` of its deployment until the next mark."""

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
        """All dollars of the account, isolated margin included."""
        self.as_of = at
        self.day = DayCounters(day=day_of(at), baseline=starting_equity)
        self.peak = starting_equity
        """The highest equity at any mark at which the day was looked at."""
        self.unresolved = 0
        self.open_intents: tuple[OpenIntent, ...] = ()
        self.reserving: tuple[OpenIntent, ...] = ()
        """Those open orders that margin is kept for; a trigger needs none until it fires."""
        self.margins: Final = Margins(leverage)
        """Leverage settings, and the margin of isolated positions."""
        self._instruments = instruments
        self._mark = marks
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
    def cross_equity(self) -> Usd:
        """Equity without what isolated positions are worth with their margin."""
        total = self.equity
        for symbol, pocket in self.margins.pockets.items():
            total = Usd(total - pocket.worth(self.price(symbol)))
        return total

    @property
    def margin_used(self) -> Usd:
        """Initial margin of cross positions at the marks, and all margin of isolated ones."""
        return self.margin_for(_NO_SIZES)

    @property
    def maintenance(self) -> Usd:
        """Maintenance margin of all positions at the marks."""
        total = ZERO
        for held in self._positions.values():
            total += self.maintenance_of(held)
        return Usd(total)

    @property
    def cross_maintenance(self) -> Usd:
        """Maintenance margin of the cross positions at the marks."""
        return Usd(sum((self.maintenance_of(held) for held in self.cross_positions()), ZERO))

    @property
    def withdrawable(self) -> Usd:
        """What could be taken out now: nothing that positions, resting orders or a tenth of the notional need."""
        pockets = sum((pocket.worth(self.price(symbol)) for symbol, pocket in self.margins.pockets.items()), ZERO)
        initial = self.margin_for(self.worst_sizes()) - pockets
        notional = sum((self._notional(held) for held in self.cross_positions()), ZERO)
        return withdrawable(self.cross_equity, initial, notional)

    def position(self, symbol: Symbol) -> Position:
        """Return the holding in a symbol, flat when there is none."""
        return self._positions.get(symbol) or Position.flat(symbol)

    def cross_positions(self) -> list[Position]:
        """List the positions that share the account's margin."""
        pockets = self.margins.pockets
        return [held for held in self._positions.values() if held.symbol not in pockets]

    def exposure(self) -> Usd:
        """Return the sum of all notionals at the marks."""
        if not self._positions:
            return Usd(ZERO)
        return Usd(sum((self._notional(held) for held in self._positions.values()), ZERO))

    def margin_for(self, sizes: Mapping[Symbol, Decimal]) -> Usd:
        """Return the initial margin needed if the symbols named were held in these signed sizes instead."""
        total, margins = ZERO, self.margins
        for symbol, held in self._positions.items():
            if symbol not in sizes:
                total += margins.needed(self._rules(symbol), held.size, self.price(symbol))
        for symbol, size in sizes.items():
            if size:
                total += margins.needed(self._rules(symbol), size, self.price(symbol))
        return Usd(total)

    def worst_sizes(self, changed: Mapping[Symbol, Decimal] = _NO_SIZES) -> Mapping[Symbol, Decimal]:
        """Return the signed sizes the account would need most margin for if resting orders executed.

        Args:
            changed: positions taken to be other than they are.
        """
        found = dict(changed)
        for symbol, (buys, sells) in resting_units(self.reserving).items():
            held = changed.get(symbol, self.position(symbol).size)
            found[symbol] = units_at_worst(held, buys, sells)
            if symbol in self.margins.pockets:  # what is in a pocket is not asked for again, so less may need more
                found[symbol] = self._dearer(symbol, held + buys, held - sells)
        return found

    def margin_at(self, symbol: Symbol, setting: LeverageSetting) -> Usd:
        """Return the initial margin, with what rests, if an isolated position had another leverage."""
        now = self.margins.settings[symbol]
        self.margins.set(symbol, setting)
        needed = self.margin_for(self.worst_sizes())
        self.margins.set(symbol, now)
        return needed

    def maintenance_of(self, position: Position) -> Decimal:
        """Return the maintenance margin of a position at its mark, by its tier."""
        return self._rules(position.symbol).maintenance(self._notional(position))

    def liquidation_price(self, symbol: Symbol) -> Price | None:
        """Return the mark at which a position is liquidated if nothing else moves; None where none does it."""
        held, pocket = self.position(symbol), self.margins.pockets.get(symbol)
        if not held.size:
            return None
        mark = self.price(symbol)
        if pocket is not None:
            return liquidation_price(self._rules(symbol), held.size, mark, value=pocket.worth(mark))
        others = self.cross_maintenance - self.maintenance_of(held)
        value = self.cross_equity
        return liquidation_price(self._rules(symbol), held.size, mark, value=value, other_maintenance=others)

    def freeze(self) -> AccountSnapshot:
        """Copy what is visible."""
        return AccountSnapshot.of(self)

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
        """Move to an instant; the first one of a UTC day sets the day's baseline at the marks. The peak follows."""
        self.as_of = now
        worth = self.equity if self._positions else Usd(self.cash)
        if now // DAY_MS != self.day.day:
            self.day = self.day.at(now, worth)
        self.peak = max(self.peak, worth)

    def count_order(self) -> None:
        """Count one order sent today and in this minute."""
        self.day = self.day.counting(1, self.as_of)

    def book(self, fill: Fill, position: Position) -> None:
        """Enter an execution, and the position that its order leads to."""
        self.cash -= fill.signed_size * fill.price + fill.fee
        if position.size:
            self._positions[fill.symbol] = position
        else:
            self._positions.pop(fill.symbol, None)
        if self.margins.isolated:
            self.margins.follow(fill, self._rules(fill.symbol), self.price(fill.symbol))

    def settle(self, payment: FundingPayment) -> None:
        """Enter a funding payment; an isolated position pays from, and is paid into, its own margin."""
        self.cash += payment.amount
        if self.margins.isolated:
            self.margins.pay(payment)

    def _dearer(self, symbol: Symbol, long: Decimal, short: Decimal) -> Decimal:
        rules, price = self._rules(symbol), self.price(symbol)
        return max(long, short, key=lambda size: self.margins.needed(rules, size, price))

    def _rules(self, symbol: Symbol) -> Instrument:
        return self._instruments.get(symbol) or Instrument.generic(symbol)

    def _notional(self, position: Position) -> Decimal:
        return abs(position.size) * self.price(position.symbol)
