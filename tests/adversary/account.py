"""The attacker's own account: lots, marks and cash in whole numbers, sharing no code with what it attacks."""

from collections.abc import Sequence
from operator import mul

from tests.adversary.terms import BPS, DOLLAR, Terms

__all__ = ["DAY_MS", "START", "Account"]

DAY_MS = 86_400_000
START = 100_000 * DOLLAR
"""Equity at the first turn."""

_MARK = 1_000_000_000
"""A thousand dollars, of every symbol at first."""
_FIRST_DAY = 19_000
_TURN_MS = 300_000


class Account:
    """What is owned and owed, and what the caps are counted from."""

    def __init__(self, terms: Terms) -> None:
        """Start flat, on the first turn of a day."""
        self.terms = terms
        self.now = _FIRST_DAY * DAY_MS
        self.cash = self.equity = self.baseline = self.peak = START
        self.orders = 0
        self.sizes = [0] * terms.count
        """Lots, signed."""
        self.marks: Sequence[int] = [_MARK] * terms.count

    def exposure(self, marks: Sequence[int]) -> int:
        """Return the sum of all notionals."""
        total: int = sum(map(mul, map(abs, self.sizes), marks))
        return total

    def value(self, marks: Sequence[int]) -> int:
        """Return what all positions are worth together, shorts below zero."""
        total: int = sum(map(mul, self.sizes, marks))
        return total

    def worth(self, marks: Sequence[int]) -> int:
        """Return cash and positions together."""
        return self.cash + self.value(marks)

    def funding(self, marks: Sequence[int], way: int) -> int:
        """Return what falls due on every position, paid (1) or received (-1)."""
        return way * (self.exposure(marks) * self.terms.funding // BPS) if way else 0

    def maintenance(self, marks: Sequence[int]) -> int:
        """Return the maintenance margin of all positions."""
        terms = self.terms
        return sum(terms.maintenance(abs(size) * mark) for size, mark in zip(self.sizes, marks, strict=True) if size)

    def is_liquidated(self, marks: Sequence[int], equity: int) -> bool:
        """Tell whether equity no longer covers the maintenance margin."""
        # No maintenance rate is above a half.
        return 2 * equity < self.exposure(marks) and equity < self.maintenance(marks)

    def floor(self, *, midnight: bool) -> int:
        """Return the equity at which trading halts; at the first turn of a day nothing is lost of that day."""
        terms = self.terms
        kept = self.peak * (BPS - terms.drawdown) // BPS
        return kept if midnight else max(kept, self.baseline * (BPS - terms.daily) // BPS)

    def collar_end(self, symbol: int, *, buy: bool) -> int:
        """Return the worst price an order executes at."""
        mark = self.marks[symbol]
        far = mark * self.terms.collar // BPS
        return mark + far if buy else mark - far

    def execute(self, symbol: int, lots: int, price: int) -> int:
        """Buy lots, or sell them where they are below zero; return the fee."""
        fee = self.terms.fee(abs(lots) * price)
        self.cash -= lots * price + fee
        self.sizes[symbol] += lots
        return fee

    def close_all(self, *, at_marks: bool = False) -> None:
        """Close every position, at its mark or at the end of the collar; equity is then cash."""
        for symbol, size in enumerate(self.sizes):
            if size:
                price = self.marks[symbol] if at_marks else self.collar_end(symbol, buy=size < 0)
                self.execute(symbol, -size, price)
        self.equity = self.cash

    def pass_time(self, *, midnight: bool) -> None:
        """Come to the next turn: five minutes later, or at the next midnight."""
        self.now = (self.now // DAY_MS + 1) * DAY_MS if midnight else self.now + _TURN_MS

    def open_day(self) -> None:
        """Count from here."""
        self.baseline = self.equity
        self.orders = 0
