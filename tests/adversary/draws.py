"""Repeatable draws: the same seed gives the same search on every machine."""

__all__ = ["Draws"]

_MASK = 2**64 - 1
_SPREAD = 0x9E3779B97F4A7C15
_MULTIPLIER = 0x2545F4914F6CDD1D


class Draws:
    """Marsaglia's xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2014)."""

    def __init__(self, *seeds: int) -> None:
        """Start from any numbers."""
        state = 0
        for seed in seeds:
            state = ((state ^ seed) * _MULTIPLIER + _SPREAD) & _MASK
        self._state = state or _SPREAD
        for _ in range(8):
            self.below(2)

    def below(self, count: int) -> int:
        """Draw a whole number from zero up to, and without, the count."""
        state = self._state
        state ^= state >> 12
        state = (state ^ state << 25) & _MASK
        state ^= state >> 27
        self._state = state
        return ((state * _MULTIPLIER & _MASK) >> 32) * count >> 32

    def between(self, least: int, most: int) -> int:
        """Draw a whole number, both ends included."""
        return least + self.below(most - least + 1)

    def chance(self, percent: int) -> bool:
        """Draw true so many times in a hundred."""
        return self.below(100) < percent
