"""Closes one position, whoever opened it."""

from typing import Final

from msgspec.structs import replace

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.times import Instant
from agentic_core.errors import AgenticError, Fenced, JournalBroken, StoreError, VenueUnavailable
from agentic_core.execution.close_ladder import PageHuman
from agentic_core.execution.close_pricing import CloseView
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.exits.climb import Climb
from agentic_core.runtime.exits.exit_orders import ExitOrders
from agentic_core.runtime.exits.reports import CloseReport

__all__ = ["Closer"]


class Closer:
    """Closes positions of one account."""

    def __init__(self, orders: ExitOrders) -> None:
        """Close on behalf of one account."""
        self._orders: Final = orders
        self._begun: Final[dict[Symbol, int]] = {}

    def lasts_ms(self, symbol: Symbol) -> int:
        """Return for how long the close of a symbol that is under way has lasted; 0 where none is."""
        now = self._orders.ports.clock.boottime_ms()
        return now - self._begun.get(symbol, now)

    async def close(self, symbol: Symbol, *, wanted: Size | None, cause: str) -> CloseReport:
        """Close units of a position, or all of it; it ends by itself, at the latest by calling a human.

        It needs no mark of a stream and nobody's decision, and no limit holds it back.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database does not answer.
            JournalBroken: what is sent could not be remembered.
        """
        self._begun[symbol] = self._orders.ports.clock.boottime_ms()
        try:
            report = await self._close(symbol, wanted, cause)
        except (Fenced, JournalBroken, StoreError):
            raise
        except AgenticError as exc:  # what cannot be sent for one symbol must not keep others from being closed
            report = CloseReport(symbol=symbol, held=None, paged=f"{symbol} is not closed: {exc}")
        finally:
            del self._begun[symbol]
        if report.paged is not None:
            self.call_human(symbol, report.paged)
        return report

    def call_human(self, symbol: Symbol, detail: str) -> None:
        """Say that nothing here can help a symbol, and call somebody who can."""
        self._orders.ports.say(LogEvent.HUMAN_NEEDED, detail, level=LogLevel.ERROR, symbol=symbol)
        self._orders.ports.page(detail)

    async def _close(self, symbol: Symbol, wanted: Size | None, cause: str) -> CloseReport:
        rules, ports = self._orders.terms.rules.close, self._orders.ports
        ends_at, orders_left = Instant(ports.venue_now() + rules.deadline_ms), rules.orders_max
        closed = Size(ZERO)
        while (view := await self._read(symbol, ends_at)) is not None:
            left = None if wanted is None else Size(wanted - closed)
            if not view.held or (left is not None and left <= ZERO):
                return CloseReport(symbol=symbol, closed=closed, held=view.held)
            what_is_left = replace(rules, deadline_ms=max(0, ends_at - view.read_at), orders_max=orders_left)
            climb = Climb(self._orders, view, wanted=left, cause=cause, rules=what_is_left)
            end = await climb.run()
            closed, orders_left = Size(closed + climb.ladder.closed), orders_left - climb.ladder.orders
            if isinstance(end, PageHuman):
                detail = f"{symbol} is not closed: {end.detail}"
                return CloseReport(symbol=symbol, closed=closed, held=climb.held, paged=detail)
            held = await self._held(symbol)
            if wanted is not None or held == ZERO:
                return CloseReport(symbol=symbol, closed=closed, held=held)
            # What the orders tell is not seen yet, or somebody else has traded meanwhile.
            await self._orders.wait()
        detail = f"{symbol} is not closed: it could not be read for {rules.deadline_ms} ms"
        return CloseReport(symbol=symbol, closed=closed, held=None, paged=detail)

    async def _read(self, symbol: Symbol, ends_at: Instant) -> CloseView | None:
        began_at = self._orders.ports.venue_now()
        while self._orders.ports.venue_now() < ends_at:
            view = await self._orders.view(symbol)
            if view is not None and self._is_usable(view, began_at):
                return view
            await self._orders.wait()
        return None

    def _is_usable(self, view: CloseView, began_at: Instant) -> bool:
        # An order may be priced off what is a moment old; that there is nothing to close has to be seen now.
        age_max = self._orders.terms.rules.close.view_age_ms_max if view.held else 0
        return view.read_at >= began_at - age_max

    async def _held(self, symbol: Symbol) -> Size | None:
        try:
            return (await self._orders.account()).position(symbol).size
        except VenueUnavailable:
            return None
