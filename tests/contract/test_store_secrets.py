"""What both stores promise about sealed keys, and what the vault makes of it: kept, handed out, sealed anew, gone."""

from collections.abc import AsyncIterator

import anyio
import msgspec
import pytest

from agentic_core.domain import DeploymentId, Fence, Instant
from agentic_core.errors import Conflict, Fenced, KeyUnavailable, NotFound, UsageError
from agentic_core.ports.secrets import KeyScope, SealedKey
from agentic_core.ports.wallet import WalletKey
from agentic_core.ports.wallet_store import VaultKeyId
from agentic_core.store.memory import MemoryStore
from tests.support.narrow_roles import open_narrow_store
from tests.support.sealed_keys import HOLDER, KEY, MASTER, ROOT_A, ROOT_B, SCOPE, KeyRoom, key_of
from tests.support.stored_values import AT, USER, uuid_of

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = (
    "agentic_core.ports.secrets.SecretStore",
    "agentic_core.ports.secrets.KeyVault",
    "agentic_core.ports.secrets.KeyOpener",
)

NOBODY = VaultKeyId(uuid_of("no key"))
STRANGER = DeploymentId(uuid_of("a stranger"))


@pytest.fixture
async def room(address: str | None) -> AsyncIterator[KeyRoom]:
    """Yield a room with each empty store in turn."""
    if address is None:
        yield KeyRoom(MemoryStore())
        return
    async with open_narrow_store(address) as store:
        yield KeyRoom(store)


def other(letter: str) -> str:
    """Return another letter."""
    return "B" if letter == "A" else "A"


async def test_key_is_kept_sealed(room: KeyRoom) -> None:
    """The store holds its scope, its address, and an envelope of four parts under the newest root key."""
    kept = await room.store.secrets.sealed(await room.vault().keep(KEY, SCOPE))
    assert kept is not None
    assert (kept.scope, kept.address) == (SCOPE, KEY.address)
    version, kek_id, wrapped, inner = kept.envelope.split(".")
    assert (version, kek_id, len(wrapped), len(inner)) == ("v1", "root-a", 80, 80)


async def test_key_is_kept_once_in_its_scope(room: KeyRoom) -> None:
    """A second time is a conflict; that nobody approves a key twice depends on it."""
    await room.vault().keep(KEY, SCOPE)
    with pytest.raises(Conflict, match="is kept already"):
        await room.vault().keep(KEY, SCOPE)


async def test_key_of_another_address_is_not_kept(room: KeyRoom) -> None:
    """It would open to something that signs for somebody else."""
    with pytest.raises(UsageError, match="another address"):
        await room.vault().keep(WalletKey(MASTER, KEY.reveal()), SCOPE)
    assert await room.store.secrets.orphans(older_than_ms=0) == ()


@pytest.mark.parametrize(
    "sealed",
    [
        SealedKey(scope=SCOPE, address=KEY.address, envelope=KEY.reveal().hex()),
        SealedKey(scope=SCOPE, address=KEY.address, envelope="v1.root-a.AA.AA"),
        SealedKey(scope=KeyScope(tenant=USER, network="a/b"), address=KEY.address, envelope="v1.a." + "A" * 80 * 2),
        SealedKey(scope=SCOPE, address=KEY.address.upper(), envelope=f"v1.a.{'A' * 80}.{'A' * 80}"),
    ],
)
async def test_store_takes_nothing_but_sealed_keys(room: KeyRoom, sealed: SealedKey) -> None:
    """And does not repeat what it was given."""
    with pytest.raises(UsageError) as refused:
        await room.store.secrets.create(sealed)
    assert KEY.reveal().hex() not in str(refused.value)


async def test_key_without_a_wallet_is_an_orphan(room: KeyRoom) -> None:
    """Until it waits for a signature, and not before it has the age that was asked for."""
    key = await room.vault().keep(KEY, SCOPE)
    assert await room.vault().orphans(older_than_ms=0) == (key,)
    assert await room.vault().orphans(older_than_ms=3_600_000) == ()
    await room.stage(KEY, key)
    assert await room.vault().orphans(older_than_ms=0) == ()


