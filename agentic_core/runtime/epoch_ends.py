"""How the time under one lease ends, and what an error means for what comes next."""

from enum import Enum, auto
from traceback import walk_tb
from typing import TypeAlias

import msgspec

from agentic_core.errors import (
    ConfigError,
    DatabaseRestored,
    Fenced,
    InputError,
    JournalBroken,
    StoreUnavailable,
    VenueUnavailable,
)

__all__ = ["Broken", "Drained", "EpochEnd", "Gravity", "MarketOver", "Settled", "gravity_of", "place_of", "sole_error"]


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """A command brought the deployment to a status that nothing leads out of."""


class MarketOver(msgspec.Struct, frozen=True, kw_only=True):
    """The marks have come to their end."""


class Drained(msgspec.Struct, frozen=True, kw_only=True):
    """The process was told to end."""

    left: tuple[str, ...] = ()
    """What was still under way."""


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A part failed."""

    error: Exception


EpochEnd: TypeAlias = Settled | MarketOver | Drained | Broken


class Gravity(Enum):
    """What an error means."""

    LOST = auto()
    """The lease or the database is gone: wait for both, and begin again."""
    OUTAGE = auto()
    """The venue is away: begin again later, as often as it takes."""
    BREAKDOWN = auto()
    """Nobody expected it: begin again, but not for ever."""
    FATAL = auto()
    """Beginning again would come to the same."""


_GRAVITIES: tuple[tuple[type[Exception], Gravity], ...] = (
    (DatabaseRestored, Gravity.FATAL),
    (JournalBroken, Gravity.FATAL),
    (ConfigError, Gravity.FATAL),
    (InputError, Gravity.FATAL),
    (Fenced, Gravity.LOST),
    (StoreUnavailable, Gravity.LOST),
    (VenueUnavailable, Gravity.OUTAGE),
)
_GRAVEST_FIRST = (Gravity.FATAL, Gravity.LOST, Gravity.BREAKDOWN, Gravity.OUTAGE)


def gravity_of(error: Exception) -> Gravity:
    """Return what an error means."""
    return next((gravity for kind, gravity in _GRAVITIES if isinstance(error, kind)), Gravity.BREAKDOWN)


def sole_error(error: Exception) -> Exception:
    """Return the gravest of the errors that a group of tasks ended with; any other error is returned as it is."""
    if not isinstance(error, ExceptionGroup):
        return error
    return min(map(sole_error, error.exceptions), key=lambda each: _GRAVEST_FIRST.index(gravity_of(each)))


def place_of(error: Exception) -> str | None:
    """Return the module and line in which an error was raised, for whoever has to mend it; None where it never was."""
    places = [f"{frame.f_globals.get('__name__')}:{line}" for frame, line in walk_tb(error.__traceback__)]
    return places[-1] if places else None
