"""What only the owner of an account remembers of it: the orders of the day, the peak, and what has not ended."""

from collections.abc import Iterable
from copy import copy
from operator import itemgetter
from typing import Final, Self

from agentic_core.domain.account import DayCounters
from agentic_core.domain.account_days import AccountDay, OrdersCounted
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.ids import AccountKey
from agentic_core.domain.money import ZERO, Usd
from agentic_core.domain.times import HOUR_MS, Instant, day_of
from agentic_core.ports.account_memory import Remembered
from agentic_core.runtime.orders.lives import Lives

__all__ = ["AccountBook"]

_NO_DAY: Final = -1
"""Before the first day of which anything was read."""

_LATE_MS = HOUR_MS
"""How late a transfer may be told of and still be put before the equity that was read after it."""


class AccountBook:
    """An `AccountMemory`; made before the broker, then given to the desk, which shares `lives` with it.

    All times are the venue's. A day begins with the first equity that is read in it.
    """

    def __init__(
        self, *, day: DayCounters, peak: Usd, as_of: Instant = Instant(0), opened_at: Instant | None = None
    ) -> None:
        """Go on from what was remembered last.

        Args:
            day: the counters of the day that was remembered last.
            peak: the highest equity until then.
            as_of: transfers until then are part of it already.
            opened_at: when the baseline was read, where it is to follow whatever came later, told early or late.
        """
        self.lives = Lives()
        self._day = day
        self._known_until = as_of if opened_at is None else opened_at
        self._opened_at = as_of if opened_at is None else opened_at
        self._early: list[Instant] = []
        # Every new maximum of the last hour with its time, on top of the one before them.
        self._peaks: list[tuple[Instant, Usd]] = [(as_of, peak)]

    @classmethod
    def of(cls, remembered: AccountDay | None) -> Self:
        """Go on from a stored day, or begin with nothing: the first equity that is read then opens the first day."""
        if remembered is None:
            return cls(day=DayCounters(day=_NO_DAY, baseline=Usd(ZERO)), peak=Usd(ZERO))
        return cls(
            day=DayCounters(day=remembered.day, baseline=remembered.baseline_usd),
            peak=remembered.peak_usd,
            as_of=remembered.as_of,
            opened_at=remembered.opened_at,
        )

    @property
    def is_open(self) -> bool:
        """Whether any equity was ever read."""
        return self._day.day != _NO_DAY

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

    def remembered(self, account: AccountKey, as_of: Instant) -> AccountDay:
        """Return what has to outlive the process, with the transfers until an instant in it."""
        return AccountDay(
            account=account,
            day=self._day.day,
            baseline_usd=self._day.baseline,
            opened_at=self._opened_at,
            peak_usd=self.peak,
            as_of=as_of,
        )

    def after(self, transfers: Iterable[Transfer]) -> "AccountBook":
        """Return the book as it will be once these are taken in; this one stays as it is."""
        later = copy(self)  # nothing that it shares is changed in place by what follows
        for transfer in transfers:
            later.transfer(transfer.amount, transfer.at)
        return later

    def resume(self, day: int, counted: OrdersCounted) -> None:
        """Take over how many orders were sent on a day by whoever ran before; of another day it says nothing."""
        if day == self._day.day:
            self._day = DayCounters(
                day=day,
                baseline=self._day.baseline,
                orders=counted.orders,
                minute=counted.minute,
                minute_orders=counted.minute_orders,
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
        if at <= self._known_until or not self.is_open:
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
