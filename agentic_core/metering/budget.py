"""A monthly budget: reserve before the call, settle after it; what is unknown never counts as zero."""

from agentic_core.domain.money import ZERO, Usd, plain
from agentic_core.domain.times import Instant, to_datetime

__all__ = ["MonthBudget"]


class MonthBudget:
    """What one deployment may spend in a UTC month."""

    def __init__(self, *, cap: Usd, spent: Usd = Usd(ZERO)) -> None:
        """Start with the month's spending so far."""
        self.cap = cap
        self.spent = spent
        self._held: Usd = Usd(ZERO)
        self._month: tuple[int, int] | None = None

    def reserve(self, bound: Usd | None, at: Instant) -> str | None:
        """Hold the most a call can cost; returns why not when it does not fit."""
        self._turn_month(at)
        if bound is None:
            return "the cost of the call is unknown"
        committed = self.spent + self._held + bound
        if committed > self.cap:
            return f"{plain(committed)} USD would be committed this month, the cap is {plain(self.cap)}"
        self._held = Usd(self._held + bound)
        return None

    def settle(self, bound: Usd, cost: Usd | None) -> None:
        """Replace a reservation by what the call cost, or keep it as spent where the cost is unknown."""
        self._held = Usd(self._held - bound)
        self.spent = Usd(self.spent + (bound if cost is None else cost))

    def _turn_month(self, at: Instant) -> None:
        day = to_datetime(at)
        month = (day.year, day.month)
        if self._month is not None and month <= self._month:
            return  # a clock that steps back over midnight does not open a month anew
        if self._month is not None:
            self.spent = Usd(ZERO)
        self._month = month
