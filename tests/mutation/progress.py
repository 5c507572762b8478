"""Say how far a run is, on standard error."""

import sys
import time
from collections import Counter

from tests.mutation.verdicts import Outcome

__all__ = ["Progress", "Stopwatch", "told"]

_QUIET_SECONDS = 10.0
"""Where there is no terminal to rewrite a line on, a line comes this often."""


class Stopwatch:
    """Counts seconds from its construction, up to a limit if there is one."""

    def __init__(self, limit: float | None = None) -> None:
        """Start."""
        self._limit = limit
        self._started = time.monotonic()

    def seconds(self) -> float:
        """Return how long it has been running."""
        return time.monotonic() - self._started

    def is_over(self) -> bool:
        """Tell whether the limit is passed."""
        return self._limit is not None and self.seconds() > self._limit


def told(line: str) -> None:
    """Tell a line that the next one replaces where there is a terminal."""
    sys.stderr.write(f"\r{line}\x1b[K" if sys.stderr.isatty() else f"{line}\n")
    sys.stderr.flush()


class Progress:
    """The line that changes while mutants are judged."""

    def __init__(self, count: int, earlier: Counter[Outcome]) -> None:
        """Start with how many there are to judge, and what an earlier run has judged already."""
        self._count = count
        self._outcomes = earlier.copy()
        self._earlier = earlier.total()
        self._watch = Stopwatch()
        self._told = -_QUIET_SECONDS

    def judged(self, outcome: Outcome) -> None:
        """Count one more."""
        self._outcomes[outcome] += 1
        now = self._watch.seconds()
        if sys.stderr.isatty() or now - self._told >= _QUIET_SECONDS:
            told(self._line(now))
            self._told = now

    def close(self) -> None:
        """End the line."""
        told(self._line(self._watch.seconds()))
        if sys.stderr.isatty():
            sys.stderr.write("\n")

    def _line(self, now: float) -> str:
        done = self._outcomes.total()
        fresh = done - self._earlier
        left = now / fresh * (self._count - done) if fresh else 0.0
        sums = ", ".join(f"{self._outcomes[outcome]} {outcome}" for outcome in Outcome)
        return f"{done} of {self._count} mutants: {sums}; {_spoken(now)}, about {_spoken(left)} to go"


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
