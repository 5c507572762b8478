"""Time passes: what is due is done in the order of its time, and at one time in the order that stands here.

Prices, positions that cooled down, premium samples, funding, scheduled cancels.
"""

from agentic_hl.venue.engine.funding import pay_funding, sample_premiums
from agentic_hl.venue.engine.liquidation import settle
from agentic_hl.venue.engine.orders import end_order
from agentic_hl.venue.engine.prices import NEVER, PriceSource
from agentic_hl.venue.engine.state import State
from agentic_hl.venue.times import DAY_MS, HOUR_MS

__all__ = ["Timeline"]


class Timeline:
    """What will be due, and when."""

    def __init__(self, state: State, prices: PriceSource) -> None:
        """Begin at the state's time."""
        self._state = state
        self._prices = prices
        self._sample = _next(state.now, state.options.sample_ms)
        self._hour = _next(state.now, HOUR_MS)

    @property
    def next_due(self) -> int:
        """When something is due at the earliest."""
        state = self._state
        due = min(self._prices.next_due, self._sample, self._hour)
        if state.scheduled:
            due = min(due, *state.scheduled.values())
        if state.cooling:
            due = min(due, self._next_cooled())
        return due

    def advance(self, now: int) -> None:
        """Do what is due until `now`."""
        state = self._state
        while (due := self.next_due) <= now:
            was, state.now = state.now, max(due, state.now)
            self._step(was)
        state.now = max(state.now, now)
        settle(state)

    def _step(self, was: int) -> None:
        state, now = self._state, self._state.now
        if self._prices.next_due <= now:
            self._prices.step(state)
        for (address, _), until in list(state.cooling.items()):
            if was < until <= now:
                state.unsettled[address] = state.desks[address]
        if self._sample <= now:
            self._sample = _next(now, state.options.sample_ms)
            sample_premiums(state)
        if self._hour <= now:
            self._hour = _next(now, HOUR_MS)
            pay_funding(state)
        self._cancel_scheduled()
        settle(state)

    def _next_cooled(self) -> int:
        now = self._state.now
        return min((until for until in self._state.cooling.values() if until > now), default=NEVER)

    def _cancel_scheduled(self) -> None:
        state = self._state
        for address, time in list(state.scheduled.items()):
            if time > state.now:
                continue
            del state.scheduled[address]
            desk = state.desks[address]
            account, day = desk.account, state.now // DAY_MS
            if account.scheduled_cancel_day != day:
                account.scheduled_cancel_day, account.scheduled_cancels_fired = day, 0
            account.scheduled_cancels_fired += 1
            account.scheduled_cancel = None
            for order in list(desk.live.values()):
                if order.live:
                    end_order(state, desk, order, "scheduledCancel")


def _next(now: int, step: int) -> int:
    return now - now % step + step
