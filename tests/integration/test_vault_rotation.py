"""Rotating and rebinding, broken off at every step and done by several at once: no key is lost, none opens twice."""

from collections.abc import AsyncIterator

import anyio
import pytest

from agentic_core.domain import DeploymentId, DeploymentRecord, Fence
from agentic_core.errors import AgenticError, Fenced, KeyUnavailable, NotFound
from agentic_core.ports.secrets import SealedKey, SecretStore
from agentic_core.ports.wallet_store import VaultKeyId
from agentic_core.store.memory import MemoryStore
from agentic_core.store.postgres import open_store
from agentic_core.store.vault import KeyRing, Rewrapping
from agentic_core.store.vault.envelope import opened
from tests.support.sealed_keys import HOLDER, KEY, ROOT_A, ROOT_B, SCOPE, CountedEntropy, KeyRoom, key_of

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

SPARES = [key_of("a spare"), key_of("another spare")]
OLD, NEW = f"{ROOT_A},{ROOT_B}", f"{ROOT_B},{ROOT_A}"


class Broken(Exception):
    """The process ends here."""


class BreakingSecrets:
    """Another store of secrets, until a call before or after which the process ends."""

    def __init__(self, store: SecretStore, call: int, *, is_done: bool) -> None:
        """Take the call's number, and whether it is done before the process ends."""
        self._store = store
        self._left = call
        self._is_done = is_done

    def _step(self, *, is_done: bool) -> None:
        if self._left == 0 and is_done == self._is_done:
            raise Broken
        self._left -= is_done

    async def create(self, sealed: SealedKey) -> VaultKeyId:
        """Keep one."""
        return await self._store.create(sealed)

    async def sealed(self, key: VaultKeyId) -> SealedKey | None:
        """Return one."""
        self._step(is_done=False)
        kept = await self._store.sealed(key)
        self._step(is_done=True)
        return kept

    async def replace(self, key: VaultKeyId, before: SealedKey, after: SealedKey) -> bool:
        """Replace one."""
        self._step(is_done=False)
        was_replaced = await self._store.replace(key, before, after)
        self._step(is_done=True)
        return was_replaced

    async def open(self, deployment: DeploymentId, fence: Fence, holder: str) -> SealedKey:
        """Hand one out."""
        return await self._store.open(deployment, fence, holder)

    async def destroy(self, key: VaultKeyId) -> None:
        """Destroy one."""
        await self._store.destroy(key)

    async def orphans(self, *, older_than_ms: int) -> tuple[VaultKeyId, ...]:
        """List those without a wallet."""
        return await self._store.orphans(older_than_ms=older_than_ms)

    async def not_under(self, kek_id: str) -> tuple[VaultKeyId, ...]:
        """List those under other roots."""
        return await self._store.not_under(kek_id)


def breaking(room: KeyRoom, roots: str, call: int, *, is_done: bool) -> Rewrapping:
    """Return what seals anew until its process ends."""
    store = BreakingSecrets(room.store.secrets, call, is_done=is_done)
    return Rewrapping(store, KeyRing.from_text(roots), CountedEntropy())


@pytest.fixture
async def room(address: str | None) -> AsyncIterator[KeyRoom]:
    """Yield a room with each empty store in turn."""
    if address is None:
        yield KeyRoom(MemoryStore())
        return
    async with open_store(address) as store:
        yield KeyRoom(store)


async def opens_for(room: KeyRoom, key: VaultKeyId, *deployments: DeploymentId | None) -> list[DeploymentId | None]:
    """Return those of these deployments for which a key opens with both roots, whatever the store says it is for."""
    kept = await room.store.secrets.sealed(key)
    assert kept is not None
    found = []
    for deployment in deployments:
        try:
            assert opened(kept, KeyRing.from_text(NEW).wrapping_keys(deployment)).address == kept.address
        except KeyUnavailable:
            continue
        found.append(deployment)
    return found


