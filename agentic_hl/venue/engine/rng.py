"""A small seeded generator of numbers; the same seed gives the same numbers on every machine.

SplitMix64 by Sebastiano Vigna (public domain, https://prng.di.unimi.it/splitmix64.c, 2015).
"""

from decimal import Decimal

__all__ = ["Dice"]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_LANES = 4
_LANE_BITS = 16
_WORDS = 3
_MEAN_SUM = _WORDS * _LANES * ((1 << _LANE_BITS) - 1)
_TWICE_UNIT = Decimal(2 << _LANE_BITS)


class Dice:
    """An endless row of numbers."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        """Begin the row of a seed."""
        self._state = seed & _MASK

    def word(self) -> int:
        """Draw 64 bits."""
        self._state = (self._state + _GOLDEN) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * _FIRST) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * _SECOND) & _MASK
        return mixed ^ (mixed >> 31)

    def below(self, bound: int) -> int:
        """Draw an integer from 0 to `bound` - 1 (the bias is below 2^-40 for bounds that occur here)."""
        return self.word() % bound

    def normal(self) -> Decimal:
        """Draw from nearly the standard normal distribution: a sum of twelve uniform numbers, exact in decimals."""
        total = 0
        for _ in range(_WORDS):
            word = self.word()
            for lane in range(_LANES):
                total += (word >> (lane * _LANE_BITS)) & ((1 << _LANE_BITS) - 1)
        return (2 * total - _MEAN_SUM) / _TWICE_UNIT
