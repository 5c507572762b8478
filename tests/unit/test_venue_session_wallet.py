"""A session whose agent wallet runs out soon, or is revoked while it trades."""

import pytest

from agentic_core import domain as d
from agentic_core.errors import ConfigError
from agentic_core.logevents import LogEvent
from agentic_core.ports.wallet import ApprovedWallet, ChallengePurpose, WalletChallenge
from agentic_core.ports.wallet_store import PendingWallet, VaultKeyId
from tests.support.hyperliquid_desk import OWNER, WALLET
from tests.support.session_place import Room, play
from tests.support.stored_values import hash_of, uuid_of


async def approve(room: Room, valid_ms: int) -> None:
    """Keep the wallet that signs in the store, valid for so long."""
    now = room.world.clock.now()
    until = d.Instant(now + valid_ms)
    master = await room.store.wallets.pair(d.UserId("u"), OWNER.address, sig_hash=hash_of("a signature"), at=now)
    challenge = WalletChallenge(
        purpose=ChallengePurpose.APPROVE,
        network="Testnet",
        wallet=ApprovedWallet(master=OWNER.address, address=WALLET.address, name="desk", valid_until=until),
        approves=WALLET.address,
        valid_until=until,
        nonce=now,
        chain_id=42161,
        typed_json="{}",
        text="",
    )
    key = VaultKeyId(uuid_of("a key"))
    await room.store.wallets.stage(
        PendingWallet(master_id=master.id, vault_key_id=key, challenge=challenge, created_at=now)
    )
    await room.store.wallets.activate(WALLET.address, valid_until=until, at=now)


def test_session_opens_nothing_more_on_the_last_day_of_its_wallet_and_still_closes() -> None:
    """From a minute after that day has begun; what is held stays protected and gets flat."""

    async def story(room: Room) -> None:
        await approve(room, d.DAY_MS + 90_000)
        async with room.running() as place:
            assert isinstance((await place.buys(500)).result, d.Executed)
            await place.hears(LogEvent.WALLET_EXPIRING)
            assert place.session.restrictions == {d.Restriction.KEY_EXPIRING}
            await room.world.clock.sleep(20)
            denied = (await place.buys(500)).result
            assert isinstance(denied, d.RejectedResult), denied
            assert denied.rule == "R3_REDUCING"
            assert (await place.session.flatten("command:1")).left == ()
            assert await room.positions() == {}

    play(story)


async def trade_until_the_end(room: Room) -> None:
    """Buy, and lose the wallet."""
    async with room.running() as place:
        await place.buys(500)
        await place.stop()
        await room.store.wallets.revoke(WALLET.address, at=room.world.clock.now())
        await room.world.clock.sleep(61)
        raise AssertionError("it went on")


async def open_again(room: Room) -> None:
    """Try it once more."""
    async with room.opened():
        raise AssertionError("it was opened")


def test_session_ends_within_a_minute_of_its_wallet_being_revoked() -> None:
    """For good: the deployment cannot run like this, and its stop rests on."""

    async def story(room: Room) -> None:
        await approve(room, 90 * d.DAY_MS)
        for trades in (trade_until_the_end, open_again):
            with pytest.raises(ConfigError, match="may trade no longer"):
                await trades(room)
        assert len([order for order in room.venue.truth().orders if order.live]) == 1

    play(story)
