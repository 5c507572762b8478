"""Reads the whole account every few minutes and compares it with what we believe; a newer reading wins."""

from collections.abc import Awaitable, Callable
from typing import Final, NoReturn

import msgspec

from agentic_core.domain.account import AccountSnapshot, AccountView
from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.money import ZERO, Size, plain
from agentic_core.domain.order import IntentState
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.execution.attribution import Owner
from agentic_core.execution.drift import (
    Aligned,
    Believed,
    Drift,
    Drifted,
    Observed,
    find_drift,
    newest_times,
    persisting,
    sizes_of,
    under_way,
)
from agentic_core.execution.evidence import OrderSeen, OrderStatus
from agentic_core.execution.life import Life
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.account_reads import AccountReads, OrdersRead, RestingOrder
from agentic_core.ports.clock import Clock
from agentic_core.runtime.watch.account_watch import AccountWatch
from agentic_core.runtime.watch.watched import Watched

__all__ = ["DriftGuard", "GuardRules", "Reconciled"]


_CHECKS_AT_START: Final = 3


class GuardRules(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How often the guard looks, in milliseconds."""

    every_ms: int = 300_000
    again_ms: int = 30_000
    """After a look that failed, found a difference, or could not judge one."""
    confirm_ms: int = 5_000
    """How far apart the two looks are that have to agree on a difference: lists lag behind positions."""
    overlap_ms: int = 600_000
    """How much of what was read before is read again: fills are listed late."""


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found."""

    drift: Drift
    account: AccountSnapshot
    clock_offset_ms: int
    """How far the venue's clock is ahead of ours, to within half of the time a question takes."""


class _Look(msgspec.Struct, frozen=True, kw_only=True):
    drift: Drift
    account: AccountSnapshot
    offset_ms: int
    booked: dict[Symbol, Size]


class DriftGuard:
    """Compares positions with the fold of the ledger, and our orders with the venue's list of what rests."""

    def __init__(
        self,
        watch: AccountWatch,
        account: Callable[[], Awaitable[AccountView]],
        reads: AccountReads,
        clock: Clock,
        rules: GuardRules | None = None,
    ) -> None:
        """Guard the account of a watch.

        Args:
            watch: takes in what is found missing, and has heard what the venue told by itself.
            account: the account as the venue sees it now.
            reads: the venue's other answers.
            clock: ours.
            rules: how often to look.
        """
        self._watch: Final = watch
        self._watched: Final[Watched] = watch.watched
        self._account: Final = account
        self._reads: Final = reads
        self._clock: Final = clock
        self._rules: Final = rules or GuardRules()
        self._adopted: Final[dict[Symbol, Size]] = {}
        self._complete_until: Instant | None = None
        self._is_drifted = False

    @property
    def is_drifted(self) -> bool:
        """Whether the newest check found a difference that counts; the one after it lifts that, or finds it again."""
        return self._is_drifted

    async def run(self) -> NoReturn:
        """Check for ever, a while after each check; one at boot is the caller's.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        wait = self._rules.every_ms
        while True:
            await self._clock.sleep(wait / 1_000)
            try:
                found = await self.check()
            except VenueUnavailable as exc:
                message = (
                    f"the account could not be read: {exc}; it is tried again in {self._rules.again_ms // 1_000} s"
                )
                self._watched.say(LogEvent.RECONCILE_FAILED, message, level=LogLevel.WARN)
                wait = self._rules.again_ms
            else:
                is_settled = isinstance(found.drift, Aligned) and not found.drift.open
                wait = self._rules.every_ms if is_settled else self._rules.again_ms

    async def check_at_start(self) -> Reconciled:
        """Check as `check` does, and again where something under way kept a difference from being judged.

        Raises:
            VenueUnavailable: something could not be read; nothing is believed.
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        found = await self.check()
        for _ in range(_CHECKS_AT_START - 1):
            if isinstance(found.drift, Drifted) or not found.drift.open:
                break
            await self._clock.sleep(self._rules.confirm_ms / 1_000)
            found = await self.check()
        return found

    async def check(self) -> Reconciled:
        """Read everything, book what is missing, say each field that differs, believe what was read.

        Raises:
            VenueUnavailable: something could not be read; nothing is believed.
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        look = await self._look()
        drift = look.drift
        if isinstance(drift, Drifted):
            await self._clock.sleep(self._rules.confirm_ms / 1_000)
            look = await self._look()
            drift = persisting(drift, look.drift)
        self._is_drifted = isinstance(drift, Drifted)
        if isinstance(drift, Drifted):
            self._adopt(drift, look)
        self._say_reconciled(drift, look)
        return Reconciled(drift=drift, account=look.account, clock_offset_ms=look.offset_ms)

    async def _look(self) -> _Look:
        await self._watch.drain()
        before = dict(self._watched.orders.lives)
        offset_ms = await self._read_clock()
        account = AccountSnapshot.of(await self._account())
        orders = await self._reads.orders()
        fills = await self._take_fills()
        await self._take_orders(orders)
        await self._watch.drain()
        booked = sizes_of(fills)
        drift = find_drift(
            self._believed(before, fills, booked),
            Observed(as_of=account.as_of, positions=account.positions, orders=orders),
        )
        self._ask_about(drift)
        return _Look(drift=drift, account=account, offset_ms=offset_ms, booked=booked)

    async def _read_clock(self) -> int:
        asked_at = self._clock.boottime_ms()
        venue_now = await self._reads.now()
        half = (self._clock.boottime_ms() - asked_at) // 2
        return venue_now + half - self._clock.now()

    async def _take_fills(self) -> tuple[Fill, ...]:
        # What is missing is booked before anything is compared.
        store, key = self._watched.store, self._watched.fence.account
        if self._complete_until is None:
            known = await store.fills(key)
            self._complete_until = max((fill.time for fill in known), default=self._watched.since)
        read = await self._reads.fills(Instant(max(0, self._complete_until - self._rules.overlap_ms)))
        await self._watch.intake.take(read.fills)
        self._complete_until = read.searched.read_at
        return await store.fills(key)

    async def _take_orders(self, read: OrdersRead) -> None:
        for order in read.orders:
            owner = await self._watch.writers.owner(order.cloid, _said(order))
            if owner is Owner.OURS and order.cloid is not None and not self._rests(order.cloid):
                seen = OrderSeen(status=OrderStatus.RESTING, seen_at=read.read_at)
                await self._watched.orders.learn(order.cloid, seen)

    def _rests(self, cloid: ClientOrderId) -> bool:
        life = self._watched.orders.lives.get(cloid)
        return life is not None and life.state is IntentState.RESTING

    def _believed(
        self, before: dict[ClientOrderId, Life], fills: tuple[Fill, ...], booked: dict[Symbol, Size]
    ) -> Believed:
        after = dict(self._watched.orders.lives)
        steady = {cloid: life for cloid, life in after.items() if before.get(cloid) == life}
        changed = [life for cloid, life in after.items() if cloid not in steady]
        moving = under_way([*before.values(), *after.values()]) | {life.intent.symbol for life in changed}
        sizes = {symbol: self._held(symbol, booked) for symbol in {*booked, *self._adopted}}
        return Believed(sizes=sizes, lives=steady, moving=moving, applied_at=self._applied_at(fills))

    def _held(self, symbol: Symbol, booked: dict[Symbol, Size]) -> Size:
        return Size(booked.get(symbol, ZERO) + self._adopted.get(symbol, ZERO))

    def _applied_at(self, fills: tuple[Fill, ...]) -> dict[Symbol, Instant]:
        applied = newest_times(fills)
        for symbol in {*applied, *self._watch.symbols_heard}:
            heard_at = self._watch.heard_at(symbol)
            if heard_at is not None:
                applied[symbol] = max(heard_at, applied.get(symbol, heard_at))
        return applied

    def _ask_about(self, drift: Drift) -> None:
        # Absence from a list proves nothing of an order; the desk knows what does.
        for each in (*(drift.fields if isinstance(drift, Drifted) else ()), *drift.open):
            if each.cloid is not None:
                self._watched.orders.look(each.cloid)

    def _adopt(self, drift: Drifted, look: _Look) -> None:
        # The venue is right about its positions; the ledger keeps to the executions that it can name.
        for each in drift.fields:
            self._watched.say(
                LogEvent.STATE_DRIFT,
                f"{each.field} was believed to be {each.believed}, the venue shows {each.observed}",
                level=LogLevel.WARN,
                field=each.field,
                believed=each.believed,
                observed=each.observed,
            )
            if each.cloid is None:
                shown = look.account.position(each.symbol).size
                self._adopted[each.symbol] = Size(shown - look.booked.get(each.symbol, ZERO))

    def _say_reconciled(self, drift: Drift, look: _Look) -> None:
        account = look.account
        differing = len(drift.fields) if isinstance(drift, Drifted) else 0
        held = ", ".join(f"{plain(each.size)} {each.symbol}" for each in account.positions.values())
        count = f"positions={len(account.positions)}" + (f" ({held})" if held else "")
        self._watched.say(
            LogEvent.RECONCILED,
            f"{count}, equity={plain(account.equity)} USD; {differing} field(s) differed",
            positions=len(account.positions),
            equity_usd=plain(account.equity),
            drifted=differing,
            undecided=len(drift.open),
            clock_offset_ms=look.offset_ms,
        )


def _said(order: RestingOrder) -> str:
    return f"a resting order to {order.side} {plain(order.size)} {order.symbol}"
