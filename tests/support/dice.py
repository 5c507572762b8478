"""Values made from one string of bytes, because hypothesis pays per draw and 10,000 examples must stay cheap.

Bytes of zero make the plainest value, so a counterexample still shrinks to one.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from hypothesis import strategies as st

__all__ = ["OFF_ON", "Dice", "rolls"]

OFF_ON = (False, True)
_Thing = TypeVar("_Thing")
_Made = TypeVar("_Made")


class Dice:
    """Choices read off a string of bytes, one after the other."""

    def __init__(self, rolled: bytes) -> None:
        self._rolled = rolled
        self._at = 0

    def number(self, low: int, high: int, *, places: int = 0) -> Decimal:
        """Return a number of so many decimals; its bounds are counted in the last one."""
        return Decimal(self.whole(low, high)).scaleb(-places)

    def whole(self, low: int, high: int) -> int:
        """Return a whole number, the low one for zeros."""
        span, size = high - low + 1, 1 if high - low < 256 else 4 if high - low < 2**32 else 10
        taken = self._rolled[self._at : self._at + size]
        self._at += size
        assert len(taken) == size, "there are not enough bytes for everything that is rolled"
        return low + int.from_bytes(taken) % span

    def any_of(self, *things: _Thing) -> _Thing:
        """Return one of a few things, the first for a zero."""
        return things[self.whole(0, 255) % len(things)]

    def mostly(self, usual: _Thing, *others: _Thing) -> _Thing:
        """Return nearly always the first, so that a chain of rare things can be told apart."""
        die = 255 - self.whole(0, 255)
        return others[die % len(others)] if die < 6 * len(others) else usual


@st.composite
def rolls(draw: st.DrawFn, make: Callable[[Dice], _Made], length: int) -> _Made:
    """Draw whatever is made with dice of so many bytes; a counterexample is shown as what was made."""
    return make(Dice(draw(st.binary(min_size=length, max_size=length))))
