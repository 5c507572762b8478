"""Writes down and sends the orders of exits, each under a decision of its own, and reads what they are priced by."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

import msgspec

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.decision import Denied, PlannedOrder
from agentic_core.domain.ids import ClientOrderId, Symbol, TickId, client_order_id
from agentic_core.domain.money import ZERO, Price, Size, Usd
from agentic_core.domain.order import IntentKind, OrderIntent, PreparedIntent, Rejected, SendOutcome, TimeInForce
from agentic_core.domain.position import Position
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.execution.close_ladder import PlaceClose
from agentic_core.execution.close_pricing import CloseView
from agentic_core.execution.life import Life
from agentic_core.execution.stop_pricing import ProtectiveStop
from agentic_core.ports.account_reads import FreshPrice, OrdersRead
from agentic_core.runtime.exits.terms import ExitPorts, ExitTerms, ExitTurn
from agentic_core.runtime.together import both, first_of, together

__all__ = ["ExitOrders", "reason_of"]

_T = TypeVar("_T")

_MS_PER_S: Final = 1_000
_UNNAMED: Final = ClientOrderId("")


def reason_of(outcome: SendOutcome | Denied) -> str:
    """Return why an order was refused, in the venue's words or in ours; empty where it was not."""
    match outcome:
        case Rejected(reason=reason):
            return reason
        case Denied(rule=rule, detail=detail):
            return f"{rule}: {detail}"
        case _:
            return ""


