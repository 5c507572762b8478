"""Wallets that wait for an approval nobody gives: what goes, what stays, and who is told."""

import json

import pytest

from agentic_core.domain.times import HOUR_MS, MINUTE_MS
from agentic_core.errors import KeyUnavailable, StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ops.outcomes import JobFigures
from agentic_core.ops.pending_wallets import ABANDONED_MS, ORPHANED_MS, PendingWallets
from agentic_core.ports.wallet_store import PendingWallet, VaultKeyId
from agentic_hl.rest import HttpOutcome, NeverLeft
from tests.support.resting import json_answer
from tests.support.wallet_flow import WalletFlow
from tests.support.wallet_room import typed_signature

pytestmark = pytest.mark.anyio

STRANGER = "0x" + "b" * 40


class Keys:
    """The vault as far as keys are destroyed in it."""

    def __init__(self) -> None:
        self.destroyed: list[VaultKeyId] = []
        self.lost: dict[VaultKeyId, int] = {}
        """Keys without a wallet, with their ages."""
        self.failure: Exception | None = None

    async def destroy(self, key: VaultKeyId) -> None:
        """Destroy one, if that works."""
        if self.failure is not None:
            raise self.failure
        self.destroyed.append(key)

    async def orphans(self, *, older_than_ms: int) -> tuple[VaultKeyId, ...]:
        """Return the old ones."""
        return tuple(key for key, age in self.lost.items() if age > older_than_ms)


class Place:
    """Somebody who asks for wallets, and the job that forgets them."""

    def __init__(self) -> None:
        self.flow = WalletFlow()
        self.keys = Keys()

    async def collect(self, network: str = "Testnet") -> JobFigures:
        """Run the job once."""
        room = self.flow.room
        job = PendingWallets(room.desk, self.flow.store, self.keys, room.clock, self.flow.services.say, network=network)
        return await room.wait(job.collect, within_ms=60_000)

    async def old(self) -> PendingWallet:
        """Return a wallet that has waited for too long."""
        pending = await self.flow.opened()
        self.flow.room.clock.freeze(ABANDONED_MS + 1)
        return pending

    async def waits(self, pending: PendingWallet) -> bool:
        """Tell whether it still waits."""
        return await self.flow.store.pending(pending.wallet.address) is not None


@pytest.fixture
def place() -> Place:
    """Give a desk at the simulated venue."""
    return Place()


def figures(*, deleted: int = 0, alarms: int = 0, unclear: int = 0, orphans: int = 0) -> JobFigures:
    """Return what the job is to answer."""
    return {"deleted": deleted, "alarms": alarms, "unclear": unclear, "orphans": orphans}


async def test_approval_that_nobody_gave_goes_with_its_key(place: Place) -> None:
    """After ten minutes, once the venue has said that it knows of no such wallet."""
    pending = await place.old()
    asked = len(place.flow.room.posts)
    assert await place.collect() == figures(deleted=1)
    assert (await place.waits(pending), place.keys.destroyed) == (False, [pending.vault_key_id])
    assert len(place.flow.room.posts) > asked
    assert await place.collect() == figures()


async def test_approval_of_ten_minutes_is_still_waited_for(place: Place) -> None:
    """Its owner may be looking at it."""
    pending = await place.flow.opened()
    place.flow.room.clock.freeze(10 * MINUTE_MS)
    assert await place.collect() == figures()
    assert await place.waits(pending)


async def test_wallet_that_the_venue_lists_keeps_its_key_and_is_told_of(place: Place) -> None:
    """Its approval went through and was never concluded here."""
    pending = await place.flow.opened()
    signature = typed_signature(pending.challenge.typed_json)
    await place.flow.wait(lambda: place.flow.room.desk.submit(pending.challenge, signature))
    place.flow.room.clock.freeze(ABANDONED_MS)
    assert await place.collect() == figures(alarms=1)
    assert (await place.waits(pending), place.keys.destroyed) == (True, [])
    assert [line[:2] for line in place.flow.said] == [(LogEvent.HUMAN_NEEDED, LogLevel.ERROR)]


async def test_wallet_that_trades_for_somebody_else_is_told_of(place: Place) -> None:
    """Nobody knows how that came, so nothing is destroyed."""
    pending = await place.old()
    role = {"role": "agent", "data": {"user": STRANGER}}

    def interfere(_path: str, body: bytes) -> HttpOutcome:
        told = {"extraAgents": [], "userRole": role}[json.loads(body)["type"]]
        return json_answer(json.dumps(told).encode())

    place.flow.room.interfere = interfere
    assert await place.collect() == figures(alarms=1)
    assert (await place.waits(pending), place.keys.destroyed) == (True, [])


async def test_venue_that_does_not_answer_keeps_everything(place: Place) -> None:
    """Nothing follows from silence."""
    pending = await place.old()
    place.flow.room.interfere = lambda _path, _body: NeverLeft(cause="connection refused")
    assert await place.collect() == figures(unclear=1)
    assert (await place.waits(pending), place.keys.destroyed, place.flow.said) == (True, [], [])


async def test_wallets_of_another_network_are_left_to_who_can_ask_there(place: Place) -> None:
    """At this venue all of them would seem unknown."""
    pending = await place.old()
    assert await place.collect("Mainnet") == figures()
    assert await place.waits(pending)


async def test_key_that_cannot_be_destroyed_keeps_its_wallet(place: Place) -> None:
    """So that it is found again the next time; the others go on."""
    pending = await place.old()
    place.keys.failure = KeyUnavailable("the vault is sealed")
    assert await place.collect() == figures()
    assert await place.waits(pending)
    assert [line[:2] for line in place.flow.said] == [(LogEvent.HUMAN_NEEDED, LogLevel.WARN)]


async def test_key_without_a_wallet_is_destroyed_once_it_is_old(place: Place) -> None:
    """A fresh one may be of a wallet that is being made."""
    old, fresh = VaultKeyId("old"), VaultKeyId("fresh")
    place.keys.lost = {old: HOUR_MS + 1, fresh: HOUR_MS}
    assert ORPHANED_MS == HOUR_MS
    assert await place.collect() == figures(orphans=1)
    assert place.keys.destroyed == [old]


async def test_database_that_is_lost_ends_the_job(place: Place) -> None:
    """The next time goes on from what is there."""
    pending = await place.old()
    place.keys.failure = StoreUnavailable("gone")
    with pytest.raises(ExceptionGroup) as raised:  # of the time that is let pass meanwhile
        await place.collect()
    assert raised.group_contains(StoreUnavailable, match="gone")
    assert await place.waits(pending)
