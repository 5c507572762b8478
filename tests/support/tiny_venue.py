"""A truthful venue for one order in plain integers: a nonce that works once, an expiry, and news that lags."""

from decimal import Decimal
from typing import NamedTuple

from agentic_core.domain import Instant, Size
from agentic_core.execution.evidence import (
    AbsenceRead,
    AnsweredFilled,
    AnsweredResting,
    BurnAcknowledged,
    BurnUnproven,
    Evidence,
    FillSeen,
    OrderRefused,
    OrderSeen,
    OrderStatus,
    RequestRefused,
)

__all__ = ["LAG_MS_MAX", "Shown", "TinyVenue"]

LAG_MS_MAX = 5_000
"""What it did is shown after this time at the latest; the margin of the protocol stands for it."""


class Shown(NamedTuple):
    """What was to be seen of the order from a time on."""

    since: int
    status: OrderStatus | None
    filled: int


class TinyVenue:
    """One order of a few units and one nonce; time, what executes and what is shown are the caller's choice."""

    def __init__(self, *, units: int, rests: bool, made: int, expires: int) -> None:
        self.rests, self.expires = rests, expires
        self.units = units
        """All it can execute; fewer than were ordered where a reduce-only order is clipped to its position."""
        self.now = made
        self.user: str | None = None
        """Who used the nonce: `order`, `noop` or nobody yet."""
        self.history = [Shown(made, None, 0)]

    @property
    def executed(self) -> int:
        """Units executed so far."""
        return self.history[-1].filled

    @property
    def status(self) -> OrderStatus | None:
        """What the order is now; None while it is not known."""
        return self.history[-1].status

    @property
    def resting(self) -> int:
        """Units that stand in the book."""
        return self.units - self.executed if self.status is OrderStatus.RESTING else 0

    @property
    def can_land(self) -> bool:
        """Whether a copy of the order that arrived now would be taken."""
        return self.user is None and self.now <= self.expires

    def order(self, executes: int) -> Evidence:
        """Take a copy of the order, execute so many units if it is the first, and answer."""
        if self.now > self.expires:
            return RequestRefused(reason="expired", catalogued=False)
        if self.user is not None:
            return RequestRefused(reason="nonce already used", catalogued=False)
        self.user = "order"
        filled = min(executes, self.units)
        if not filled and not self.rests:
            self._show(OrderStatus.REJECTED, 0)
            return OrderRefused(reason="could not immediately match")
        if filled == self.units:  # clipped or not, nothing of it is left
            self._show(OrderStatus.FILLED, filled)
        else:
            self._show(OrderStatus.RESTING if self.rests else OrderStatus.CANCELED, filled)
        return AnsweredFilled(filled=_size(filled)) if filled else AnsweredResting()

    def noop(self) -> Evidence:
        """Take a copy of a burn and answer."""
        if self.user is not None:
            return BurnUnproven(cause="nonce already used")
        self.user = "noop"
        return BurnAcknowledged()

    def match(self, units: int) -> None:
        """Let a resting order execute; all of it ends it."""
        if self.resting:
            filled = self.executed + min(units, self.resting)
            self._show(OrderStatus.FILLED if filled == self.units else OrderStatus.RESTING, filled)

    def cancel(self) -> None:
        """End a resting order."""
        if self.resting:
            self._show(OrderStatus.CANCELED, self.executed)

    def shown(self, lag_ms: int) -> Shown:
        """Return what is to be seen with some lag: what is exactly that old is not there yet."""
        before = self.now - min(lag_ms, LAG_MS_MAX)
        return next((each for each in reversed(self.history) if each.since < before), self.history[0])

    def listed(self, lag_ms: int) -> int:
        """Return the fills listed with some lag: all that are old enough, and of the younger ones any number."""
        settled = self.shown(LAG_MS_MAX).filled
        return settled + lag_ms % (self.executed - settled + 1) if lag_ms else self.executed

    def change(self, number: int) -> Evidence | None:
        """Return what a stream says of one change of the order, as often and as late as it likes.

        Where it says `filled`, the number holds only what is listed by then.
        """
        shown = self.history[number % len(self.history)]
        if shown.status is None:
            return None
        listed = number % (shown.filled + 1) if shown.status is OrderStatus.FILLED else shown.filled
        return OrderSeen(status=shown.status, filled=_size(listed), seen_at=Instant(shown.since))

    def fill(self, number: int) -> Evidence | None:
        """Return what a stream says of one fill: each is of one unit, also where several executed at once."""
        return FillSeen(filled=_size(number % self.executed + 1)) if self.executed else None

    def read(self, lag_ms: int, *, forgets: bool, since: int) -> Evidence:
        """Answer a question after the order and its fills since a time; one that never rested may be forgotten."""
        shown = self.shown(lag_ms)
        gone = forgets and not any(each.status is OrderStatus.RESTING for each in self.history)
        if shown.status is not None and not gone:
            listed = self.listed(lag_ms) if shown.status is OrderStatus.FILLED else shown.filled
            return OrderSeen(status=shown.status, filled=_size(listed), seen_at=Instant(self.now))
        found = shown.filled if all(since <= each.since for each in self.history[1:]) else 0
        return AbsenceRead(read_at=Instant(self.now), searched_from=Instant(since), filled=_size(found))

    def _show(self, status: OrderStatus, filled: int) -> None:
        self.history.append(Shown(self.now, status, filled))


def _size(units: int) -> Size:
    return Size(Decimal(units))
