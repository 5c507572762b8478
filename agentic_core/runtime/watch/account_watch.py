"""Takes in what the venue tells of an account by itself, in the order in which it is told."""

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol, assert_never

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
    Transfer,
    TransferTold,
)
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Usd, plain
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import HaltReason
from agentic_core.execution.attribution import evidence_told
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.watch.intake import FillIntake
from agentic_core.runtime.watch.settings_watch import AccountSettings, SettingsWatch
from agentic_core.runtime.watch.watched import Watched
from agentic_core.runtime.watch.writers import Writers

__all__ = ["AccountWatch", "TransferBook", "WatchTerms"]

_ALIVE: Final = frozenset({ToldStatus.OPEN, ToldStatus.TRIGGERED})


class TransferBook(Protocol):
    """Keeps the day's baseline and the peak."""

    def transfer(self, amount: Usd, at: Instant) -> None:
        """Take in money that came or went without trading."""


class WatchTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What an account watch begins with."""

    settings: AccountSettings
    accounted_until: Instant
    """Funding, transfers and notices of liquidation up to then were taken in by an earlier run."""
    on_funding: Callable[[FundingPayment], None] = lambda _: None
    """Told of each payment once; must not wait."""


class AccountWatch:
    """Queues what it hears, and takes it in whenever somebody lets it; everything is safe to hear twice."""

    def __init__(self, watched: Watched, book: TransferBook, terms: WatchTerms) -> None:
        """Watch one account."""
        self.writers: Final = Writers(watched)
        self.intake: Final = FillIntake(watched, self.writers)
        self.watched: Final = watched
        self._book: Final = book
        self._terms: Final = terms
        self._settings: Final = SettingsWatch(watched, terms.settings)
        self._queue: Final[deque[AccountEvent]] = deque()
        self._arrival = anyio.Event()
        self._turn: Final = anyio.Lock()
        self._told: Final[set[tuple[str, str]]] = set()
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
        # Fills that follow each other go in together; nothing leaves the queue before it is taken in.
        fills: list[Fill] = []
        for event in self._queue:
            if not isinstance(event, FillTold):
                break
            fills.append(event.fill)
        if fills:
            await self.intake.take(fills)
        else:
            await self._take(self._queue[0])
        for _ in range(len(fills) or 1):
            self._queue.popleft()

    async def _take(self, event: AccountEvent) -> None:
        match event:
            case FillTold():
                await self.intake.take((event.fill,))
            case OrderTold():
                await self._take_order(event)
            case LiquidationTold():
                await self._take_liquidation(event)
            case ModeTold():
                await self._settings.mode_told(event)
            case _:
                self._note(event)

    def _note(self, event: FundingTold | TransferTold | LeverageTold | AccountTold | StreamTold) -> None:
        match event:
            case FundingTold():
                self._take_funding(event.payment)
            case TransferTold():
                self._take_transfer(event.transfer)
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
        if not self._is_new("liquidation", told.liquidation_id, told.at):
            return
        numbers = f"equity {plain(told.equity)} USD, {plain(told.notional)} USD of positions are closed"
        await self.watched.halt(HaltReason.LIQUIDATION, f"the venue liquidates the account: {numbers}")
        self._remember("liquidation", told.liquidation_id)
        self.watched.say(
            LogEvent.LIQUIDATION,
            f"the venue liquidates the account: {numbers}",
            level=LogLevel.ERROR,
            liquidation_id=told.liquidation_id,
            equity_usd=plain(told.equity),
            notional_usd=plain(told.notional),
        )

    def _take_funding(self, payment: FundingPayment) -> None:
        name = f"{payment.symbol}@{payment.time}"
        if not self._is_new("funding", name, payment.time):
            return
        self._remember("funding", name)
        self._terms.on_funding(payment)
        self.watched.say(
            LogEvent.FUNDING_PAID,
            f"{payment.symbol} funding {plain(payment.amount)} USD on {plain(payment.size)}",
            symbol=payment.symbol,
            amount_usd=plain(payment.amount),
            paid_at=payment.time,
        )

    def _take_transfer(self, transfer: Transfer) -> None:
        if not self._is_new("transfer", transfer.transfer_id, transfer.at):
            return
        self._remember("transfer", transfer.transfer_id)
        self._book.transfer(transfer.amount, transfer.at)
        self.watched.say(
            LogEvent.TRANSFER_SEEN,
            f"{transfer.kind} of {plain(transfer.amount)} USD; the day's baseline follows",
            kind=transfer.kind,
            amount_usd=plain(transfer.amount),
            transfer_id=transfer.transfer_id,
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

    def _is_new(self, sort: str, name: str, at: Instant) -> bool:
        return at > self._terms.accounted_until and (sort, name) not in self._told

    def _remember(self, sort: str, name: str) -> None:
        self._told.add((sort, name))
