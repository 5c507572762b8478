"""A live market with a paper account: the same ports as an account at a real venue."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, NoReturn

import anyio

from agentic_core.brokers.paper.account import PaperAccount, PaperStores
from agentic_core.brokers.paper.executing import PaperExecutor, snapshot_of
from agentic_core.brokers.paper.opening import open_account
from agentic_core.brokers.paper.paper_terms import PaperTerms
from agentic_core.brokers.paper.reads import PaperReads
from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.account_events import AccountTold, ModeTold, StreamTold
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Mark
from agentic_core.domain.times import Instant
from agentic_core.errors import StoreUnavailable, VenueUnavailable
from agentic_core.ports.account_reads import FreshPrices, SymbolLeverage
from agentic_core.ports.clock import Clock
from agentic_core.ports.live_venue import LiveMarket, LiveVenue, OpenMarket, OpenVenue, TellAccount, VenueWish
from agentic_core.ports.market_data import ExecutionBooks, MarketData

__all__ = ["PAPER_MODE", "PaperVenue", "paper_venues"]

PAPER_MODE: Final = "paper"
_LOOK_EVERY_MS: Final = 1_000


class PaperVenue:
    """A `LiveVenue` whose account exists on paper."""

    def __init__(self, market: LiveMarket, account: PaperAccount, clock: Clock) -> None:
        """Join a market to an account; made by `paper_venues`."""
        self._market: Final = market
        self._account: Final = account
        self._clock: Final = clock
        self._broker: Final = PaperExecutor(account)
        self._reads: Final = PaperReads(account)

    @property
    def market(self) -> MarketData:
        """Candles, marks and funding."""
        return self._market.market

    @property
    def books(self) -> ExecutionBooks:
        """What an order would execute against."""
        return self._market.books

    @property
    def prices(self) -> FreshPrices:
        """Prices that are asked for when they are wanted."""
        return self._market.prices

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        """Everything that is listed."""
        return self._market.instruments

    @property
    def funding_source(self) -> str:
        """Where funding rates come from, in words."""
        return self._market.funding_source

    @property
    def broker(self) -> PaperExecutor:
        """What executes orders."""
        return self._broker

    @property
    def reads(self) -> PaperReads:
        """Everything else that can be asked about the account."""
        return self._reads

    @property
    def signer(self) -> str | None:
        """None: nothing is signed."""
        return None

    @property
    def mode(self) -> str:
        """How the account keeps its money."""
        return PAPER_MODE

    @property
    def leverage_to_set(self) -> Mapping[Symbol, SymbolLeverage]:
        """Nothing: the account has the leverage of its limits from the beginning."""
        return {}

    def now(self) -> Instant:
        """Return the market's time.

        Raises:
            VenueUnavailable: it is not known.
        """
        return self._market.now()

    def newest_mark(self, symbol: Symbol) -> Mark | None:
        """Return the newest mark that was heard or read; None where none was."""
        return self._market.newest_mark(symbol)

    async def watch(self, symbols: Sequence[Symbol]) -> NoReturn:
        """Keep marks and books of these symbols new, until cancelled."""
        await self._market.watch(symbols)

    def hear(self, tell: TellAccount) -> None:
        """Tell what happens from now on, and what nobody has heard of yet."""
        self._account.pending.tell = tell

    async def look(self) -> AccountSnapshot:
        """Let time pass for the account up to its market's present, and return it.

        Raises:
            VenueUnavailable: the market does not answer.
            Fenced: the lease is lost; nothing that happened is told.
            StoreError: the database refused; likewise.
        """
        for ask in (self._account.ask_for_funding, self._account.ask_for_marks):
            with suppress(VenueUnavailable):  # it is asked again; what is not seen for long is said by `follow`
                await ask()
        async with self._account.present():
            return snapshot_of(self._account)

    async def follow(self, symbols: Sequence[Symbol], tell: TellAccount) -> NoReturn:
        """Let time pass for the account and tell what happens to it, until cancelled.

        Raises:
            Fenced: the lease is lost.
            VenueUnavailable: the market's stream ended by itself.
        """
        self.hear(tell)
        tell(ModeTold(mode=PAPER_MODE))
        watched = tuple(dict.fromkeys((*symbols, *self._account.symbols)))
        async with anyio.create_task_group() as tasks:
            failures: list[Exception] = []

            async def live() -> None:
                try:
                    await self._live(tell)
                except Exception as error:  # noqa: BLE001 - raised below, alone instead of wrapped in a group
                    failures.append(error)
                    tasks.cancel_scope.cancel()

            async def watch() -> None:
                try:
                    await self._market.watch(watched)
                except Exception as error:  # noqa: BLE001 - as above
                    failures.append(error)
                    tasks.cancel_scope.cancel()

            tasks.start_soon(live)
            tasks.start_soon(watch)
        raise failures[0]

    async def _live(self, tell: TellAccount) -> NoReturn:
        is_whole: bool | None = None
        while True:
            try:
                told = AccountTold(account=await self.look())
                self._check_sight()
            except (VenueUnavailable, StoreUnavailable) as exc:
                if is_whole is not False:
                    tell(StreamTold(is_whole=False, reason=str(exc)))
                is_whole = False
            else:
                if not is_whole:
                    tell(StreamTold(is_whole=True, reason="the market is seen"))
                is_whole = True
                tell(told)
            await self._clock.sleep(self._pause_ms() / 1_000)

    def _check_sight(self) -> None:
        unseen = self._account.unseen()
        if unseen:
            message = f"marks of {', '.join(unseen)} are too old; nothing happens to the account until they are told"
            raise VenueUnavailable(message)

    def _pause_ms(self) -> int:
        # Whole seconds of the market, so that marks and whole hours are among them.
        try:
            return _LOOK_EVERY_MS - self._market.now() % _LOOK_EVERY_MS
        except VenueUnavailable:
            return _LOOK_EVERY_MS


def paper_venues(open_market: OpenMarket, store: PaperStores, terms: PaperTerms, clock: Clock) -> OpenVenue:
    """Return what opens paper accounts at a live market.

    Args:
        open_market: opens the market.
        store: what outlives the process.
        terms: what executions cost, and what an account starts with.
        clock: for waiting.
    """

    @asynccontextmanager
    async def opened(wish: VenueWish) -> AsyncIterator[LiveVenue]:
        async with open_market() as market:
            yield PaperVenue(market, await open_account(wish, market, store, terms), clock)

    return opened