class ExitOrders:
    """The orders of exits, and their own reads."""

    def __init__(self, ports: ExitPorts, terms: ExitTerms) -> None:
        """Write on behalf of one account."""
        self.ports: Final = ports
        self.terms: Final = terms
        self.seen: AccountSnapshot | None = None
        """The account as it was read last."""
        self._prices: Final[dict[Symbol, FreshPrice]] = {}
        self._turns = 0
        # Each question has its own: one that is answered at once says nothing of one that costs ten times as much.
        self._patience_ms: Final[dict[str, int]] = {}

    def lives(self, symbol: Symbol) -> tuple[Life, ...]:
        """Return what is known of the orders of a symbol."""
        return tuple(life for life in self.ports.orders.lives.values() if life.intent.symbol == symbol)

    async def account(self) -> AccountSnapshot:
        """Read the account.

        Raises:
            VenueUnavailable: the venue does not answer.
        """
        account = AccountSnapshot.of(await self._answered("account", self.ports.account))
        if self.seen is None or account.as_of >= self.seen.as_of:
            self.seen = account
        return account

    async def listed(self) -> OrdersRead:
        """Read the orders that rest.

        Raises:
            VenueUnavailable: the venue does not answer.
        """
        return await self._answered("orders", self.ports.reads.orders)

    async def view(self, symbol: Symbol) -> CloseView | None:
        """Read what a close is priced and sized by; None where the venue does not answer.

        Where one half gets no answer, what was read of it last takes its place: the view is then as old as that.
        """
        await both(self._renew_account, partial(self._renew_price, symbol))
        account, price = self.seen, self._prices.get(symbol)
        if account is None or price is None:
            return None
        return CloseView(
            instrument=self.terms.instrument(symbol),
            read_at=min(account.as_of, price.read_at),
            mark=price.mark,
            bid=price.bid,
            ask=price.ask,
            held=account.position(symbol).size,
        )

    async def wait(self, until: Instant | None = None) -> None:
        """Wait until an instant of venue time, but for a moment at least; None is that moment alone."""
        left = 0 if until is None else until - self.ports.venue_now()
        await self.ports.clock.sleep(max(left, self.terms.rules.poll_ms) / _MS_PER_S)

    async def write_close(self, symbol: Symbol, step: PlaceClose, cause: str) -> PreparedIntent:
        """Write a closing order down."""
        intent = OrderIntent(
            cloid=_UNNAMED,
            symbol=symbol,
            side=step.side,
            size=step.size,
            limit_price=step.limit_price,
            reduce_only=True,
            time_in_force=step.time_in_force,
            attempt=step.attempt,
        )
        plan = (PlannedOrder(symbol, step.side, step.size, reduce_only=True, limit_price=step.limit_price),)
        return (await self._write(cause, (intent,), plan))[0]

    async def write_stop(self, position: Position, stop: ProtectiveStop, cause: str) -> PreparedIntent:
        """Write a protective stop down; what is returned can be submitted."""
        intent = OrderIntent(
            cloid=_UNNAMED,
            symbol=position.symbol,
            side=stop.side,
            size=Size(abs(position.size)),
            limit_price=stop.limit_price,
            reduce_only=True,
            time_in_force=TimeInForce.GTC,
            kind=IntentKind.STOP,
            trigger=stop.trigger,
        )
        (prepared,) = await self._write(cause, (intent,))
        return await self.armed(prepared)

    async def armed(self, stop: PreparedIntent) -> PreparedIntent:
        """Return a stop as it can be submitted: with its nonce where anything is signed.

        Raises:
            Conflict: it has one, or was sent or withdrawn before.
        """
        return await self.ports.orders.assign(stop) if self.ports.orders.signs else stop

    async def withdraw(self, spares: Iterable[Life], cause: str) -> None:
        """Give up stops that were prepared with an entry and never sent."""
        await together(partial(self.ports.orders.withdraw, life.prepared, cause) for life in spares)

    async def cancel(
        self, symbol: Symbol, targets: Sequence[ClientOrderId], cause: str, *, numbers: Sequence[str] = ()
    ) -> None:
        """Cancel orders of a symbol, but those whose cancel is under way, and wait a while for how they end.

        Args:
            symbol: what they trade.
            targets: those with a client order id.
            cause: why.
            numbers: the venue's numbers of those without one, which somebody else placed.
        """
        known = self.ports.orders.lives
        leaving = [life.intent for life in known.values() if _is_cancel(life) and life.is_unresolved]
        named, numbered = {intent.target for intent in leaving}, {intent.target_order for intent in leaving}
        intents = [
            *(_cancel(symbol, target=target) for target in targets if target not in named),
            *(_cancel(symbol, number=number) for number in numbers if number not in numbered),
        ]
        if intents:
            await self._send_all(await self._write(cause, intents))
        await self._follow([target for target in targets if target in known])

    async def _renew_account(self) -> None:
        with suppress(VenueUnavailable):
            await self.account()

    async def _renew_price(self, symbol: Symbol) -> None:
        with suppress(VenueUnavailable):
            self._prices[symbol] = await self._answered(f"price of {symbol}", partial(self.ports.prices.fresh, symbol))

    async def _answered(self, what: str, ask: Callable[[], Awaitable[_T]]) -> _T:
        # A read that got lost is asked again long before it would fail by itself: somebody waits to get out.
        answers: list[_T] = []
        rules, asked_at = self.terms.rules, self.ports.clock.boottime_ms()
        waited_ms = self._patience_ms.get(what, rules.read_ms)

        async def read() -> None:
            answers.append(await ask())

        await first_of(read, partial(self.ports.clock.sleep, waited_ms / _MS_PER_S))
        if not answers:
            self._patience_ms[what] = min(2 * waited_ms, rules.read_ms_max)
            message = f"the venue did not tell the {what} within {waited_ms} ms; it is asked again"
            raise VenueUnavailable(message)
        if 2 * (self.ports.clock.boottime_ms() - asked_at) < rules.read_ms:
            # One that came late says that the next may be later still: proofs need two answers in a row.
            self._patience_ms.pop(what, None)
        return answers[0]

    async def _follow(self, cloids: Sequence[ClientOrderId]) -> None:
        if cloids:
            until = Instant(self.ports.venue_now() + self.terms.rules.settle_ms)
            await self.ports.orders.settle(cloids, until=until)

    async def _send_all(self, written: Iterable[PreparedIntent]) -> None:
        await together(partial(self.ports.orders.submit, each) for each in written)

    async def _write(
        self, cause: str, intents: Sequence[OrderIntent], plan: tuple[PlannedOrder, ...] = ()
    ) -> tuple[PreparedIntent, ...]:
        terms, mark = self.terms, self.ports.venue_now()
        self._turns += 1
        name = f"exit:{cause}:{terms.fence.epoch}:{self._turns}"
        tick = TickId(deployment=terms.deployment, mark=mark, cause=name)
        equity = Usd(ZERO) if self.seen is None else self.seen.equity
        decision = self.ports.decide(ExitTurn(tick=tick, cause=f"exit:{cause}", plan=plan, equity=equity))
        account, digest = terms.fence.account, tick.digest()
        named = [
            msgspec.structs.replace(
                each, cloid=client_order_id(account, digest, leg=leg, attempt=each.attempt), leg=leg
            )
            for leg, each in enumerate(intents)
        ]
        return await self.ports.orders.prepare(decision, named)


def _is_cancel(life: Life) -> bool:
    return life.intent.kind is IntentKind.CANCEL


def _cancel(symbol: Symbol, *, target: ClientOrderId | None = None, number: str | None = None) -> OrderIntent:
    return OrderIntent(
        cloid=_UNNAMED,
        symbol=symbol,
        side=Side.BUY,
        size=Size(ZERO),
        limit_price=Price(ZERO),
        reduce_only=True,
        kind=IntentKind.CANCEL,
        target=target,
        target_order=number,
    )
