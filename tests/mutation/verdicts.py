"""What came of each mutant, and the sums."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from tests.mutation.mutants import Mutant

__all__ = ["Outcome", "Tally", "Verdict", "percent", "tally"]


class Outcome(StrEnum):
    """How a mutant ended."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One mutant, judged."""

    id: str
    outcome: Outcome
    by: str
    """The test that noticed; empty where none did."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of mutants."""

    killed: int
    timed_out: int
    survived: int

    @property
    def all(self) -> int:
        """Return how many were judged."""
        return self.killed + self.timed_out + self.survived

    @property
    def permille(self) -> int:
        """Return the score in tenths of a percent, rounded down: killed and timed out among all."""
        return 1_000 * (self.killed + self.timed_out) // self.all if self.all else 1_000


def tally(mutants: Iterable[Mutant], verdicts: dict[str, Verdict]) -> Tally:
    """Count the outcomes of some mutants, all of which are judged."""
    outcomes = [verdicts[mutant.id].outcome for mutant in mutants]
    return Tally(
        killed=outcomes.count(Outcome.KILLED),
        timed_out=outcomes.count(Outcome.TIMED_OUT),
        survived=outcomes.count(Outcome.SURVIVED),
    )


def percent(permille: int) -> str:
    """Write a score: `97.3 %`."""
    return f"{permille // 10}.{permille % 10} %"
