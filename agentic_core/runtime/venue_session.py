"""The account, the market and the orders of one deployment at a live venue: real money and paper alike."""

from collections.abc import Awaitable
from functools import partial
from typing import Final, NoReturn

import msgspec

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.account_events import AccountEvent, FillTold, TransferTold
from agentic_core.domain.bounds import GapAssumptions
from agentic_core.domain.times import HOUR_MS, Instant
from agentic_core.domain.trading import Restriction, TradingState
from agentic_core.ports.live_venue import LiveVenue
from agentic_core.runtime.account_parts import AccountPorts, AccountTerms, join_account
from agentic_core.runtime.chat_session import counted_by, desk_of
from agentic_core.runtime.day_keeping import DayKeeper
from agentic_core.runtime.drive import Perform
from agentic_core.runtime.effects import Effect, EffectReply, Send
from agentic_core.runtime.exits import exit_decision
from agentic_core.runtime.interpreter import Interpreter
from agentic_core.runtime.leverage_first import LeverageFirst
from agentic_core.runtime.live_view import LiveView, ViewRules
from agentic_core.runtime.loss_guard import LossGuard
from agentic_core.runtime.orders import BookPriced
from agentic_core.runtime.pacing import VenuePace
from agentic_core.runtime.recorder import RunTally
from agentic_core.runtime.session import Flattened, SessionContext
from agentic_core.runtime.together import until_failure
from agentic_core.runtime.wallet_watch import WalletWatch
from agentic_core.runtime.watch import AccountSettings, GuardRules, WatchTerms

__all__ = ["KnownBefore", "LiveRules", "VenueSession"]

_POLL_S: Final = 0.1


class LiveRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a live session goes about it."""

    guard: GuardRules = GuardRules()
    view: ViewRules = ViewRules()
    assumed: GapAssumptions = GapAssumptions()


class KnownBefore(msgspec.Struct, frozen=True, kw_only=True):
    """What earlier runners left in the store."""

    liquidated_until: Instant
    """Until when liquidations were heard of."""


class VenueSession:
    """A `Session`: the account with its orders, exits and watch, the market around it, and the way of a turn to both.

    `run` follows the venue; it has to go on from the end of `start` to the end of the session.
    """

    def __init__(
        self,
        context: SessionContext,
        venue: LiveVenue,
        days: DayKeeper,
        wallet: WalletWatch,
        rules: LiveRules,
        known: KnownBefore,
    ) -> None:
        """Join the parts; made by what `live_sessions` returns."""
        mandate = context.mandate
        self._context: Final = context
        self._venue: Final = venue
        self._days: Final = days
        self._wallet: Final = wallet
        self.view: Final = LiveView(
            venue, mandate.symbols, mandate.interval, clock=context.clock, say=context.diary.say, rules=rules.view
        )
        self.live: Final = join_account(self._ports(), self._terms(rules, known))
        self._losses: Final = LossGuard(
            mandate.limits, self._read_afresh, context.halt, lambda: _is_halted(context), context.clock
        )
        days.listen(self._losses.hear)
        self._leverage: Final = LeverageFirst(
            BookPriced(self.live.orders, venue.books, venue.instruments),
            self.live,
            venue.leverage_to_set,
            limits=mandate.limits,
            clock=context.clock,
            say=context.diary.say,
        )
        self._interpreter: Final = self._interpret()
        self._pace: Final = VenuePace(venue.now, context.clock, mandate.interval)

    @property
    def market(self) -> LiveView:
        """What a turn sees."""
        return self.view

    @property
    def pace(self) -> VenuePace:
        """The marks."""
        return self._pace

    @property
    def restrictions(self) -> frozenset[Restriction]:
        """What of the account itself holds opens back now."""
        return self.live.restrictions | self._of_wallet()

    @property
    def perform(self) -> Perform:
        """Performs the effects of a turn."""
        return self._perform

    async def start(self) -> AccountSnapshot:
        """Take over what earlier runners left, compare the account with what is known, say so, and return it.

        Raises:
            VenueUnavailable: the account could not be read, so nothing is clear.
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        await self._take_earlier_transfers()
        await self._venue.broker.account()  # opens the day, whose orders are then counted
        await self._days.count_orders(self._venue.now())
        await self._days.write()
        return (await self.live.start()).account

    async def run(self) -> NoReturn:
        """Follow the venue and care for the account, until cancelled.

        Raises:
            ConfigError: the wallet that signs may do so no longer.
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        clock = self._context.clock
        await until_failure(
            (
                self.live.run,
                partial(self._venue.follow, self._context.mandate.symbols, self._told),
                self._losses.run,
                partial(self._days.run, clock),
                partial(self._wallet.run, clock),
            )
        )

    async def observe(self, mark: Instant) -> AccountSnapshot:
        """Stand at a mark: bring the market up to it and read the account.

        Raises:
            VenueUnavailable: something could not be read.
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        await self.view.refresh(mark)
        account = await self.account()
        await self._days.write()
        return account

    async def account(self) -> AccountSnapshot:
        """Read the account again.

        Raises:
            VenueUnavailable: it could not be read.
        """
        return await self._losses.settled(AccountSnapshot.of(await self._venue.broker.account()))

    async def flatten(self, cause: str) -> Flattened:
        """Close every position, proven by the venue; `cause` names the command or the halt that asked for it.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        report = await self.live.exits.flatten(cause)
        return Flattened(closed=len({each.symbol for each in report.closes if each.closed}), left=report.left)

    async def drain(self, *, wait_ms: int) -> tuple[str, ...]:
        """Wait until nothing is under way whose fate is not known; return what still was when the time was over.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        clock = self._context.clock
        ends_at = clock.boottime_ms() + wait_ms
        while (left := self.live.under_way()) and clock.boottime_ms() < ends_at:
            await clock.sleep(_POLL_S)
        await self._days.write()
        return left

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _perform(self, effect: Effect) -> Awaitable[EffectReply]:
        return self._send(effect) if isinstance(effect, Send) else self._interpreter.perform(effect)

    async def _send(self, effect: Send) -> EffectReply:
        try:
            return await self._interpreter.perform(effect)
        finally:
            self.live.exits.wake()  # what was opened has no stop yet

    def _told(self, event: AccountEvent) -> None:
        self.live.watch.heard(event)
        if isinstance(event, FillTold):
            self.live.exits.wake()

    def _of_wallet(self) -> frozenset[Restriction]:
        return frozenset({Restriction.KEY_EXPIRING}) if self._wallet.is_expiring else frozenset()

    def _trading(self, held: frozenset[Restriction]) -> TradingState:
        return self._context.trading(held | self._of_wallet())

    async def _before_sending(self) -> None:
        if not self._days.is_day_stored:  # nothing is sent on a day whose losses a restart would forget
            await self._days.write()
        await self._context.before_sending()

    async def _take_earlier_transfers(self) -> None:
        # While nobody ran; what came since the deployment began is told by the venue besides.
        remembered = self._days.remembered
        if remembered is not None:
            since = max(remembered.opened_at, Instant(remembered.as_of - HOUR_MS))
            moved = await self._venue.reads.transfers(since)
            await self._days.keep([each for each in moved if each.at > remembered.opened_at])

    async def _read_afresh(self) -> AccountSnapshot:
        watch = self.live.watch
        for transfer in await self._venue.reads.transfers(Instant(self._venue.now() - HOUR_MS)):
            watch.heard(TransferTold(transfer=transfer))
        await watch.drain()
        return AccountSnapshot.of(await self._venue.broker.account())

    def _interpret(self) -> Interpreter:
        context = self._context
        return Interpreter(
            fence=context.fence,
            intents=context.store.intents,
            decisions=context.store.decisions,
            broker=self.live.orders.gate,
            recorder=RunTally(),
            now=self._venue.now,
            chat=desk_of(context, now=counted_by(self._venue.now, context.clock), books=self._venue.books),
            sender=self._leverage,
            look=self.account,
        )

    def _ports(self) -> AccountPorts:
        context, venue = self._context, self._venue
        return AccountPorts(
            store=context.store.intents,
            ledger=context.store.ledger,
            broker=venue.broker,
            reads=venue.reads,
            prices=venue.prices,
            books=venue.books,
            market=self.view,
            book=self._days.book,
            clock=context.clock,
            venue_now=venue.now,
            say=context.diary.say,
            halt=context.halt,
            page=context.page,
            state=self._trading,
            decide=partial(exit_decision, context.mandate),
            before_sending=self._before_sending,
        )

    def _terms(self, rules: LiveRules, known: KnownBefore) -> AccountTerms:
        context = self._context
        settings = AccountSettings(mode=self._venue.mode)
        return AccountTerms(
            deployment=context.deployment.id,
            fence=context.fence,
            signer=self._venue.signer,
            instruments=self._venue.instruments,
            limits=context.mandate.limits,
            watch=WatchTerms(settings=settings, accounted_until=known.liquidated_until, keep_transfers=self._days.keep),
            since=context.deployment.created_at,
            assumed=rules.assumed,
            guard=rules.guard,
        )


def _is_halted(context: SessionContext) -> bool:
    return context.trading(frozenset()) is TradingState.HALTED