async def test_key_opens_for_the_holder_of_the_lease(room: KeyRoom) -> None:
    """With the wrapping keys of its deployment, and as often as that holder asks in its epoch."""
    _, made, fence = await room.ready()
    for _ in range(2):
        opened = await room.opener(made.id).open(fence, HOLDER)
        assert (opened.address, opened.reveal()) == (KEY.address, KEY.reveal())


async def test_key_is_given_to_nobody_without_the_lease(room: KeyRoom) -> None:
    """Another holder, another epoch, another account, another deployment, and the holder once it let go."""
    _, made, fence = await room.ready()
    other_epoch = msgspec.structs.replace(fence, epoch=fence.epoch + 1)
    other_account = Fence(account=type(fence.account)("mainnet:other"), epoch=fence.epoch)
    opener = room.opener(made.id)
    for asked, holder in ((fence, "machine-2"), (other_epoch, HOLDER), (other_account, HOLDER)):
        with pytest.raises(Fenced):
            await opener.open(asked, holder)
    with pytest.raises(Fenced):
        await room.opener(STRANGER).open(fence, HOLDER)
    await room.store.leases.revoke(made.account_key)
    with pytest.raises(Fenced):
        await opener.open(fence, HOLDER)


async def test_key_bound_to_no_deployment_is_not_handed_out(room: KeyRoom) -> None:
    """The reason says what to do."""
    wallet = await room.approved()
    made = await room.deployed(wallet)
    with pytest.raises(KeyUnavailable, match="rebind it"):
        await room.opener(made.id).open(await room.leased(made), HOLDER)


async def test_key_of_another_wallet_is_not_handed_out(room: KeyRoom) -> None:
    """A wallet was let wait with the key of another address, and with one of another tenant; both are bound to it."""
    foreign = msgspec.structs.replace(SCOPE, tenant=type(USER)(uuid_of("somebody")))
    testnet = msgspec.structs.replace(SCOPE, network="Testnet")
    for name, key, scope in (("one", "another", SCOPE), ("two", "two", foreign), ("three", "three", testnet)):
        sealed = await room.vault().keep(key_of(key), scope)
        await room.stage(key_of(name), sealed, name=name)
        wallet = await room.store.wallets.activate(key_of(name).address, valid_until=Instant(AT + 1), at=AT)
        made = await room.deployed(wallet, name)
        await room.vault().rebind(sealed, made.id)
        with pytest.raises(KeyUnavailable, match="the key of another wallet"):
            await room.opener(made.id).open(await room.leased(made), HOLDER)
        await room.stop(made)
        await room.store.leases.revoke(made.account_key)
        await room.store.leases.allow(made.account_key)


async def test_key_does_not_open_with_another_deployments_wrapping_keys(room: KeyRoom) -> None:
    """Nor with those of another root key, which are named."""
    _, made, fence = await room.ready()
    with pytest.raises(KeyUnavailable, match="does not open"):
        await room.opener(made.id, keys_of=STRANGER).open(fence, HOLDER)
    with pytest.raises(KeyUnavailable, match="'root-a'"):
        await room.opener(made.id, ROOT_B).open(fence, HOLDER)


async def test_key_of_a_revoked_wallet_is_not_handed_out(room: KeyRoom) -> None:
    """Nor one that was destroyed, which is done once and may be done again."""
    wallet, made, fence = await room.ready()
    await room.vault().destroy(wallet.vault_key_id)
    await room.vault().destroy(wallet.vault_key_id)
    with pytest.raises(KeyUnavailable, match="destroyed"):
        await room.opener(made.id).open(fence, HOLDER)
    assert await room.store.secrets.sealed(wallet.vault_key_id) is None
    await room.store.wallets.revoke(KEY.address, at=AT)
    with pytest.raises(KeyUnavailable, match="revoked"):
        await room.opener(made.id).open(fence, HOLDER)


