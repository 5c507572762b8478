"""Which column of a table holds what."""

from collections.abc import Sequence
from typing import NamedTuple

from agentic_core.backtest.candle_cells import excerpt
from agentic_core.errors import CandlesInvalid

__all__ = ["CANDLE_NAMES", "CandleHeader", "find_candle_columns", "find_column"]

CANDLE_NAMES = {
    "time": ("timestamp", "time", "date", "open_time", "t"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "v"),
}
"""What each column may be called, in any case."""


class CandleHeader(NamedTuple):
    """Positions of the columns."""

    time: int
    open: int
    high: int
    low: int
    close: int
    volume: int


def find_candle_columns(file: str, names: Sequence[str]) -> CandleHeader:
    """Return where the six columns of a candle are.

    Raises:
        CandlesInvalid: one is missing, or two could be it.
    """
    return CandleHeader(*(_one(file, names, what) for what in CANDLE_NAMES))


def find_column(file: str, names: Sequence[str], what: str, allowed: Sequence[str]) -> int | None:
    """Return the position of the column that has one of the names allowed, or None.

    Raises:
        CandlesInvalid: several have.
    """
    found = [index for index, name in enumerate(names) if name.strip().lower() in allowed]
    # A venue's own names differ by case only (t opens, T closes): the lower case is then meant.
    exact = [index for index in found if names[index].strip() in allowed]
    chosen = exact if len(exact) == 1 else found
    if len(chosen) > 1:
        both = ", ".join(names[index].strip() for index in chosen)
        message = f"{file}: the columns {both} could all be the {what}; keep one of them or rename the others"
        raise CandlesInvalid(message)
    return chosen[0] if chosen else None


def _one(file: str, names: Sequence[str], what: str) -> int:
    allowed = CANDLE_NAMES[what]
    index = find_column(file, names, what, allowed)
    if index is None:
        there = ", ".join(excerpt(name.strip()) for name in names[:12])
        message = f"{file}: no column for the {what}, there are {there}; name it {' or '.join(allowed)}"
        raise CandlesInvalid(message)
    return index
