"""The one gate every order passes on its way to a broker.

The tick has already asked the risk engine; the gate looks again at what may have changed since: whether trading is
still allowed and whether the mark is still young. Orders that only reduce a position always pass.
"""

from collections.abc import Callable

from agentic_core.domain.decision import Denied, Number
from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Mark
from agentic_core.domain.order import PreparedIntent, SendOutcome
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import TradingState
from agentic_core.execution import Stale, check_mark
from agentic_core.ports.broker import Broker

__all__ = ["GuardedBroker"]


class GuardedBroker:
    """A broker behind its gate; nothing else may call a broker's `send`."""

    def __init__(
        self,
        broker: Broker,
        *,
        state: Callable[[], TradingState],
        now: Callable[[], Instant],
        mark: Callable[[Symbol], Mark | None],
        mark_age_ms_max: int,
    ) -> None:
        """Put a gate before a broker.

        Args:
            broker: what executes.
            state: what may be traded at this moment.
            now: the venue's time.
            mark: the newest mark of a symbol.
            mark_age_ms_max: how old a mark may be for an open.
        """
        self.broker = broker
        self._state = state
        self._now = now
        self._mark = mark
        self._mark_age_ms_max = mark_age_ms_max

    async def submit(self, prepared: PreparedIntent) -> SendOutcome | Denied:
        """Send a durable intent, or deny it if trading or its mark has changed since it was approved."""
        if not prepared.intent.reduce_only:
            denied = self._deny(prepared)
            if denied is not None:
                return denied
        return await self.broker.send(prepared)

    def _deny(self, prepared: PreparedIntent) -> Denied | None:
        state = self._state()
        if state is not TradingState.ACTIVE:
            detail = f"trading became {state} between approval and sending"
            return Denied(rule=f"R3_{state.name}", detail=detail, numbers={})
        symbol = prepared.intent.symbol
        fresh = check_mark(self._mark(symbol), self._now(), self._mark_age_ms_max)
        if isinstance(fresh, Stale):
            rule = "R4_NO_MARK" if fresh.age_ms is None else "R4_STALE_MARK"
            numbers: dict[str, Number] = {"age_ms": fresh.age_ms, "age_ms_max": self._mark_age_ms_max}
            return Denied(rule=rule, detail=fresh.detail, numbers=numbers)
        return None
