"""What only the owner of an account remembers of it: the orders of the day, the peak, and what has not ended."""

from operator import itemgetter

from agentic_core.domain.account import DayCounters
from agentic_core.domain.money import Usd
from agentic_core.domain.times import HOUR_MS, Instant, day_of
from agentic_core.ports.account_memory import Remembered
from agentic_core.runtime.orders.lives import Lives

__all__ = ["AccountBook"]

_LATE_MS = HOUR_MS
"""How late a transfer may be told of and still be put before the equity that was read after it."""


class AccountBook:
    """An `AccountMemory`; made before the broker, then given to the desk, which shares `lives` with it.

    All times are the venue's. A day begins with the first equity that is read in it.
    """

    def __init__(self, *, day: DayCounters, peak: Usd, as_of: Instant = Instant(0)) -> None:
        """Go on from what was remembered last; transfers until `as_of` are part of it already."""
        self.lives = Lives()
        self._day = day
        self._known_until = as_of
        self._opened_at = as_of
        self._early: list[Instant] = []
        # Every new maximum of the last hour with its time, on top of the one before them.
        self._peaks: list[tuple[Instant, Usd]] = [(as_of, peak)]

    @property
    def day(self) -> DayCounters:
        """The counters of the UTC day."""
        return self._day

    @property
    def peak(self) -> Usd:
        """The highest equity so far, with what was paid in since and without what was taken out."""
        return max(equity for _, equity in self._peaks)

    def recall(self, as_of: Instant, equity: Usd) -> Remembered:
        """Return what is remembered as of an instant at which the account had this value."""
        if day_of(as_of) > self._day.day:
            self._open(as_of, equity)
        if equity > self.peak:
            # One pass: while equity rises, every reading of an hour is here, and each reading comes by.
            late_from = as_of - _LATE_MS
            before = [one for one in self._peaks if one[0] <= late_from]
            recent = [one for one in self._peaks if one[0] > late_from]
            self._peaks = [*sorted(before, key=itemgetter(1))[-1:], *recent, (as_of, equity)]
        return Remembered(
            day=self._day, peak=self.peak, unresolved=self.lives.unresolved, open_intents=self.lives.worst_case()
        )

    def count(self, at: Instant) -> None:
        """Count an order that is being sent; one of a day of which no equity was read yet is counted into it later."""
        if day_of(at) > self._day.day:
            self._early.append(at)
        else:
            self._day = self._day.counting(1, at)

    def transfer(self, amount: Usd, at: Instant) -> None:
        """Take in money that came or went without trading, once: it is neither a profit nor a loss.

        Args:
            amount: what the account gained; negative where it went.
            at: when. What was read of the account later than that held it already.
        """
        if at <= self._known_until:
            return
        self._peaks = [(when, Usd(equity + amount) if when < at else equity) for when, equity in self._peaks]
        if self._opened_at < at:
            day = self._day
            self._day = DayCounters(
                day=day.day,
                baseline=Usd(day.baseline + amount),
                orders=day.orders,
                minute=day.minute,
                minute_orders=day.minute_orders,
            )

    def _open(self, as_of: Instant, equity: Usd) -> None:
        self._day = self._day.at(as_of, equity)
        self._opened_at = as_of
        early, self._early = self._early, []
        for at in early:
            if day_of(at) == self._day.day:
                self._day = self._day.counting(1, at)
