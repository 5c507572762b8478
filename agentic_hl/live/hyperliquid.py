"""What is there once an account at the venue is open."""

from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.ports.account_memory import AccountMemory
from agentic_core.ports.account_reads import SymbolLeverage
from agentic_core.ports.live_venue import TellAccount
from agentic_hl.account import AccountFeed, FollowedAccount, HyperliquidReads
from agentic_hl.broker import HyperliquidBroker, LeverageWanted, OpenedBroker
from agentic_hl.live.market import HyperliquidMarket
from agentic_hl.market.market_feed import MarketFeed

__all__ = ["Hyperliquid", "OpenedAccount"]


class OpenedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that may trade, and what is known of it."""

    opened: OpenedBroker
    leverage: Mapping[Symbol, LeverageWanted]
    """What each symbol has to be set to before it is opened."""
    followed: FollowedAccount
    reads: HyperliquidReads
    memory: AccountMemory
    signer: str
    """The address of the agent wallet."""


class Hyperliquid(HyperliquidMarket):
    """A `LiveVenue`: a broker that may trade, and every other way of knowing about its account."""

    def __init__(self, market: HyperliquidMarket, account: OpenedAccount) -> None:
        """Take the parts; made by `open_hyperliquid`."""
        super().__init__(
            market.access,
            market.ways,
            market.machine,
            market.market,
            market.instruments,
            complain=market.complain,
        )
        self._account: Final = account

    @property
    def broker(self) -> HyperliquidBroker:
        """What executes orders."""
        return self._account.opened.broker

    @property
    def reads(self) -> HyperliquidReads:
        """Everything else that can be asked about the account."""
        return self._account.reads

    @property
    def signer(self) -> str:
        """The address that signs."""
        return self._account.signer

    @property
    def mode(self) -> str:
        """How the account keeps its money, in the venue's words."""
        return self._account.opened.mode

    @property
    def leverage_to_set(self) -> Mapping[Symbol, SymbolLeverage]:
        """What each symbol has to be set to before the first open in it."""
        return {
            symbol: SymbolLeverage(leverage=wanted.value, isolated=wanted.isolated)
            for symbol, wanted in self._account.leverage.items()
        }

    async def follow(self, symbols: Sequence[Symbol], tell: TellAccount) -> NoReturn:
        """Tell what happens to the account, and keep marks and books of these symbols new, until cancelled."""
        account = AccountFeed(
            self.access.rest,
            self._account.followed,
            self._account.memory,
            self.now,
            tell=tell,
            tell_stream=self.hear,
        )
        # What the stream says of itself is told once, by the feed of the account.
        await self.listen(account, MarketFeed(self.market, self.machine.clock, symbols, tell=lambda _: None))
