"""What both stores promise about agent wallets: kept before they are signed, one for each name, and how they ended."""

from collections.abc import AsyncIterator

import anyio
import msgspec
import pytest

from agentic_core.domain import DAY_MS, Instant, UserId
from agentic_core.errors import Conflict, NotFound, UsageError
from agentic_core.ports.wallet import ApprovedWallet, ChallengePurpose, ExpiryWarning, Gone, WalletChallenge, WalletGone
from agentic_core.ports.wallet_store import (
    AgentWalletRecord,
    MasterWallet,
    MasterWalletId,
    PendingWallet,
    RevocationPlane,
    VaultKeyId,
    WalletEnd,
    WalletStore,
)
from agentic_core.store.memory import MemoryStore
from tests.support.narrow_roles import open_narrow_store
from tests.support.stored_values import AT, USER, hash_of, uuid_of

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.wallet_store.WalletStore",)

MASTER = "0x" + "a" * 40
ONE, TWO, THREE = ("0x" + digit * 40 for digit in "123")
PROOF = hash_of("a signature")
UNTIL = Instant(AT + 90 * DAY_MS)
LATER = Instant(AT + 60_000)
TYPED = '{"message":{"agentName":"desk ☃"},"nonce":1640995200123}'


@pytest.fixture
async def store(address: str | None) -> AsyncIterator[WalletStore]:
    """Yield each empty store in turn."""
    if address is None:
        yield MemoryStore().wallets
        return
    async with open_narrow_store(address) as opened:
        yield opened.wallets


@pytest.fixture
async def master(store: WalletStore) -> MasterWallet:
    """Give a paired account."""
    return await store.pair(USER, MASTER, sig_hash=PROOF, at=AT)


def pending(
    master: MasterWallet, address: str = ONE, *, name: str = "desk", network: str = "Testnet", at: int = AT
) -> PendingWallet:
    """Make a wallet whose owner is asked to sign."""
    challenge = WalletChallenge(
        purpose=ChallengePurpose.APPROVE,
        network=network,
        wallet=ApprovedWallet(master=master.address, address=address, name=name, valid_until=UNTIL),
        approves=address,
        valid_until=UNTIL,
        nonce=at,
        chain_id=42161,
        typed_json=TYPED,
        text='Sign "this"\nor do not',
    )
    key = VaultKeyId(uuid_of(f"key of {address}"))
    return PendingWallet(master_id=master.id, vault_key_id=key, challenge=challenge, created_at=Instant(at))


async def active(store: WalletStore, master: MasterWallet, address: str = ONE, *, at: int = AT) -> AgentWalletRecord:
    """Keep a wallet and make it the one that trades."""
    await store.stage(pending(master, address, at=at))
    return await store.activate(address, valid_until=UNTIL, at=Instant(at))


async def test_account_paired_again_has_the_newer_proof(store: WalletStore, master: MasterWallet) -> None:
    """It stays the same account of the same user, and comes back with every field."""
    expected = MasterWallet(
        id=master.id, user_id=USER, address=MASTER, verified_at=AT, pairing_sig_hash=PROOF, created_at=AT
    )
    assert master == expected
    again = await store.pair(USER, MASTER, sig_hash=hash_of("another"), at=LATER)
    assert again == msgspec.structs.replace(expected, verified_at=LATER, pairing_sig_hash=hash_of("another"))
    assert await store.masters(USER) == (again,)


async def test_accounts_of_a_user_come_oldest_first(store: WalletStore, master: MasterWallet) -> None:
    """Only that user's."""
    second = await store.pair(USER, THREE, sig_hash=PROOF, at=LATER)
    stranger = UserId(uuid_of("stranger"))
    other = await store.pair(stranger, TWO, sig_hash=PROOF, at=AT)
    assert await store.masters(USER) == (master, second)
    assert await store.masters(stranger) == (other,)
    assert await store.masters(UserId(uuid_of("nobody"))) == ()


async def test_account_of_another_user_is_a_conflict(store: WalletStore, master: MasterWallet) -> None:
    """Its proof stays as it was."""
    with pytest.raises(Conflict, match="paired with another user") as refused:
        await store.pair(UserId(uuid_of("stranger")), MASTER, sig_hash=hash_of("another"), at=LATER)
    assert refused.value.constraint == "hyperliquid_master_wallets_one_address"
    assert await store.masters(USER) == (master,)


