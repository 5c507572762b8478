"""One deployment under one lease, as the runner drives it: on recorded candles, on paper and at a venue alike."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import NoReturn, Protocol, TypeAlias

import msgspec

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.market import MarketView
from agentic_core.domain.order import Fence
from agentic_core.domain.records import DeploymentRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import HaltReason, Restriction, TradingState
from agentic_core.ports.clock import Clock
from agentic_core.ports.units import UnitStore
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.drive import Perform
from agentic_core.runtime.mandate import Mandate
from agentic_core.runtime.pace import Pace

__all__ = ["Flattened", "OpenSession", "Session", "SessionContext"]


class Flattened(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How closing everything ended."""

    closed: int
    """Positions that were closed."""
    left: tuple[str, ...] = ()
    """What is left and why, a line each; empty where it is proven that nothing is."""


class SessionContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a runner gives to a session: who it is for, under which lease, and whom it tells."""

    deployment: DeploymentRecord
    mandate: Mandate
    fence: Fence
    store: UnitStore
    clock: Clock
    diary: Diary
    trading: Callable[[frozenset[Restriction]], TradingState]
    """What may be traded now, given what the session itself holds back; asked again right before anything leaves."""
    halt: Callable[[HaltReason, str], Awaitable[None]]
    """Latches a halt, in the database first; a second one for the same reason changes nothing."""
    page: Callable[[str], None]
    """Calls a human; must not wait."""
    before_sending: Callable[[], Awaitable[None]]
    """Awaited before anything leaves: the lease by our own clock, and the copy of the journal."""
    limits: Callable[[], RiskLimits] | None = None
    """The caps as they were read last, tighter than the mandate's where somebody lowered one; None is the mandate's."""


class Session(Protocol):
    """The account, the market and the orders of one deployment under one lease.

    `Fenced` and `StoreError` pass through every method: the runner gives the lease up and begins again.
    """

    @property
    def market(self) -> MarketView:
        """What a turn sees; stands at the mark that was observed last."""

    @property
    def pace(self) -> Pace:
        """The marks."""

    @property
    def restrictions(self) -> frozenset[Restriction]:
        """What of the account itself holds opens back now."""

    @property
    def perform(self) -> Perform:
        """Performs the effects of a turn."""

    async def start(self) -> AccountSnapshot:
        """Take over what earlier runners left, compare the account with what is known, and say so; then it may trade.

        Returns:
            The account as it was found.

        Raises:
            VenueUnavailable: the account could not be read, so nothing is clear.
        """

    async def run(self) -> NoReturn:
        """Do what goes on beside the turns, until cancelled."""

    async def observe(self, mark: Instant) -> AccountSnapshot:
        """Stand at a mark: bring the market up to it and read the account.

        Raises:
            VenueUnavailable: something could not be read.
        """

    async def account(self) -> AccountSnapshot:
        """Read the account again.

        Raises:
            VenueUnavailable: it could not be read.
        """

    async def flatten(self, cause: str) -> Flattened:
        """Close every position, proven by the venue; `cause` names the command or the halt that asked for it.

        Calling it again after it was broken off, also by a later lease, goes on from what is there.
        """

    async def drain(self, *, wait_ms: int) -> tuple[str, ...]:
        """Wait until nothing is under way whose fate is not known; return what still was when the time was over."""


OpenSession: TypeAlias = Callable[[SessionContext], AbstractAsyncContextManager[Session]]
"""Opens a session.

It raises `ConfigError` where the deployment can never run like this, and `VenueUnavailable` where the venue does not
answer.
"""
