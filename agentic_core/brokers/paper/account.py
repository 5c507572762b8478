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

_MISSED_MS: Final = YOUNG_MS + 30_000
"""From how long a time on in which nobody saw the market its candles are gone through."""
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

    async def acted(self) -> None:
        """Keep and tell what an action has caused; within `present`."""
        self._kept_at = None
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
            if now - self._lived_until > _MISSED_MS:
                await self._make_up(now)
                self._around.look(symbols)
            self._reach(now)
            await self._live(now)
            self._lived_until = max(self._lived_until, now)
        else:
            self._reach(now)
            self.ledger.as_of = self._moment(now)
            self._hear()
        await self._keep()

    async def _make_up(self, now: Instant) -> None:
        if self.symbols and now > self._lived_until:
            replaying = Replaying(self.broker, self._around, self._hours, self._live)
            await replaying.go(self._market.market, self.symbols, after=self._lived_until, until=now)
            self._kept_at = None
        self._lived_until = max(self._lived_until, now)

    def _reach(self, now: Instant) -> None:
        if self._hours.reach(now, self.ledger.positions):
            self._kept_at = None

    async def _live(self, at: Instant) -> None:
        for payment in self._hours.pay(self.ledger, at):
            self._happened(FundingTold(payment=payment))
        self.ledger.as_of = to = self._moment(at)
        while self._may_execute():
            await self.broker.advance(to)
            if not self._hear():  # what has fired without an execution rests at once, and meets the same market
                break
        for found in await self.broker.enforce_margin():
            self._happened(liquidation_told(found))
        self._hear()

    def _may_execute(self) -> bool:
        for order in self.broker.open_orders:
            intent = order.intent
            if order.waiting is None:
                return True
            if self.ledger.has_mark(intent.symbol):
                mark = self.ledger.price(intent.symbol)
                if is_reached(order.waiting, intent.side, mark):
                    return True
        return False

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
