"""The agent wallet that signs: what it may no longer do ends the deployment, or keeps it from opening anything."""

from dataclasses import dataclass

import pytest

from agentic_core.domain import DAY_MS, HOUR_MS, Instant
from agentic_core.errors import ConfigError, VenueUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.wallet_watch import WalletWatch
from agentic_core.store.memory import MemoryStore
from tests.support.agent_wallets import approved_wallet
from tests.support.stored_values import AT, WALLET

pytestmark = pytest.mark.anyio

ENDS_AT = Instant(AT + 90 * DAY_MS)


@dataclass
class Desk:
    """A wallet that was approved, and what is said of it."""

    store: MemoryStore
    said: list[LogEvent]
    now: Instant = AT

    def say(self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **_: str | int | None) -> None:
        """Keep the event."""
        assert (WALLET in message, level) == (True, LogLevel.ERROR)
        self.said.append(event)

    def watch(self, signer: str | None = WALLET) -> WalletWatch:
        """Return a watch of the wallet."""
        return WalletWatch(signer, self.store.wallets, venue_now=lambda: self.now, say=self.say)


async def approved() -> Desk:
    """Return a desk with a wallet that is valid for 90 days."""
    desk = Desk(MemoryStore(now=lambda: AT), [])
    await approved_wallet(desk.store)
    return desk


async def test_wallet_that_expires_within_a_day_is_said_once() -> None:
    """And held to be expiring from then on."""
    desk = await approved()
    watch = desk.watch(WALLET.upper().replace("0X", "0x"))
    for now, is_expiring in ((ENDS_AT - DAY_MS - 1, False), (ENDS_AT - DAY_MS, True), (ENDS_AT - HOUR_MS, True)):
        desk.now = Instant(now)
        await watch.look()
        assert watch.is_expiring is is_expiring
    assert desk.said == [LogEvent.WALLET_EXPIRING]


async def test_wallet_that_expired_ends_the_deployment() -> None:
    """Nothing it signs is taken any more."""
    desk = await approved()
    desk.now = ENDS_AT
    with pytest.raises(ConfigError, match="expired at"):
        await desk.watch().look()


async def test_wallet_that_was_revoked_ends_the_deployment() -> None:
    """Whoever revoked it."""
    desk = await approved()
    await desk.store.wallets.revoke(WALLET, at=AT)
    with pytest.raises(ConfigError, match=r"may trade no longer \(revoked\)"):
        await desk.watch().look()


@pytest.mark.parametrize("signer", [None, "0x" + "99" * 20])
async def test_signer_that_is_not_kept_here_is_left_alone(signer: str | None) -> None:
    """On paper nothing is signed, and a test network may have keys of its own."""
    desk = await approved()
    watch = desk.watch(signer)
    await watch.look()
    assert not watch.is_expiring


async def test_venue_is_asked_first_and_need_not_answer() -> None:
    """What is known here still counts."""
    desk, asked = await approved(), list[Instant]()

    async def ask(now: Instant) -> None:
        asked.append(now)
        message = "away"
        raise VenueUnavailable(message)

    watch = WalletWatch(WALLET, desk.store.wallets, venue_now=lambda: desk.now, say=desk.say, ask_venue=ask)
    await watch.look()
    assert asked == [AT]
