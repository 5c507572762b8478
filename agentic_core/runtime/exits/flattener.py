"""Takes an account to flat, and says so only once two reads agree."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final

import anyio

from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.order import IntentKind
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.execution.flat_proof import FlatProof, FlatRead, left_over, take_read
from agentic_core.execution.life import Life
from agentic_core.execution.protection import is_spare
from agentic_core.ports.account_reads import RestingOrder
from agentic_core.runtime.exits.closer import Closer
from agentic_core.runtime.exits.exit_orders import ExitOrders
from agentic_core.runtime.exits.reports import CloseReport, FlattenReport
from agentic_core.runtime.together import both, together

__all__ = ["Flattener"]

_ORDERS: Final = frozenset({IntentKind.ORDER, IntentKind.STOP})
_UNREAD: Final = "the venue could not be read, so nobody knows what is left"


class Flattener:
    """One flatten of one account."""

    def __init__(
        self, orders: ExitOrders, closer: Closer, lock_of: Callable[[Symbol], anyio.Lock], *, cause: str
    ) -> None:
        """Take what it works with; the locks keep other care away from a symbol that is being closed."""
        self._orders: Final = orders
        self._closer: Final = closer
        self._lock_of: Final = lock_of
        self._cause: Final = cause
        self._closes: Final[list[CloseReport]] = []
        self._listed: tuple[RestingOrder, ...] = ()
        self._last: FlatRead | None = None
        self._cleared: frozenset[Symbol] = frozenset()

    async def run(self) -> FlattenReport:
        """Close everything, prove it, take the stops away and prove it again; act again where something was left."""
        begun_at, rules = self._orders.ports.venue_now(), self._orders.terms.rules
        proven = False
        for _ in range(rules.rounds_max):
            if not await self._read_patiently():
                break
            await self._clear()
            if await self._prove(triggers=False):
                await self._drop_triggers()
                proven = await self._prove(triggers=True)
            if proven or self._needs_human():
                break
        return FlattenReport(
            left=self._left(proven=proven),
            closes=tuple(self._closes),
            begun_at=begun_at,
            ended_at=self._orders.ports.venue_now(),
        )

    def _needs_human(self) -> bool:
        # Positions alone are left, and somebody was called for each: sending the same again would only call once more.
        last = self._last
        if last is None or last.orders or not last.positions:
            return False
        return {position.symbol for position in last.positions} <= self._paged()

    def _paged(self) -> set[Symbol]:
        return {close.symbol for close in self._closes if close.paged is not None}

    async def _read_patiently(self) -> bool:
        ends_at = self._orders.ports.venue_now() + self._orders.terms.rules.close.deadline_ms
        while await self._read(triggers=True) is None:
            if self._orders.ports.venue_now() >= ends_at:
                return False
            await self._orders.wait(self._soon())
        return True

    async def _clear(self) -> None:
        desk = self._orders.ports.orders
        read = self._last
        held = set() if read is None else {position.symbol for position in read.positions}
        living = {
            each.intent.symbol for each in desk.lives.values() if each.intent.kind in _ORDERS and not each.is_terminal
        }
        symbols = sorted(held | living | {order.symbol for order in self._listed})
        self._cleared = frozenset(symbols)
        closes = await together(partial(self._clear_symbol, symbol) for symbol in symbols)
        self._closes.extend(close for close in closes if close is not None)

    async def _clear_symbol(self, symbol: Symbol) -> CloseReport | None:
        orders, rules = self._orders, self._orders.terms.rules
        async with self._lock_of(symbol):
            await orders.withdraw([life for life in orders.lives(symbol) if is_spare(life)], f"flatten: {self._cause}")
            if unresolved := [life.cloid for life in orders.lives(symbol) if _is_unresolved(life)]:
                until = Instant(orders.ports.venue_now() + rules.burn_ms)
                await orders.ports.orders.settle(unresolved, until=until)
            resting = {life.cloid for life in orders.lives(symbol) if _rests(life) and not _is_protective(life)}
            listed = [order for order in self._listed if order.symbol == symbol and not _protects(order)]
            await self._cancel(symbol, listed, resting)
            if symbol in self._paged():
                return None
            return await self._closer.close(symbol, wanted=None, cause=self._cause)

    async def _drop_triggers(self) -> None:
        orders, rules = self._orders, self._orders.terms.rules
        listed = {symbol: [each for each in self._listed if each.symbol == symbol] for symbol in self._symbols()}
        await together(partial(self._cancel, symbol, each) for symbol, each in listed.items())
        # The venue ends reduce-only orders itself once nothing is left to reduce; that only has to be heard of.
        gone = [life.cloid for life in orders.ports.orders.lives.values() if _rests(life)]
        if gone:
            await orders.ports.orders.settle(gone, until=Instant(orders.ports.venue_now() + rules.settle_ms))

    async def _cancel(
        self, symbol: Symbol, listed: Sequence[RestingOrder], ours: Collection[ClientOrderId] = ()
    ) -> None:
        targets = sorted({*ours} | {order.cloid for order in listed if order.cloid is not None})
        numbers = sorted(order.venue_order_id for order in listed if order.cloid is None)
        if targets or numbers:
            await self._orders.cancel(symbol, targets, self._cause, numbers=numbers)

    def _symbols(self) -> list[Symbol]:
        return sorted({order.symbol for order in self._listed})

    async def _prove(self, *, triggers: bool) -> bool:
        ports, rules = self._orders.ports, self._orders.terms.rules
        begun_at = ports.venue_now()
        proof = FlatProof(not_before=begun_at)
        while not proof.is_proven:
            read = await self._read(triggers=triggers)
            proof = take_read(proof, read)
            if proof.is_proven:
                break
            waited = ports.venue_now() - begun_at
            if read is not None and any(position.symbol not in self._cleared for position in read.positions):
                return False  # no read had shown it when the others were closed
            acts = read is not None and (read.positions or read.orders or read.triggers)
            if waited >= (rules.lag_ms if acts else rules.resolve_ms):
                return False
            await ports.orders.attend()
            agrees_at = None if proof.first_at is None else Instant(proof.first_at + proof.gap_ms)
            await self._orders.wait(self._soon() if agrees_at is None else agrees_at)
        return True

    async def _read(self, *, triggers: bool) -> FlatRead | None:
        try:
            account, listed = await both(self._orders.account, self._orders.listed)
        except VenueUnavailable:
            self._last = None
            return None
        self._listed = listed.orders
        self._last = FlatRead(
            read_at=min(account.as_of, listed.read_at),
            positions=tuple(account.positions.values()),
            orders=tuple(order.venue_order_id for order in listed.orders if not _protects(order)),
            triggers=tuple(order.venue_order_id for order in listed.orders if triggers and _protects(order)),
            unresolved=tuple(life.cloid for life in self._orders.ports.orders.lives.values() if _is_unresolved(life)),
        )
        return self._last

    def _left(self, *, proven: bool) -> tuple[str, ...]:
        if proven:
            return ()
        if self._last is None:
            return (_UNREAD,)
        paged = tuple(close.paged for close in self._closes if close.paged is not None)
        return (*left_over(self._last), *paged) or ("no two reads agreed that nothing is left",)

    def _soon(self) -> Instant:
        return Instant(self._orders.ports.venue_now() + self._orders.terms.rules.retry_ms)


def _is_order(life: Life) -> bool:
    return life.intent.kind in _ORDERS and not is_spare(life)


def _is_unresolved(life: Life) -> bool:
    return _is_order(life) and life.is_unresolved


def _rests(life: Life) -> bool:
    return _is_order(life) and not life.is_terminal and not life.is_unresolved


def _is_protective(life: Life) -> bool:
    return life.intent.kind is IntentKind.STOP


def _protects(order: RestingOrder) -> bool:
    return order.trigger is not None and order.reduce_only
