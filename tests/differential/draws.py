"""What random actions are made of: numbers at the edges of their encodings, addresses, ids, texts and coins."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from tests.conservation.accounts import Dice

__all__ = ["Draws"]

T = TypeVar("T")

_EDGES = (0, 1, 127, 128, 255, 256, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**53 + 1, 2**63)
"""Where MessagePack changes the form of a number, and where programs that use floats lose one."""

_LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-."\\/%éß中🙂'


class Draws:
    """Drawn values; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._dice = Dice(seed)

    def flag(self) -> bool:
        """Return true or false."""
        return bool(self._dice.below(2))

    def rare(self) -> bool:
        """Return true once in eight times."""
        return self._dice.below(8) == 0

    def of(self, choices: Sequence[T]) -> T:
        """Return one of several."""
        return self._dice.of(choices)

    def between(self, least: int, most: int) -> int:
        """Return a whole number of at most 31 bits."""
        return self._dice.between(least, most)

    def bits(self, count: int) -> int:
        """Return a whole number of at most so many bits."""
        number = 0
        for _ in range(0, count, 16):
            number = number << 16 | self._dice.below(2**16)
        return number >> -count % 16

    def count(self, bits: int = 64) -> int:
        """Return a whole number that is as likely short as long, or at an edge."""
        if self.flag():
            return self.of([edge for edge in _EDGES if edge < 2**bits])
        return self.bits(self.between(1, bits))

    def hexadecimal(self, digits: int) -> str:
        """Return 0x and lower-case digits."""
        return f"0x{self.bits(4 * digits):0{digits}x}"

    def address(self) -> str:
        """Return an address, in lower case."""
        return self.hexadecimal(40)

    def cloid(self) -> str:
        """Return a client order id."""
        return self.hexadecimal(32)

    def number(self, *, places: int = 8) -> Decimal:
        """Return a positive number that a float written with eight decimals still is."""
        places = self.between(0, places)
        most = 23 + 3 * places if places else 47
        return Decimal(1 + self.bits(self.between(1, most))).scaleb(-places)

    def amount(self) -> Decimal:
        """Return an amount of money that a float writes without an exponent and without a zero at its end."""
        return Decimal(10 * self.between(0, 10**8) + self.between(1, 9)).scaleb(-self.between(1, 4))

    def text(self, length: int) -> str:
        """Return text of at most so many characters, also such as JSON has to escape."""
        return "".join(self.of(_LETTERS) for _ in range(self.between(1, length)))
