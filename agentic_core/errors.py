"""What can break, grouped by who must act.

    AgenticError
    ├── InputError               the person who wrote a file or a command line
    │   ├── SkillInvalid         a skill file was refused
    │   │   └── SkillUnbounded   its caps let everything deposited be lost
    │   └── CandlesInvalid       a candle file was refused, with the row
    ├── ConfigError              the operator: a setting is wrong or missing
    ├── UsageError               the programmer: the library was used wrongly
    │   └── LookAhead            a policy asked for something later than its mark
    ├── IllegalTransition        a state machine refused (state, event)
    ├── Fenced                   another holder owns the trading lease: send nothing
    ├── JournalBroken            the journal does not hold together: stop trading
    ├── TapeMiss                 a replay met a call of a chat model that is not on its tape
    ├── KeyUnavailable           a sealed key is not handed out or does not open: nothing can be signed
    ├── VenueUnavailable         the venue, or the way to it, gave no usable answer to a question
    └── StoreError               the database
        ├── StoreUnavailable     it could not be reached
        ├── NotFound             the row does not exist
        ├── Conflict             a uniqueness rule refused the row
        ├── MigrationMismatch    an applied migration is not the one in this release
        └── DatabaseRestored     it is not the database it was: no lease before its owner has looked

Expected outcomes (denied, rejected, unresolved, held) are values, never exceptions.
"""

__all__ = [
    "AgenticError",
    "CandlesInvalid",
    "ConfigError",
    "Conflict",
    "DatabaseRestored",
    "Fenced",
    "IllegalTransition",
    "InputError",
    "JournalBroken",
    "KeyUnavailable",
    "LookAhead",
    "MigrationMismatch",
    "NotFound",
    "SkillInvalid",
    "SkillUnbounded",
    "StoreError",
    "StoreUnavailable",
    "TapeMiss",
    "UsageError",
    "VenueUnavailable",
]


class AgenticError(Exception):
    """Something this library relied on did not hold."""

    exit_code = 1
    """What a command-line program should exit with: 1 problem found, 2 bad input, 3 outside unavailable."""

    def __init__(self, message: str | None = None) -> None:
        """Take the message, or fall back to the class's own sentence."""
        super().__init__(message or (self.__class__.__doc__ or "").strip())


class InputError(AgenticError):
    """What a person handed in cannot be used."""

    exit_code = 2


class SkillInvalid(InputError):
    """The skill was refused."""


class SkillUnbounded(SkillInvalid):
    """The skill's caps do not bound what it can lose, so it is neither stored nor deployed."""


class CandlesInvalid(InputError):
    """The candles were refused."""


class ConfigError(AgenticError):
    """A setting is wrong or missing."""

    exit_code = 2


class UsageError(AgenticError):
    """The library was used wrongly."""


class LookAhead(UsageError):
    """Something later than the mark was asked for."""


class IllegalTransition(AgenticError):
    """A state machine refused the event."""


class Fenced(AgenticError):
    """Another holder owns the trading lease; nothing may be sent."""


class JournalBroken(AgenticError):
    """The journal does not hold together; nothing may be sent."""


class TapeMiss(AgenticError):
    """A replay met a call of a chat model that is not on its tape."""


class KeyUnavailable(AgenticError):
    """A sealed key is not handed out or does not open; nothing can be signed."""


class VenueUnavailable(AgenticError):
    """The venue gave no usable answer."""

    exit_code = 3

    def __init__(
        self, message: str | None = None, *, retryable: bool = True, retry_after_ms: int | None = None
    ) -> None:
        """Take the message, whether asking again can help, and how long to wait first where somebody said so."""
        super().__init__(message)
        self.retryable = retryable
        self.retry_after_ms = retry_after_ms


class StoreError(AgenticError):
    """The database refused."""

    exit_code = 3


class StoreUnavailable(StoreError):
    """The database could not be reached."""

    def __init__(self, message: str | None = None, *, commit_unknown: bool = False) -> None:
        """Take the message, and whether what was being written may be stored all the same: then read it by its id."""
        super().__init__(message)
        self.commit_unknown = commit_unknown


class NotFound(StoreError):
    """The row does not exist."""

    exit_code = 2


class Conflict(StoreError):
    """A uniqueness rule refused the row."""

    exit_code = 1

    def __init__(self, message: str | None = None, *, constraint: str = "") -> None:
        """Take the message and the name of the rule that refused."""
        super().__init__(message)
        self.constraint = constraint


class MigrationMismatch(StoreError):
    """An applied migration is not the one in this release."""

    exit_code = 1


class DatabaseRestored(StoreError):
    """The database is not the one it was, so no lease is given."""

    exit_code = 1
