"""Agent wallets that were approved, and the deployments on mainnet that need one, for tests of the stores."""

from agentic_core.domain import DAY_MS, BrokerKind, DeploymentRecord, DeploymentStatus, Instant, SkillId, UserId
from agentic_core.ports.repositories import Store
from agentic_core.ports.wallet import ApprovedWallet, ChallengePurpose, WalletChallenge
from agentic_core.ports.wallet_store import PendingWallet, VaultKeyId
from tests.support.stored_values import AT, MASTER, USER, WALLET, deployment, hash_of, uuid_of

__all__ = ["approved_wallet", "live_deployment"]

_UNTIL = Instant(AT + 90 * DAY_MS)


async def approved_wallet(
    store: Store, *, user: UserId = USER, address: str = WALLET, name: str = "desk", master: str = MASTER
) -> str:
    """Pair a master with a user, approve a wallet for it, unless that was done before, and return the wallet's id."""
    known = await store.wallets.find(address)
    if known is not None:
        return known.id
    paired = await store.wallets.pair(user, master, sig_hash=hash_of("a signature"), at=AT)
    challenge = WalletChallenge(
        purpose=ChallengePurpose.APPROVE,
        network="Mainnet",
        wallet=ApprovedWallet(master=master, address=address, name=name, valid_until=_UNTIL),
        approves=address,
        valid_until=_UNTIL,
        nonce=AT,
        chain_id=42161,
        typed_json="{}",
        text="Sign this",
    )
    key = VaultKeyId(uuid_of(f"key of {address}"))
    await store.wallets.stage(PendingWallet(master_id=paired.id, vault_key_id=key, challenge=challenge, created_at=AT))
    return (await store.wallets.activate(address, valid_until=_UNTIL, at=AT)).id


async def live_deployment(
    store: Store,
    skill: SkillId,
    *,
    name: str = "live",
    status: DeploymentStatus = DeploymentStatus.PROVISIONING,
) -> DeploymentRecord:
    """Deploy a skill on mainnet with the user's agent wallet, and return that."""
    await approved_wallet(store)
    live = deployment(skill, name=name, status=status, broker=BrokerKind.HYPERLIQUID_MAINNET)
    await store.deployments.create(live)
    return live