@pytest.mark.parametrize(
    ("written", "proof"), [("0x" + "A" * 40, PROOF), ("0x12", PROOF), (f"{ONE}\n", PROOF), (ONE, "ab"), (ONE, "G" * 64)]
)
async def test_account_or_proof_that_is_none_is_refused(store: WalletStore, written: str, proof: str) -> None:
    """Addresses are compared as text, so they are lower-case or not kept."""
    with pytest.raises(UsageError, match="lower-case hex digits"):
        await store.pair(USER, written, sig_hash=proof, at=AT)
    assert await store.masters(USER) == ()


async def test_waiting_wallet_comes_back_as_it_was_kept(store: WalletStore, master: MasterWallet) -> None:
    """With its challenge to the letter: another process hands the signature in."""
    kept = pending(master)
    await store.stage(kept)
    assert await store.pending(ONE) == kept
    assert (kept.wallet.address, kept.wallet.name) == (ONE, "desk")
    assert await store.pending(TWO) is None
    assert await store.find(ONE) is None


async def test_waiting_wallets_are_those_of_the_network(store: WalletStore, master: MasterWallet) -> None:
    """Oldest first; several may wait for one name."""
    late, early = pending(master, ONE, at=LATER), pending(master, THREE)
    for one in (late, early, pending(master, TWO, network="Mainnet")):
        await store.stage(one)
    assert await store.waiting("Testnet") == (early, late)


async def test_wallet_is_discarded_once_and_for_all_that_ask(store: WalletStore, master: MasterWallet) -> None:
    """A second time does no harm."""
    await store.stage(pending(master))
    await store.discard(ONE)
    await store.discard(ONE)
    assert await store.pending(ONE) is None
    with pytest.raises(NotFound, match="no agent wallet"):
        await store.activate(ONE, valid_until=UNTIL, at=AT)


async def test_wallet_of_an_unpaired_account_is_refused(store: WalletStore, master: MasterWallet) -> None:
    """There is nobody who could sign for it."""
    stray = msgspec.structs.replace(pending(master), master_id=MasterWalletId(uuid_of("nobody")))
    with pytest.raises(NotFound, match="paired account"):
        await store.stage(stray)


@pytest.mark.parametrize("is_active", [False, True])
async def test_address_or_key_kept_before_is_a_conflict(
    store: WalletStore, master: MasterWallet, *, is_active: bool
) -> None:
    """Also once the wallet was approved: a key that lost its rights never comes back."""
    first = pending(master)
    await store.stage(first)
    if is_active:
        await store.activate(ONE, valid_until=UNTIL, at=AT)
    same_key = msgspec.structs.replace(pending(master, TWO), vault_key_id=first.vault_key_id)
    same_address = msgspec.structs.replace(first, vault_key_id=VaultKeyId(uuid_of("new key")))
    for again in (same_key, same_address):
        with pytest.raises(Conflict, match="draw a new one"):
            await store.stage(again)
    assert [one.wallet.address for one in await store.waiting("Testnet")] == ([] if is_active else [ONE])


async def test_wallet_made_active_waits_no_more(store: WalletStore, master: MasterWallet) -> None:
    """It comes back with every field, is found by its name, and is watched."""
    made = await active(store, master)
    assert made == AgentWalletRecord(
        id=made.id,
        master_id=master.id,
        master=MASTER,
        network="Testnet",
        address=ONE,
        name="desk",
        vault_key_id=VaultKeyId(uuid_of(f"key of {ONE}")),
        valid_until=UNTIL,
        approved_at=AT,
    )
    assert await store.pending(ONE) is None
    assert await store.find(ONE) == made
    assert await store.holder(master.id, "Testnet", "desk") == made
    assert await store.holder(master.id, "Mainnet", "desk") is None
    assert await store.watched("Testnet") == (made,)
    assert await store.watched("Mainnet") == ()


async def test_wallet_made_active_again_stays_as_it_is(store: WalletStore, master: MasterWallet) -> None:
    """Whoever submitted and whoever swept may both see it listed."""
    made = await active(store, master)
    assert await store.activate(ONE, valid_until=LATER, at=LATER) == made


async def test_wallet_with_the_name_before_was_replaced(store: WalletStore, master: MasterWallet) -> None:
    """Its row says by whom; it is watched until the venue shows it too."""
    old = await active(store, master)
    new = await active(store, master, TWO, at=LATER)
    replaced = msgspec.structs.replace(old, revoked_at=LATER, ended_by=WalletEnd.REPLACED, replaced_by=TWO)
    assert await store.find(ONE) == replaced
    assert await store.holder(master.id, "Testnet", "desk") == new
    assert await store.watched("Testnet") == (replaced, new)


