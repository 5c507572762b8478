"""Questions about one account at the live venue, with answers as values of the core."""

from collections.abc import Callable
from typing import Final

from agentic_core.domain.account_events import Transfer
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.account_reads import FillsRead, OrdersRead, SymbolLeverage
from agentic_core.ports.broker import Searched
from agentic_hl.account.followed import FollowedAccount
from agentic_hl.account.orders import is_main_perp, resting_order_of
from agentic_hl.account.questions import AccountQuestions
from agentic_hl.account.transfers import transfer_of
from agentic_hl.rest.failures import readable
from agentic_hl.rest.hyperliquid_rest import HyperliquidRest
from agentic_hl.rest.ip_budget import Priority
from agentic_hl.wire.conversions import fill_of, funding_of
from agentic_hl.wire.messages.reading import Unreadable

__all__ = ["HyperliquidReads"]

_QUESTION_MS: Final = 10_000
_ISOLATED: Final = {"cross": False, "isolated": True}


class HyperliquidReads:
    """`AccountReads` of one account: its perpetuals, and the money behind them.

    What the account does on spot markets, with outcomes or on the dexes of builders is left out. An answer that makes
    no sense raises like none, because whoever asks would act on what is missing in it; only a movement of money that
    cannot be read is left out and told of, because one odd entry would hide all others for good.
    """

    def __init__(
        self,
        rest: HyperliquidRest,
        account: FollowedAccount,
        *,
        complain: Callable[[Unreadable], None],
        venue_time: Callable[[Instant], None] | None = None,
        priority: Priority = Priority.URGENT,
    ) -> None:
        """Take where to ask, the account, who hears of what cannot be read, and who hears the venue's time."""
        self._questions: Final = AccountQuestions(rest, account.address, priority=priority, deadline_ms=_QUESTION_MS)
        self._account: Final = account
        self._complain: Final = complain
        self._venue_time: Final = venue_time

    async def now(self) -> Instant:
        """Return the venue's time.

        Raises:
            VenueUnavailable: the venue does not answer.
        """
        now = await self._questions.now()
        if self._venue_time is not None:
            self._venue_time(now)
        return now

    async def orders(self) -> OrdersRead:
        """Return every order and trigger that rests, whoever placed it.

        Exits that wait for their entry to execute are left out: they protect nothing yet, and end with it.

        Raises:
            VenueUnavailable: the venue does not answer, or with something that makes no sense.
        """
        read_at = await self.now()
        listed = await self._questions.orders()
        orders = tuple(readable(resting_order_of(order)) for order in listed if is_main_perp(order.coin))
        return OrdersRead(read_at=read_at, orders=orders)

    async def fills(self, since: Instant) -> FillsRead:
        """Return every execution since an instant, whoever caused it.

        Raises:
            VenueUnavailable: the venue does not answer, with something that makes no sense, or with more than can be
                read through: it shows the last 10,000.
        """
        read_at = await self.now()
        listed = await self._questions.fills(since)
        user = self._account.address
        fills = tuple(readable(fill_of(fill, user=user)) for fill in listed if is_main_perp(fill.coin))
        return FillsRead(searched=Searched(since=since, read_at=read_at), fills=fills)

    async def funding(self, since: Instant) -> tuple[FundingPayment, ...]:
        """Return every funding payment since an instant, oldest first.

        Raises:
            VenueUnavailable: the venue does not answer, or with something that makes no sense.
        """
        listed = await self._questions.fundings(since)
        paid = [update for update in listed if is_main_perp(update.delta.coin)]
        return tuple(readable(funding_of(update.delta, Instant(update.time))) for update in paid)

    async def transfers(self, since: Instant) -> tuple[Transfer, ...]:
        """Return every transfer since an instant, oldest first; one that cannot be read is complained of instead.

        Raises:
            VenueUnavailable: the venue does not answer.
        """
        found: list[Transfer] = []
        for update in await self._questions.ledger(since):
            match transfer_of(update, self._account):
                case Transfer() as transfer:
                    found.append(transfer)
                case Unreadable() as unreadable:
                    self._complain(unreadable)
                case None:
                    pass
        return tuple(found)

    async def leverage(self, symbol: Symbol) -> SymbolLeverage:
        """Return what a symbol is set to, also while it is flat.

        Raises:
            VenueUnavailable: the venue does not answer, or with a kind of margin nobody here knows.
        """
        found = (await self._questions.settings(symbol)).leverage
        isolated = _ISOLATED.get(found.type)
        if isolated is None:
            message = f"the leverage of {symbol} is of the unknown type {found.type!r}; a newer release may know it"
            raise VenueUnavailable(message, retryable=False)
        return SymbolLeverage(leverage=found.value, isolated=isolated)

    async def mode(self) -> str:
        """Return how the account keeps its money, in the venue's words.

        Raises:
            VenueUnavailable: the venue does not answer.
        """
        return await self._questions.mode()