@pytest.mark.parametrize("is_done", [False, True])
async def test_rotation_that_ends_anywhere_loses_nothing(room: KeyRoom, *, is_done: bool) -> None:
    """Three keys are two calls each; wherever it stops, every key opens, and the next rotation finishes."""
    wallet, made, fence = await room.ready()
    spares = [await room.vault().keep(key, SCOPE) for key in SPARES]
    for call in range(6):
        before, after = (OLD, NEW) if call % 2 == 0 else (NEW, OLD)
        newest = KeyRing.from_text(after).newest
        with pytest.raises(Broken):
            await breaking(room, after, call, is_done=is_done).rotate()
        done = (call + is_done) // 2
        assert len(await room.store.secrets.not_under(newest)) == 3 - done
        assert (await room.opener(made.id, before).open(fence, HOLDER)).reveal() == KEY.reveal()
        assert [await opens_for(room, spare, None) for spare in spares] == [[None], [None]]
        assert (await room.vault(after).rotate()).rewrapped == 3 - done
        assert await room.store.secrets.not_under(newest) == ()
    assert (await room.opener(made.id, ROOT_A).open(fence, HOLDER)).reveal() == KEY.reveal()
    assert await opens_for(room, wallet.vault_key_id, made.id, None) == [made.id]


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("call", [0, 1])
async def test_rebinding_that_ends_anywhere_binds_to_one(room: KeyRoom, call: int, *, is_done: bool) -> None:
    """To the deployment before or to the one after, and never to both; done once more it is the one after."""
    wallet, first, _ = await room.ready()
    await room.stop(first)
    second = await room.deployed(wallet, "second")
    with pytest.raises(Broken):
        await breaking(room, ROOT_A, call, is_done=is_done).rebind(wallet.vault_key_id, second.id)
    expected = second.id if (call, is_done) == (1, True) else first.id
    assert await opens_for(room, wallet.vault_key_id, first.id, second.id, None) == [expected]
    for _ in range(2):
        await room.vault().rebind(wallet.vault_key_id, second.id)
        assert await opens_for(room, wallet.vault_key_id, first.id, second.id, None) == [second.id]


async def test_all_at_once_leave_every_key_openable(database: str) -> None:
    """Four rotate to either root, two rebind, one destroys a key: over connections of their own."""
    async with open_store(database) as store:
        room = KeyRoom(store)
        wallet = await room.approved()
        made = await room.deployed(wallet)
        spares = [await room.vault().keep(key_of(f"spare {number}"), SCOPE) for number in range(6)]
        for _ in range(3):
            async with anyio.create_task_group() as tasks:
                for roots in (OLD, NEW, OLD, NEW):
                    tasks.start_soon(rotated, database, roots)
                for roots in (OLD, NEW):
                    tasks.start_soon(rebound, database, roots, wallet.vault_key_id, made)
                tasks.start_soon(store.secrets.destroy, spares.pop())
            assert await opens_for(room, wallet.vault_key_id, made.id, None) == [made.id]
            assert [await opens_for(room, spare, None) for spare in spares] == [[None]] * len(spares)
        await room.vault(NEW).rotate()
        opener = room.opener(made.id, ROOT_B)
        assert (await opener.open(await room.leased(made), HOLDER)).reveal() == KEY.reveal()


async def rotated(database: str, roots: str) -> None:
    """Rotate in a process of its own; what others had in their hands may stay for the next time."""
    async with open_store(database) as store:
        rotation = await KeyRoom(store).vault(roots).rotate()
        assert all("in a row" in cause for cause in rotation.failures.values())


async def rebound(database: str, roots: str, key: VaultKeyId, made: DeploymentRecord) -> None:
    """Rebind in a process of its own."""
    async with open_store(database) as store:
        await KeyRoom(store).vault(roots).rebind(key, made.id)


async def test_destroyed_while_it_is_sealed_anew_stays_destroyed(room: KeyRoom) -> None:
    """Whoever had read it puts nothing back."""
    key = await room.vault().keep(SPARES[0], SCOPE)
    kept = await room.store.secrets.sealed(key)
    assert kept is not None
    await room.vault().destroy(key)
    assert not await room.store.secrets.replace(key, kept, kept)
    assert await room.store.secrets.sealed(key) is None
    with pytest.raises(NotFound):
        await room.vault(NEW).rebind(key, DeploymentId(SCOPE.tenant))


async def test_predecessor_cannot_open_with_what_it_remembers(room: KeyRoom) -> None:
    """After a takeover its epoch is stale, and after a rebinding its wrapping keys open nothing that is kept."""
    wallet, first, fence = await room.ready()
    await room.store.leases.revoke(first.account_key)
    await room.store.leases.allow(first.account_key)
    taken = await room.leased(first, "machine-2")
    assert taken.epoch > fence.epoch
    opener = room.opener(first.id)
    for asked, holder in ((fence, HOLDER), (fence, "machine-2"), (taken, HOLDER)):
        with pytest.raises(Fenced):
            await opener.open(asked, holder)
    assert (await opener.open(taken, "machine-2")).reveal() == KEY.reveal()
    await room.stop(first)
    second = await room.deployed(wallet, "second")
    await room.vault().rebind(wallet.vault_key_id, second.id)
    with pytest.raises(AgenticError, match="sealed for another deployment"):
        await opener.open(taken, "machine-2")
    assert await opens_for(room, wallet.vault_key_id, first.id, second.id) == [second.id]
