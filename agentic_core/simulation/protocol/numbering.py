"""Values that are named by small numbers, in the order in which they first occur."""

from typing import Generic, TypeVar

__all__ = ["Numbering"]

_Value = TypeVar("_Value")


class Numbering(Generic[_Value]):
    """Each value once."""

    def __init__(self) -> None:
        """Begin without any."""
        self._values: list[_Value] = []
        self._numbers: dict[_Value, int] = {}

    def __getitem__(self, number: int) -> _Value:
        return self._values[number]

    def number(self, value: _Value) -> int:
        """Return the number of a value, a new one the first time."""
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self._values)
            self._values.append(value)
        return number
