"""A venue at which a deployment trades in the present: a real one with an account, or a market with a paper account."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NoReturn, Protocol, TypeAlias

import msgspec

from agentic_core.domain.account_events import AccountEvent
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.market import Mark
from agentic_core.domain.order import Fence
from agentic_core.domain.records import DeploymentRecord
from agentic_core.domain.times import Instant
from agentic_core.ports.account_memory import AccountMemory
from agentic_core.ports.account_reads import AccountReads, FreshPrices, SymbolLeverage
from agentic_core.ports.broker import Broker
from agentic_core.ports.market_data import ExecutionBooks, MarketData

__all__ = ["LiveMarket", "LiveVenue", "OpenMarket", "OpenVenue", "TellAccount", "VenueWish"]

TellAccount: TypeAlias = Callable[[AccountEvent], None]
"""Hears what happens to the account; must not wait."""


class LiveMarket(Protocol):
    """What a venue shows to everybody."""

    @property
    def market(self) -> MarketData:
        """Candles, marks and funding."""

    @property
    def books(self) -> ExecutionBooks:
        """What an order would execute against."""

    @property
    def prices(self) -> FreshPrices:
        """Prices that are asked for when they are wanted."""

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        """Everything that is listed."""

    @property
    def funding_source(self) -> str:
        """Where funding rates come from, in words."""

    def now(self) -> Instant:
        """Return the venue's time.

        Raises:
            VenueUnavailable: it is not known, so nothing may be decided by it.
        """

    def newest_mark(self, symbol: Symbol) -> Mark | None:
        """Return the newest mark that was heard or read; None where none was."""

    async def watch(self, symbols: Sequence[Symbol]) -> NoReturn:
        """Keep marks and books of these symbols new, until cancelled."""


class LiveVenue(LiveMarket, Protocol):
    """A venue with one account that is clear to trade."""

    @property
    def broker(self) -> Broker:
        """What executes orders."""

    @property
    def reads(self) -> AccountReads:
        """Everything else that can be asked about the account."""

    @property
    def signer(self) -> str | None:
        """The address that signs; None where nothing is signed."""

    @property
    def mode(self) -> str:
        """How the account keeps its money, in the venue's words."""

    @property
    def leverage_to_set(self) -> Mapping[Symbol, SymbolLeverage]:
        """What each symbol has to be set to before the first open in it; it can be set while the symbol is flat."""

    async def follow(self, symbols: Sequence[Symbol], tell: TellAccount) -> NoReturn:
        """Tell what happens to the account, and keep marks and books of these symbols new, until cancelled."""


class VenueWish(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a venue is opened."""

    deployment: DeploymentRecord
    fence: Fence
    """The lease under which everything happens."""
    symbols: tuple[Symbol, ...]
    limits: RiskLimits
    memory: AccountMemory
    """What the venue does not remember of the account."""
    since: Instant
    """From when on the account is ours to answer for, the same after a restart."""


OpenMarket: TypeAlias = Callable[[], AbstractAsyncContextManager[LiveMarket]]
"""Opens what everybody sees; raises `VenueUnavailable` where the venue does not answer."""

OpenVenue: TypeAlias = Callable[[VenueWish], AbstractAsyncContextManager[LiveVenue]]
"""Opens an account that is clear to trade.

It raises `ConfigError` where something refuses, and `VenueUnavailable` where the venue does not answer.
"""
