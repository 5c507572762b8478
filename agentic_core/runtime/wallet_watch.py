"""Whether the agent wallet that signs may still do so, as it is known here."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeAlias

from agentic_core.domain.times import DAY_MS, Instant, show
from agentic_core.errors import ConfigError, StoreUnavailable, VenueUnavailable
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ports.clock import Clock
from agentic_core.ports.wallet_store import AgentWalletRecord, WalletStore

__all__ = ["AskVenue", "WalletWatch"]

AskVenue: TypeAlias = Callable[[Instant], Awaitable[None]]
"""Has the venue asked about the wallets at an instant of its time, and notes what it says."""

_LOOK_EVERY_S: Final = 60.0


class WalletWatch:
    """Looks at one wallet every minute; a wallet that was revoked ends the deployment."""

    def __init__(
        self,
        signer: str | None,
        wallets: WalletStore,
        *,
        venue_now: Callable[[], Instant],
        say: Say,
        ask_venue: AskVenue | None = None,
    ) -> None:
        """Watch a wallet by its address; where nothing is signed, there is none."""
        self._signer: Final = signer
        self._wallets: Final = wallets
        self._venue_now: Final = venue_now
        self._say: Final = say
        self._ask_venue: Final = ask_venue
        self.is_expiring = False
        """Whether its approval runs out within a day, so that nothing may be opened any more."""

    async def look(self) -> None:
        """Look now.

        Raises:
            ConfigError: the wallet was revoked, or its approval has run out.
        """
        if self._signer is None:
            return
        if self._ask_venue is not None:
            with suppress(VenueUnavailable):  # what is known here still counts
                await self._ask_venue(self._venue_now())
        wallet = await self._wallets.find(self._signer.lower())
        if wallet is not None:
            self._judge(wallet)

    async def run(self, clock: Clock) -> None:
        """Look every minute, for ever.

        Raises:
            ConfigError: the wallet was revoked, or its approval has run out.
        """
        while True:
            await clock.sleep(_LOOK_EVERY_S)
            try:
                await self.look()
            except StoreUnavailable:
                continue

    def _judge(self, wallet: AgentWalletRecord) -> None:
        now = self._venue_now()
        if wallet.revoked_at is not None:
            how = "revoked" if wallet.ended_by is None else wallet.ended_by.value
            message = f"agent wallet {wallet.address} may trade no longer ({how}); its owner approves a new one"
            raise ConfigError(message)
        if wallet.valid_until <= now:
            message = (
                f"agent wallet {wallet.address} expired at {show(wallet.valid_until)}; its owner approves a new one"
            )
            raise ConfigError(message)
        was, self.is_expiring = self.is_expiring, wallet.valid_until - now <= DAY_MS
        if self.is_expiring and not was:
            message = (
                f"agent wallet {wallet.address} expires at {show(wallet.valid_until)}, within a day; "
                "nothing is opened any more until its owner approves a new one"
            )
            self._say(LogEvent.WALLET_EXPIRING, message, level=LogLevel.ERROR, wallet=wallet.address)
