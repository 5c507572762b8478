"""What a planted mistake consists of."""

from typing import NamedTuple

from tests.lifecycles.bugs import Bug

__all__ = ["Plant"]


class Plant(NamedTuple):
    """A mistake, the trouble it shows in, and the words by which it is found."""

    bug: Bug
    kinds: tuple[str, ...]
    words: str
