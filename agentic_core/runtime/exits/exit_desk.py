"""The exits of one account: stops that rest for every position, closes, and the way to flat."""

from functools import partial
from typing import Final

import anyio

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Size
from agentic_core.errors import AgenticError, Fenced, JournalBroken, StoreError, VenueUnavailable
from agentic_core.execution.protection import FlattenReason
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.exits.closer import Closer
from agentic_core.runtime.exits.exit_orders import ExitOrders
from agentic_core.runtime.exits.flattener import Flattener
from agentic_core.runtime.exits.reports import CloseReport, FlattenReport
from agentic_core.runtime.exits.stop_keeper import StopKeeper
from agentic_core.runtime.exits.terms import ExitPorts, ExitTerms
from agentic_core.runtime.together import both, first_of, together

__all__ = ["ExitDesk"]

_MS_PER_S: Final = 1_000


class ExitDesk:
    """Gets an account out of its positions; nothing here asks a model, a budget or a limit.

    Every method may run beside any other: a symbol is in one hand at a time. Where the lease is lost, the database
    does not answer or the copy of the journal fails, `Fenced`, `StoreError` and `JournalBroken` pass through once the
    care for the other symbols has ended; a venue that does not answer is asked again.
    """

    def __init__(self, ports: ExitPorts, terms: ExitTerms) -> None:
        """Open the desk, with the clock of every position's time without a stop at zero."""
        self._orders: Final = ExitOrders(ports, terms)
        self._keeper: Final = StopKeeper(self._orders)
        self._closer: Final = Closer(self._orders)
        self._locks: Final[dict[Symbol, anyio.Lock]] = {}
        self._covering: Final[set[Symbol]] = set()
        self._flattening: Final = anyio.Lock()
        self._woken = anyio.Event()

    @property
    def ports(self) -> ExitPorts:
        """What stands behind it."""
        return self._orders.ports

    @property
    def terms(self) -> ExitTerms:
        """What it keeps to."""
        return self._orders.terms

    async def look(self) -> int:
        """Do what has to be done about the stops now, and return when to look again at the latest, by boot time.

        It lasts as long as the longest close it begins. Look again meanwhile: symbols in another hand are passed over.
        """
        rules = self._orders.terms.rules
        if not self._orders.terms.rests_stops:
            return self._now() + rules.rest_ms
        try:
            await self._orders.account()
        except VenueUnavailable:
            if self._orders.seen is None:
                return self._now() + rules.retry_ms
        # Where the account cannot be read, what was read before still holds: time without a stop goes on.
        held = () if self._orders.seen is None else self._orders.seen.positions
        if self._flattening.locked():
            await together([partial(self._cover, symbol) for symbol in sorted(held)])
            return self._now() + rules.retry_ms
        symbols = sorted(self._keeper.symbols().union(held))
        _, again = await both(
            self._keeper.verify, partial(together, [partial(self._care, symbol) for symbol in symbols])
        )
        return min(again, default=self._now() + rules.rest_ms)

    async def close(self, symbol: Symbol, *, wanted: Size | None = None, cause: str) -> CloseReport:
        """Close units of a position, or all of it; waits for other care of the symbol to end first."""
        async with self._lock_of(symbol):
            return await self._close(symbol, wanted, cause)

    async def flatten(self, cause: str) -> FlattenReport:
        """Take the account to flat, whoever opened what it holds; trading has to be held back before.

        Nothing is called flat that two reads some time apart have not shown to be, orders and triggers included.
        """
        ports = self._orders.ports
        async with self._flattening:
            ports.say(LogEvent.FLATTEN_STARTED, f"the account is taken to flat: {cause}", cause=cause)
            report = await Flattener(self._orders, self._closer, self._lock_of, cause=cause).run()
        for close in report.closes:
            self._keeper.closed(close.symbol)
            if close.paged is not None:
                self._keeper.leave(close.symbol)
        if report.is_flat:
            ports.say(LogEvent.FLATTENED, f"flat, by two reads that agree: {cause}", cause=cause)
        else:
            left = "; ".join(report.left)
            ports.say(LogEvent.HUMAN_NEEDED, f"not flat: {left}", level=LogLevel.ERROR, cause=cause)
            ports.page(f"the account is not flat ({cause}): {left}")
        return report

    def wake(self) -> None:
        """Let `run` look at once: something was filled, or a stop ended."""
        self._woken.set()

    async def run(self) -> None:
        """Look every second and whenever woken, also while a close is under way, until cancelled.

        Raises:
            AgenticError: of the look that failed, as it was.
        """
        failures: list[AgenticError] = []
        async with anyio.create_task_group() as tasks:

            async def look() -> None:
                try:
                    await self.look()
                except AgenticError as exc:
                    failures.append(exc)
                    tasks.cancel_scope.cancel()

            while True:
                tasks.start_soon(look)
                await self._pause()
        raise failures[0]

    async def _pause(self) -> None:
        clock, rules = self._orders.ports.clock, self._orders.terms.rules
        await first_of(partial(clock.sleep, rules.retry_ms / _MS_PER_S), self._woken.wait)
        if self._woken.is_set():
            self._woken = anyio.Event()

    async def _care(self, symbol: Symbol) -> int:
        lock, account = self._lock_of(symbol), self._orders.seen
        soon = self._now() + self._orders.terms.rules.retry_ms
        if account is None:
            return soon
        if lock.locked():
            await self._cover(symbol)
            return soon
        async with lock:
            try:
                care = await self._keeper.care(symbol, account)
            except VenueUnavailable:
                return soon
            except (Fenced, JournalBroken, StoreError):
                raise
            except AgenticError as exc:  # what is wrong with one symbol must not end the care for the others
                self._closer.call_human(symbol, f"the stops of {symbol} cannot be kept: {exc}")
                return self._now() + self._orders.terms.rules.again_ms
            if care.flatten is not None:
                await self._flatten_symbol(symbol, care.flatten, care.detail)
            return care.again_at

    async def _cover(self, symbol: Symbol) -> None:
        # An order whose fate is not known holds a close up for its whole time to live; the position need not be bare.
        account = self._orders.seen
        if (
            self._closer.lasts_ms(symbol) < self._orders.terms.rules.cover_ms
            or symbol in self._covering
            or account is None
        ):
            return
        self._covering.add(symbol)
        try:
            await self._keeper.cover(symbol, account)
        except VenueUnavailable:
            pass
        finally:
            self._covering.discard(symbol)

    async def _flatten_symbol(self, symbol: Symbol, reason: FlattenReason, detail: str) -> None:
        say = self._orders.ports.say
        if reason is FlattenReason.NAKED:
            say(LogEvent.POSITION_NAKED, detail, level=LogLevel.ERROR, symbol=symbol)
        say(LogEvent.FLATTEN_STARTED, detail, level=LogLevel.WARN, symbol=symbol, cause=reason.value)
        report = await self._close(symbol, None, reason.value)
        if report.is_flat:
            say(LogEvent.FLATTENED, report.detail, level=LogLevel.WARN, symbol=symbol, cause=reason.value)

    async def _close(self, symbol: Symbol, wanted: Size | None, cause: str) -> CloseReport:
        report = await self._closer.close(symbol, wanted=wanted, cause=cause)
        if report.is_flat:
            self._keeper.closed(symbol)
        if report.paged is not None:
            self._keeper.leave(symbol)
        return report

    def _lock_of(self, symbol: Symbol) -> anyio.Lock:
        return self._locks.setdefault(symbol, anyio.Lock())

    def _now(self) -> int:
        return self._orders.ports.clock.boottime_ms()
