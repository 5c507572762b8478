"""One climb of the close ladder, with orders and reads of its own."""

from typing import Final, assert_never

from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.execution.close_ladder import (
    AwaitOutcome,
    Closed,
    CloseLadder,
    CloseRules,
    LookAgain,
    PageHuman,
    PlaceClose,
    RecallOrder,
    next_close_step,
    placed,
    take_close_outcome,
)
from agentic_core.execution.close_outcomes import close_outcome
from agentic_core.execution.close_pricing import CloseView
from agentic_core.runtime.exits.exit_orders import ExitOrders, reason_of

__all__ = ["Climb"]


class Climb:
    """Drives one ladder from its first order to its end."""

    def __init__(
        self, orders: ExitOrders, view: CloseView, *, wanted: Size | None, cause: str, rules: CloseRules
    ) -> None:
        """Begin at a view of the position; `wanted` of None is all of it."""
        self._orders: Final = orders
        self._symbol: Final = view.instrument.symbol
        self._cause: Final = cause
        self._view: CloseView | None = view
        self._reason = ""
        self.held: Size = view.held
        """Signed units when it was looked at last."""
        self.ladder = CloseLadder(
            side=Side.SELL if view.held > ZERO else Side.BUY,
            wanted=wanted,
            collar_bps=orders.terms.limits(self._symbol).collar_bps,
            begun_at=Instant(min(view.read_at, orders.ports.venue_now())),
            rules=rules,
        )

    async def run(self) -> Closed | PageHuman:
        """Climb until it ends, which it does by itself."""
        end = await self._climb()
        if isinstance(end, PageHuman) and end.live is not None:
            await self._recall(end.live)
        return end

    async def _climb(self) -> Closed | PageHuman:
        while True:
            step = next_close_step(self.ladder, self._view, self._orders.ports.venue_now())
            match step:
                case Closed() | PageHuman():
                    return step
                case LookAgain(at=at):
                    await self._look_again(at)
                case PlaceClose():
                    await self._place(step)
                case AwaitOutcome(cloid=cloid, until=until):
                    await self._follow(cloid, until)
                case RecallOrder(cloid=cloid):
                    await self._recall(cloid)
                case _:
                    assert_never(step)

    async def _look_again(self, at: Instant) -> None:
        if self._view is not None or at > self._orders.ports.venue_now():
            await self._orders.wait(at)
        view = await self._orders.view(self._symbol)
        if view is None:
            await self._orders.wait()
            return
        self._view, self.held = view, view.held

    async def _place(self, step: PlaceClose) -> None:
        ports = self._orders.ports
        prepared = await self._orders.write_close(self._symbol, step, self._cause)
        cloid = prepared.intent.cloid
        self.ladder = placed(self.ladder, step, cloid, ports.venue_now())
        self._reason = reason_of(await ports.orders.submit(prepared))
        self._view = None
        self._take(cloid)

    async def _follow(self, cloid: ClientOrderId, until: Instant) -> None:
        # One of which nobody knows may turn out to rest, which is no end: the ladder has to hear of it.
        soon = Instant(self._orders.ports.venue_now() + self._orders.terms.rules.retry_ms)
        await self._orders.ports.orders.settle((cloid,), until=min(until, soon))
        await self._go_on(cloid)

    async def _recall(self, cloid: ClientOrderId) -> None:
        await self._orders.cancel(self._symbol, (cloid,), self._cause)
        await self._go_on(cloid)

    async def _go_on(self, cloid: ClientOrderId) -> None:
        before = self.ladder.live
        self._take(cloid)
        if self.ladder.live == before:
            await self._orders.wait()

    def _take(self, cloid: ClientOrderId) -> None:
        ports = self._orders.ports
        life = ports.orders.lives[cloid]
        outcome = close_outcome(life, self._reason)
        self.ladder = take_close_outcome(self.ladder, cloid, outcome, life.filled, ports.venue_now())
