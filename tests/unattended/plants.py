"""What a planted mistake consists of."""

from typing import NamedTuple

from tests.unattended.mistakes import Mistake

__all__ = ["Plant"]


class Plant(NamedTuple):
    """A mistake, the trouble it shows in, and the words by which it is found."""

    mistake: Mistake
    kinds: tuple[str, ...]
    words: str
