"""Seeded chance: the same seed draws the same values on every machine and every version of Python.

The generator is SplitMix64 (Steele, Lea and Flood, 2014), specified to the last bit and small enough to read. It is for
choosing what goes wrong, never for anything that has to be hard to guess.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

from agentic_core.errors import UsageError

__all__ = ["Chance"]

_Item = TypeVar("_Item")

_MASK = 2**64 - 1
_GAMMA = 0x9E37_79B9_7F4A_7C15
_PER_MILLE = 1_000


class Chance:
    """One stream of draws; streams of different names are independent, so a new one never moves an old one."""

    def __init__(self, seed: int, name: str = "") -> None:
        """Begin the stream that a seed and a name stand for."""
        self._seed = seed
        self._name = name
        self._state = int.from_bytes(sha256(f"{seed}\x1f{name}".encode()).digest()[:8])

    def stream(self, name: str) -> "Chance":
        """Begin another stream of the same seed."""
        return Chance(self._seed, f"{self._name}\x1f{name}")

    def word(self) -> int:
        """Draw 64 bits."""
        self._state = (self._state + _GAMMA) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB) & _MASK
        return mixed ^ (mixed >> 31)

    def below(self, count: int) -> int:
        """Draw a whole number from 0 up to, but not including, `count`.

        Raises:
            UsageError: there is nothing below `count`.
        """
        if count <= 0:
            raise UsageError(f"nothing can be drawn below {count}; ask for at least 1")
        return (self.word() * count) >> 64

    def between(self, low: int, high: int) -> int:
        """Draw a whole number between two, both included."""
        return low + self.below(high - low + 1)

    def happens(self, per_mille: int) -> bool:
        """Draw whether something happens that does so in so many of a thousand cases."""
        return self.below(_PER_MILLE) < per_mille

    def pick(self, items: Sequence[_Item]) -> _Item:
        """Draw one of the items."""
        return items[self.below(len(items))]

    def take(self, count: int) -> bytes:
        """Draw this many bytes."""
        words = -(-count // 8)
        return b"".join(self.word().to_bytes(8) for _ in range(words))[:count]
