"""Takes in what the venue tells of an account by itself, in the order in which it is told."""

from collections import deque
from typing import Final, TypeVar, assert_never

import anyio
import msgspec

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.account_events import (
    AccountEvent,
    AccountTold,
    FillTold,
    FundingTold,
    LeverageTold,
    LiquidationTold,
    ModeTold,
    OrderTold,
    StreamTold,
    ToldStatus,
    TransferTold,
)
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import plain
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import HaltReason
from agentic_core.execution.attribution import evidence_told
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.watch.intake import FillIntake
from agentic_core.runtime.watch.money_intake import KeepTransfers, MoneyIntake, TransferBook
from agentic_core.runtime.watch.settings_watch import AccountSettings, SettingsWatch
from agentic_core.runtime.watch.watched import Watched
from agentic_core.runtime.watch.writers import Writers

__all__ = ["AccountWatch", "WatchTerms"]

_Event = TypeVar("_Event", bound=AccountEvent)

_ALIVE: Final = frozenset({ToldStatus.OPEN, ToldStatus.TRIGGERED})


class WatchTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What an account watch begins with."""

    settings: AccountSettings
    accounted_until: Instant
    """Notices of liquidation up to then were taken in by an earlier run, and transfers are in the book."""
    keep_transfers: KeepTransfers | None = None
    """Records transfers together with the book that they move; the book then holds what the ledger does."""


class AccountWatch:
    """Queues what it hears, and takes it in whenever somebody lets it; everything is safe to hear twice."""

    def __init__(self, watched: Watched, book: TransferBook, terms: WatchTerms) -> None:
        """Watch one account."""
        self.writers: Final = Writers(watched)
        self.intake: Final = FillIntake(watched, self.writers)
        self.watched: Final = watched
        self._money: Final = MoneyIntake(watched, book, counted_until=terms.accounted_until, keep=terms.keep_transfers)
        self._terms: Final = terms
        self._settings: Final = SettingsWatch(watched, terms.settings)
        self._queue: Final[deque[AccountEvent]] = deque()
        self._arrival = anyio.Event()
        self._turn: Final = anyio.Lock()
        self._liquidations: Final[set[str]] = set()
        self._heard_at: Final[dict[Symbol, Instant]] = {}
        self._account: AccountSnapshot | None = None
        self._is_whole: bool | None = None

    @property
    def account(self) -> AccountSnapshot | None:
        """The newest account that was told; None before the first."""
        return self._account

    @property
    def is_whole(self) -> bool:
        """Whether everything that happens is told; False before the first word."""
        return self._is_whole is True

    @property
    def symbols_heard(self) -> tuple[Symbol, ...]:
        """Symbols of which anything was heard."""
        return tuple(self._heard_at)

    def heard_at(self, symbol: Symbol) -> Instant | None:
        """Return the venue time of the newest thing heard of a symbol's orders and executions."""
        return self._heard_at.get(symbol)

    def heard(self, event: AccountEvent) -> None:
        """Queue an event; it never waits and nothing is dropped."""
        match event:
            case FillTold(fill=fill):
                self._hear(fill.symbol, fill.time)
            case OrderTold():
                self._hear(event.symbol, event.at)
            case _:
                pass
        self._queue.append(event)
        self._arrival.set()

    async def run(self) -> None:
        """Take in what is heard, for ever.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused; the event stays in the queue.
        """
        while True:
            await self._arrival.wait()
            self._arrival = anyio.Event()
            await self.drain()

    async def drain(self) -> None:
        """Take in what was heard until now; raises as `run` does."""
        async with self._turn:
            while self._queue:
                await self._take_next()

    def _hear(self, symbol: Symbol, at: Instant) -> None:
        self._heard_at[symbol] = max(at, self._heard_at.get(symbol, at))

    async def _take_next(self) -> None:
        # What the ledger takes goes in together where it follows each other; nothing leaves the queue before.
        first, taken = self._queue[0], 1
        match first:
            case FillTold():
                fills = self._next_ones(FillTold)
                await self.intake.take(told.fill for told in fills)
                taken = len(fills)
            case FundingTold():
                payments = self._next_ones(FundingTold)
                await self._money.take_funding(told.payment for told in payments)
                taken = len(payments)
            case TransferTold():
                transfers = self._next_ones(TransferTold)
                await self._money.take_transfers(told.transfer for told in transfers)
                taken = len(transfers)
            case _:
                await self._take(first)
        for _ in range(taken):
            self._queue.popleft()

    def _next_ones(self, kind: type[_Event]) -> list[_Event]:
        found: list[_Event] = []
        for event in self._queue:
            if not isinstance(event, kind):
                break
            found.append(event)
        return found

    async def _take(
        self, event: OrderTold | LiquidationTold | ModeTold | LeverageTold | AccountTold | StreamTold
    ) -> None:
        match event:
            case OrderTold():
                await self._take_order(event)
            case LiquidationTold():
                await self._take_liquidation(event)
            case ModeTold():
                await self._settings.mode_told(event)
            case _:
                self._note(event)

    def _note(self, event: LeverageTold | AccountTold | StreamTold) -> None:
        match event:
            case LeverageTold():
                self._settings.leverage_told(event)
            case AccountTold():
                self._take_account(event.account)
            case StreamTold():
                self._take_stream(event)
            case _:
                assert_never(event)

    def _take_account(self, account: AccountSnapshot) -> None:
        if self._account is None or account.as_of >= self._account.as_of:
            self._account = account

    async def _take_order(self, told: OrderTold) -> None:
        what = f"an order to {told.side} {plain(told.size)} {told.symbol}, {told.word},"
        is_of_our_time = told.status in _ALIVE or told.at >= self.watched.since
        await self.writers.owner(told.cloid, what, alarm=is_of_our_time)
        life = None if told.cloid is None else await self.writers.life(told.cloid)
        if life is None:
            return
        evidence = evidence_told(told, life.intent)
        if evidence is None:
            self.watched.orders.look(life.cloid)
        else:
            await self.watched.orders.learn(life.cloid, evidence)

    async def _take_liquidation(self, told: LiquidationTold) -> None:
        if told.at <= self._terms.accounted_until or told.liquidation_id in self._liquidations:
            return
        numbers = f"equity {plain(told.equity)} USD, {plain(told.notional)} USD of positions are closed"
        await self.watched.halt(HaltReason.LIQUIDATION, f"the venue liquidates the account: {numbers}")
        self._liquidations.add(told.liquidation_id)
        self.watched.say(
            LogEvent.LIQUIDATION,
            f"the venue liquidates the account: {numbers}",
            level=LogLevel.ERROR,
            liquidation_id=told.liquidation_id,
            equity_usd=plain(told.equity),
            notional_usd=plain(told.notional),
        )

    def _take_stream(self, told: StreamTold) -> None:
        # Losing it halts nothing: what matters is asked for by other means, and opens need a young mark anyway.
        before, self._is_whole = self._is_whole, told.is_whole
        if told.is_whole:
            if before is False:
                self.watched.say(LogEvent.STREAM_RESTORED, f"the account stream is whole again: {told.reason}")
        elif before is not False:
            message = f"the account stream was lost: {told.reason}; it is connected again by itself"
            self.watched.say(LogEvent.STREAM_LOST, message, level=LogLevel.WARN)
