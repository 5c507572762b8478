"""A paper account at a live market: time passes for it as it does at a venue, and nothing is seen that is not kept."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

import anyio

from agentic_core.brokers.paper.answers import Answers
from agentic_core.brokers.paper.broker import PaperBroker
from agentic_core.brokers.paper.hours import FundingHours
from agentic_core.brokers.paper.keeping import Kept, Staged, keep_order, kept_text, open_order
from agentic_core.brokers.paper.ledger import PaperLedger
from agentic_core.brokers.paper.orders import OpenOrder
from agentic_core.brokers.paper.pending import Pending
from agentic_core.brokers.paper.replaying import Replaying
from agentic_core.brokers.paper.said import liquidation_told, orders_told
from agentic_core.brokers.paper.surroundings import YOUNG_MS, Surroundings
from agentic_core.domain.account_events import FillTold, FundingTold, LiquidationTold, OrderTold
from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.ledger import LedgerEntry
from agentic_core.domain.order import IntentState, OrderIntent
from agentic_core.domain.times import MINUTE_MS, Instant
from agentic_core.errors import StoreUnavailable
from agentic_core.execution.triggers import is_reached
from agentic_core.ports.intents import IntentStore
from agentic_core.ports.ledger import LedgerStore
from agentic_core.ports.live_venue import LiveMarket, VenueWish
from agentic_core.ports.paper_books import PaperBooks, PaperRecord

__all__ = ["PaperAccount", "PaperStores"]

_KEEP_EVERY_MS: Final = MINUTE_MS
"""How often what is kept is written anew where nothing happens; a restart goes through candles from then on."""


class PaperStores(Protocol):
    """What outlives the process."""

    @property
    def intents(self) -> IntentStore:
        """What was written down to be sent."""

    @property
    def ledger(self) -> LedgerStore:
        """What the account earned, paid, gained and lost."""

    @property
    def paper(self) -> PaperBooks:
        """The venue's own books."""