async def test_key_is_rebound_once_its_deployment_has_stopped(room: KeyRoom) -> None:
    """Before, it is refused; afterwards only the new deployment opens it."""
    wallet, first, fence = await room.ready()
    with pytest.raises(UsageError, match="does not have"):
        await room.vault().rebind(wallet.vault_key_id, STRANGER)
    await room.stop(first)
    second = await room.deployed(wallet, "second")
    await room.vault().rebind(wallet.vault_key_id, second.id)
    with pytest.raises(KeyUnavailable, match="another deployment"):
        await room.opener(first.id).open(fence, HOLDER)
    await room.store.leases.revoke(first.account_key)
    await room.store.leases.allow(first.account_key)
    fence = await room.leased(second)
    assert (await room.opener(second.id).open(fence, HOLDER)).reveal() == KEY.reveal()


async def test_key_is_not_taken_from_a_deployment_that_runs(room: KeyRoom) -> None:
    """Whoever puts an unbound envelope in its place is refused as well."""
    wallet, _, _ = await room.ready()
    kept = await room.store.secrets.sealed(wallet.vault_key_id)
    assert kept is not None
    unbound = msgspec.structs.replace(kept, scope=SCOPE)
    with pytest.raises(UsageError, match="still has"):
        await room.store.secrets.replace(wallet.vault_key_id, kept, unbound)


async def test_rotation_seals_anew_what_is_under_an_older_root_key(room: KeyRoom) -> None:
    """Once; the same key opens under the new root, and no longer under the old one alone."""
    wallet, made, fence = await room.ready()
    orphan = await room.vault().keep(key_of("an orphan"), SCOPE)
    both = room.vault(f"{ROOT_B},{ROOT_A}")
    done = await both.rotate()
    assert (done.rewrapped, done.failures) == (2, {})
    assert (await both.rotate()).rewrapped == 0
    assert await room.store.secrets.not_under("root-b") == ()
    assert (await room.opener(made.id, ROOT_B).open(fence, HOLDER)).reveal() == KEY.reveal()
    with pytest.raises(KeyUnavailable):
        await room.opener(made.id, ROOT_A).open(fence, HOLDER)
    assert {wallet.vault_key_id, orphan} == set(await room.store.secrets.not_under("root-a"))


async def test_rotation_leaves_what_it_cannot_open(room: KeyRoom) -> None:
    """And says which and why."""
    wallet, made, fence = await room.ready()
    done = await room.vault(ROOT_B).rotate()
    assert done.rewrapped == 0
    assert "'root-a'" in done.failures[wallet.vault_key_id]
    assert (await room.opener(made.id).open(fence, HOLDER)).reveal() == KEY.reveal()


async def test_what_was_read_before_somebody_else_replaced_it_replaces_nothing(room: KeyRoom) -> None:
    """Rebinding while the keys are rotated loses neither."""
    wallet = await room.approved()
    made = await room.deployed(wallet)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(room.vault(f"{ROOT_B},{ROOT_A}").rotate)
        tasks.start_soon(room.vault(f"{ROOT_A},{ROOT_B}").rebind, wallet.vault_key_id, made.id)
    await room.vault(f"{ROOT_B},{ROOT_A}").rotate()
    opened = await room.opener(made.id, ROOT_B).open(await room.leased(made), HOLDER)
    assert opened.reveal() == KEY.reveal()


async def test_replacing_takes_the_same_key_only(room: KeyRoom) -> None:
    """A different sealed text, tenant or address is refused, and a stale read changes nothing."""
    wallet, _, _ = await room.ready()
    key, store = wallet.vault_key_id, room.store.secrets
    kept = await store.sealed(key)
    assert kept is not None
    altered = msgspec.structs.replace(kept, envelope=kept.envelope[:-1] + other(kept.envelope[-1]))
    foreign = msgspec.structs.replace(kept.scope, tenant=type(USER)(uuid_of("somebody")))
    for after in (altered, msgspec.structs.replace(kept, scope=foreign), msgspec.structs.replace(kept, address=MASTER)):
        with pytest.raises(UsageError):
            await store.replace(key, kept, after)
    assert not await store.replace(key, altered, kept)
    assert not await store.replace(NOBODY, kept, kept)
    assert await store.sealed(key) == kept


async def test_key_that_was_never_kept_is_not_rebound(room: KeyRoom) -> None:
    """There is nothing to seal anew."""
    with pytest.raises(NotFound, match="no key"):
        await room.vault().rebind(NOBODY, STRANGER)
    assert await room.store.secrets.sealed(NOBODY) is None