async def test_wallets_of_one_name_made_active_at_once_leave_one(store: WalletStore, master: MasterWallet) -> None:
    """Nobody is refused: the later one has the name."""
    for address in (ONE, TWO, THREE):
        await store.stage(pending(master, address))

    async def make(address: str) -> None:
        await store.activate(address, valid_until=UNTIL, at=AT)

    async with anyio.create_task_group() as tasks:
        for address in (ONE, TWO, THREE):
            tasks.start_soon(make, address)
    watched = await store.watched("Testnet")
    assert len(watched) == 3
    assert [one for one in watched if one.revoked_at is None] == [await store.holder(master.id, "Testnet", "desk")]


async def test_wallet_revoked_is_nobodys_and_still_watched(store: WalletStore, master: MasterWallet) -> None:
    """The first time counts."""
    made = await active(store, master)
    revoked = msgspec.structs.replace(made, revoked_at=LATER, ended_by=WalletEnd.REVOKED)
    assert await store.revoke(ONE, at=LATER) == revoked
    assert await store.revoke(ONE, at=UNTIL) == revoked
    assert await store.holder(master.id, "Testnet", "desk") is None
    assert await store.watched("Testnet") == (revoked,)


async def test_planes_of_a_revocation_are_noted_one_by_one(store: WalletStore, master: MasterWallet) -> None:
    """The first time each; the record and the venue have methods of their own."""
    await active(store, master)
    assert (await store.reached(ONE, RevocationPlane.LEASE, at=AT)).lease_revoked_at == AT
    await store.reached(ONE, RevocationPlane.LEASE, at=UNTIL)
    noted = await store.reached(ONE, RevocationPlane.KEY, at=LATER)
    assert (noted.lease_revoked_at, noted.key_destroyed_at) == (AT, LATER)
    for plane in (RevocationPlane.RECORD, RevocationPlane.VENUE):
        with pytest.raises(UsageError, match="only the lease and the key"):
            await store.reached(ONE, plane, at=AT)


@pytest.mark.parametrize(
    ("how", "ended_by"),
    [(Gone.EXPIRED, "expired"), (Gone.REPLACED, "replaced"), (Gone.NOT_LISTED, "not_listed")],
)
async def test_wallet_that_the_venue_dropped_is_revoked_and_watched_no_more(
    store: WalletStore, master: MasterWallet, how: Gone, ended_by: str
) -> None:
    """Seen a second time is no news."""
    made = await active(store, master)
    gone = WalletGone(how=how, replaced_by=TWO if how is Gone.REPLACED else None)
    assert await store.end(ONE, gone, at=LATER)
    assert not await store.end(ONE, WalletGone(how=Gone.NOT_LISTED), at=UNTIL)
    assert await store.find(ONE) == msgspec.structs.replace(
        made, revoked_at=LATER, gone_at=LATER, ended_by=WalletEnd(ended_by), replaced_by=gone.replaced_by
    )
    assert await store.watched("Testnet") == ()


async def test_wallet_revoked_before_it_was_gone_keeps_its_end(store: WalletStore, master: MasterWallet) -> None:
    """What the venue shows later adds to it."""
    await active(store, master)
    revoked = await store.revoke(ONE, at=AT)
    assert await store.end(ONE, WalletGone(how=Gone.REPLACED, replaced_by=THREE), at=LATER)
    assert await store.find(ONE) == msgspec.structs.replace(revoked, gone_at=LATER, replaced_by=THREE)


async def test_warning_is_news_once_and_only_when_nearer(store: WalletStore, master: MasterWallet) -> None:
    """However many processes look."""
    await active(store, master)
    days = [ExpiryWarning.DAYS_14, ExpiryWarning.DAYS_14, ExpiryWarning.DAYS_1, ExpiryWarning.DAYS_3]
    assert [await store.warned(ONE, one) for one in (*days, ExpiryWarning.EXPIRED)] == [True, False, True, False, True]
    found = await store.find(ONE)
    assert found is not None
    assert found.expiry_told is ExpiryWarning.EXPIRED


async def test_wallet_that_was_never_approved_is_not_found(store: WalletStore, master: MasterWallet) -> None:
    """Also while it waits."""
    await store.stage(pending(master))
    for change in (
        store.revoke(ONE, at=AT),
        store.reached(ONE, RevocationPlane.KEY, at=AT),
        store.end(ONE, WalletGone(how=Gone.EXPIRED), at=AT),
        store.warned(ONE, ExpiryWarning.DAYS_3),
    ):
        with pytest.raises(NotFound, match="no agent wallet"):
            await change