class PaperAccount:
    """One account; whoever looks at it or acts on it goes through `present`."""

    def __init__(
        self, wish: VenueWish, market: LiveMarket, store: PaperStores, broker: PaperBroker, around: Surroundings
    ) -> None:
        """Take the parts; made by `open_account`."""
        self.wish: Final = wish
        self.store: Final = store
        self.broker: Final = broker
        self.answers: Final = Answers()
        self.pending: Final = Pending()
        self._market: Final = market
        self._around: Final = around
        self._lock: Final = anyio.Lock()
        self._hours = FundingHours(funded_until=broker.ledger.as_of)
        self._placed: Final[dict[ClientOrderId, Instant]] = {}
        self._lived_until = broker.ledger.as_of
        self._kept_at: Instant | None = None
        self._filled_at = Instant(0)

    @property
    def ledger(self) -> PaperLedger:
        """Cash and positions."""
        return self.broker.ledger

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        """Everything that is listed."""
        return self._market.instruments

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """What is held or may execute."""
        return tuple(sorted({*self.ledger.positions, *(one.intent.symbol for one in self.broker.open_orders)}))

    @asynccontextmanager
    async def present(self, *looked_at: Symbol) -> AsyncIterator[PaperLedger]:
        """Be the only one at the account, at its market's present; symbols it does not hold are looked at if named.

        Raises:
            VenueUnavailable: the market does not answer.
            Fenced: the lease is lost; nothing that happened is shown to anybody.
            StoreError: the database refused; likewise.
        """
        async with self._lock:
            self._around.look(looked_at)
            await self._pass_time(self._market.now())
            yield self.ledger

    async def ask_for_funding(self) -> None:
        """Ask the market for rates and prices that funding waits for, without keeping anybody from the account.

        Raises:
            VenueUnavailable: it does not answer.
        """
        now = self._market.now()
        if self._hours.is_due(now):
            await self._hours.ask(self._market.market, now)

    async def ask_for_marks(self, *symbols: Symbol, at_once: bool = False) -> None:
        """Ask the market for marks of what is held, and of these, that nobody was told of for a while.

        Raises:
            VenueUnavailable: it does not answer.
        """
        await self._around.renew({*self.symbols, *symbols}, self._market.now(), at_once=at_once)

    def unseen(self, *symbols: Symbol) -> tuple[Symbol, ...]:
        """List what is held, and which of these, whose marks are too old for anything to happen by them."""
        now = self._market.now()
        return tuple(one for one in sorted({*self.symbols, *symbols}) if not self._around.is_seen((one,), now))

    async def acted(self) -> None:
        """Keep and tell what an action has caused; within `present`."""
        self._kept_at = None
        self._lived_until = max(self._lived_until, self.ledger.as_of)  # a candle that had begun knows nothing of it
        self._hear()
        await self._keep()

    def stand_alone(self) -> None:
        """Give the next action an instant of its own, so that executions are in order by their times."""
        self.ledger.as_of = max(self.ledger.as_of, Instant(self._filled_at + 1))

    def placed_at(self, cloid: ClientOrderId) -> Instant:
        """Return when something that rests was placed."""
        return self._placed.get(cloid, self.ledger.as_of)

    def restore(self, kept: Kept, entries: Iterable[LedgerEntry]) -> None:
        """Go on from what was kept; what the ledger lacks of it will be told again."""
        self._hours = FundingHours(funded_until=kept.funded_until, owed=kept.owed)
        self.answers.restore(kept.answered)
        self._placed.update((one.intent.cloid, one.placed_at) for one in kept.orders)
        self.broker.restore(map(open_order, kept.orders), {one.pot: one.at for one in kept.staged})
        self.ledger.margins.restore(kept.settings, kept.pockets)
        self.pending.restore(kept, entries)
        self._filled_at = max((fill.time for fill in (*kept.fills, *_fills(entries))), default=self._filled_at)

    async def catch_up(self) -> None:
        """Live through what was missed, until the present.

        Raises:
            VenueUnavailable: the market does not answer; nothing happened.
        """
        await self._around.need(self.symbols)
        async with self._lock:
            now = self._market.now()
            await self._make_up(now)
            self._kept_at = None
            await self._pass_time(now)

    async def _pass_time(self, now: Instant) -> None:
        symbols = self.symbols
        self._around.look(symbols)
        if self._around.is_seen(symbols, now):
            if now - self._lived_until > YOUNG_MS:
                await self._make_up(now)
                self._around.look(symbols)
            self._reach(now)
            await self._live(now)
            # What a mark does not tell any more may have to be found in candles.
            self._lived_until = max(self._lived_until, self._around.seen_until(self.symbols, now))
        await self._keep()  # what nobody sees is lived once it is seen again

    async def _make_up(self, now: Instant) -> None:
        if self.symbols and now > self._lived_until:
            replaying = Replaying(self.broker, self._around, self._hours, self._live, self._meet)
            await replaying.go(self._market.market, self.symbols, after=self._lived_until, until=now)
            self._kept_at = None
        self._lived_until = max(self._lived_until, now)

    def _reach(self, now: Instant) -> None:
        if self._hours.reach(now, self.ledger.positions):
            self._kept_at = None

    async def _live(self, at: Instant) -> None:
        for payment in self._hours.pay(self.ledger, at):
            self._happened(FundingTold(payment=payment))
        await self._meet(at)
        if self.ledger.cross_equity < self.ledger.cross_maintenance:
            await self._renew_books({one.symbol for one in self.ledger.cross_positions()}, at)
        for found in await self.broker.enforce_margin():
            self._happened(liquidation_told(found))
        self._hear()

    async def _meet(self, at: Instant) -> None:
        self.ledger.as_of = to = self._moment(at)
        if self._may_execute():
            await self._renew_books(self._reached(), to)
            await self.broker.advance(to)
            self._hear()

    async def _renew_books(self, symbols: Iterable[Symbol], at: Instant) -> None:
        for symbol in sorted(symbols):
            await self._around.renew_book(symbol, at)

    def _may_execute(self) -> bool:
        return any(order.waiting is None for order in self.broker.open_orders) or bool(self._reached())

    def _reached(self) -> set[Symbol]:
        return {order.intent.symbol for order in self.broker.open_orders if self._has_reached(order)}

    def _has_reached(self, order: OpenOrder) -> bool:
        symbol, waiting = order.intent.symbol, order.waiting
        if waiting is None or not self.ledger.has_mark(symbol):
            return False
        return is_reached(waiting, order.intent.side, self.ledger.price(symbol))

    def _moment(self, at: Instant) -> Instant:
        return max(at, self.ledger.as_of)

    def _happened(self, event: FillTold | FundingTold | LiquidationTold | OrderTold) -> None:
        self.pending.hear(event)
        self._kept_at = None

    def _hear(self) -> bool:
        log, fills = self.broker.drain()
        for fill in fills:
            self._happened(FillTold(fill=fill))
            self._filled_at = max(self._filled_at, fill.time)
        for told in orders_told(log, self._intent_of):
            self._happened(told)
        for order in self.broker.open_orders:
            self._placed.setdefault(order.intent.cloid, self.ledger.as_of)
        for cloid in [one for one in self._placed if not self._rests(one)]:
            del self._placed[cloid]
            ended = self.broker.order(cloid)
            assert ended is not None, "what rested is known until it is forgotten"
            self.answers.add(cloid, ended.state)
        self.broker.forget(self.answers.drop_old(keep=self._placed))
        return bool(log)

    def _rests(self, cloid: ClientOrderId) -> bool:
        order = self.broker.order(cloid)
        return order is not None and order.state is IntentState.RESTING

    def _intent_of(self, cloid: ClientOrderId) -> OrderIntent | None:
        order = self.broker.order(cloid)
        return None if order is None else order.intent

    async def _keep(self) -> None:
        # Before anybody sees or hears of what happened; it is all written at once, so that it can be tried again.
        kept_at = self._kept_at
        if kept_at is None:
            await self._write()
        elif self._lived_until >= kept_at + _KEEP_EVERY_MS:
            with suppress(StoreUnavailable):  # nothing is new but the time, and it is tried again at the next look
                await self._write()
        self.pending.flush()

    async def _write(self) -> None:
        now, account = self._lived_until, self.wish.fence.account
        oldest = self.pending.oldest
        if oldest is not None:
            self.pending.booked(await self.store.ledger.entries(account, oldest))
        record = PaperRecord(account=account, as_of=now, state=kept_text(self._kept()))
        await self.store.paper.write(self.wish.fence, record)
        self._kept_at = now

    def _kept(self) -> Kept:
        return Kept(
            funded_until=self._hours.funded_until,
            orders=tuple(keep_order(one, self._placed[one.intent.cloid]) for one in self.broker.open_orders),
            answered=self.answers.newest,
            fills=self.pending.fills,
            payments=self.pending.payments,
            liquidations=self.pending.liquidations,
            owed=self._hours.owed,
            staged=tuple(Staged(pot=pot, at=at) for pot, at in self.broker.staged.items()),
            settings=dict(self.ledger.margins.settings),
            pockets=dict(self.ledger.margins.pockets),
        )


def _fills(entries: Iterable[LedgerEntry]) -> Iterator[Fill]:
    return (each for each in entries if isinstance(each, Fill))
