"""What an attacker decides: a market and one wish, turn by turn; all in whole numbers."""

from enum import IntEnum
from typing import NamedTuple, TypeAlias

__all__ = ["BEYOND", "WHOLE", "Fill", "Losses", "Scenario", "Turn", "Wish"]

WHOLE = 10_000
"""All of something, in ten-thousandths."""

BEYOND = WHOLE + 1
"""As a depth: no matter whether trading halts on it."""


class Wish(IntEnum):
    """What is asked of the risk engine."""

    NOTHING = 0
    OPEN = 1
    CLOSE = 2


class Fill(IntEnum):
    """How what was approved executes."""

    WORST = 0
    """At the end of the collar."""
    MARK = 1
    MISSED = 2
    """The order names a price the market does not come to: it is approved, and nothing is bought or sold."""
    LIMIT = 3
    """The order names the last whole dollar inside the collar, and executes there."""


class Turn(NamedTuple):
    """How the marks come to this turn, and what is asked for there."""

    midnight: bool = False
    """Whether this is the first turn of a UTC day."""
    moves: tuple[int, ...] = ()
    """Of each mark, in ten-thousandths of the gap; missing ones stay."""
    against: bool = False
    """Whether a move above zero is one that loses on what is held, instead of a rise."""
    depth: int = WHOLE
    """How much of what may be lost until a halt the moves may lose, in ten-thousandths; they shrink to fit."""
    funding: int = 0
    """1 is paid on every position, -1 received."""
    wish: Wish = Wish.NOTHING
    symbol: int = 0
    buy: bool = True
    share: int = WHOLE
    """Of an open: of what the caps leave room for, above which it should be refused. Of a close: of what is held."""
    fill: Fill = Fill.WORST


Scenario: TypeAlias = tuple[Turn, ...]


class Losses(NamedTuple):
    """The largest loss of a scenario for each figure of a bound, as shares of what the figure is a share of."""

    order: float
    day: float
    deployment: float
