"""A wallet whose key is sealed, a deployment that trades with it, and the lease of its account, in either store."""

from base64 import b64encode
from hashlib import sha256, shake_256
from itertools import count

import msgspec

from agentic_core.domain import (
    AccountKey,
    BrokerKind,
    DeploymentId,
    DeploymentRecord,
    DeploymentStatus,
    Fence,
    Instant,
    SkillId,
)
from agentic_core.ports.secrets import KeyScope
from agentic_core.ports.wallet import ApprovedWallet, ChallengePurpose, WalletChallenge, WalletKey
from agentic_core.ports.wallet_store import AgentWalletRecord, PendingWallet, VaultKeyId
from agentic_core.store.memory import MemoryStore
from agentic_core.store.postgres import PostgresStore
from agentic_core.store.vault import KeyRing, LeasedKeyOpener, SealingKeyVault, WrappingKeys
from tests.support.stored_values import AT, USER, deployment, hash_of

__all__ = ["HOLDER", "KEY", "MASTER", "ROOT_A", "ROOT_B", "SCOPE", "CountedEntropy", "KeyRoom", "address_of", "key_of"]

MASTER = "0x" + "a" * 40
HOLDER = "machine-1"
ROOT_A, ROOT_B = (f"{name}:{b64encode(sha256(name.encode()).digest()).decode()}" for name in ("root-a", "root-b"))
SCOPE = KeyScope(tenant=USER, network="Mainnet")
_TTL_MS = 600_000
_UNTIL = Instant(AT + 90 * 86_400_000)


def address_of(secret: bytes) -> str:
    """Return the address of a key, by a rule that is simpler than the venue's."""
    return "0x" + sha256(secret).hexdigest()[:40]


def key_of(name: str) -> WalletKey:
    """Return the key of this name."""
    secret = sha256(name.encode()).digest()
    return WalletKey(address_of(secret), secret)


KEY = key_of("the wallet")


class CountedEntropy:
    """Bytes that are never the same and can be drawn again."""

    def __init__(self) -> None:
        self._numbers = count()

    def uuid(self) -> str:
        """Return the same each time; nothing here asks for one."""
        return "00000000-0000-4000-8000-000000000000"

    def token_bytes(self, count: int) -> bytes:
        """Return the next bytes."""
        return shake_256(b"%d" % next(self._numbers)).digest(count)


class KeyRoom:
    """One store with one sealed key after another."""

    def __init__(self, store: MemoryStore | PostgresStore, entropy: CountedEntropy | None = None) -> None:
        self.store = store
        self._entropy = entropy or CountedEntropy()

    def vault(self, roots: str = ROOT_A) -> SealingKeyVault:
        """Return the vault of whoever holds these root keys."""
        return SealingKeyVault(self.store.secrets, KeyRing.from_text(roots), self._entropy, address_of)

    def opener(self, deployment: DeploymentId, roots: str = ROOT_A, *, keys_of: str | None = None) -> LeasedKeyOpener:
        """Return what a deployment's runner opens its key with, or one that was given another one's wrapping keys."""
        derived = KeyRing.from_text(roots).wrapping_keys(DeploymentId(keys_of or deployment))
        under = WrappingKeys.from_text(deployment, derived.to_text())
        return LeasedKeyOpener(self.store.secrets, under, address_of)

    async def approved(self, key: WalletKey = KEY, *, name: str = "desk") -> AgentWalletRecord:
        """Keep a key and let its wallet be approved."""
        sealed = await self.vault().keep(key, SCOPE)
        await self.stage(key, sealed, name=name)
        return await self.store.wallets.activate(key.address, valid_until=_UNTIL, at=AT)

    async def stage(self, key: WalletKey, sealed: VaultKeyId, *, name: str = "desk") -> None:
        """Let a wallet wait for its owner's signature."""
        master = await self.store.wallets.pair(USER, MASTER, sig_hash=hash_of("a signature"), at=AT)
        wallet = ApprovedWallet(master=MASTER, address=key.address, name=name, valid_until=_UNTIL)
        challenge = WalletChallenge(
            purpose=ChallengePurpose.APPROVE,
            network=SCOPE.network,
            wallet=wallet,
            approves=key.address,
            valid_until=_UNTIL,
            nonce=AT,
            chain_id=1,
            typed_json="{}",
            text="",
        )
        pending = PendingWallet(master_id=master.id, vault_key_id=sealed, challenge=challenge, created_at=AT)
        await self.store.wallets.stage(pending)

    async def deployed(self, wallet: AgentWalletRecord, name: str = "first") -> DeploymentRecord:
        """Deploy a skill with a wallet."""
        skill = await self._skill()
        made = deployment(
            skill,
            name=name,
            broker=BrokerKind.HYPERLIQUID_MAINNET,
            account=AccountKey(f"{SCOPE.network.lower()}:{MASTER}"),
        )
        made = msgspec.structs.replace(made, hyperliquid_agent_id=wallet.id)
        await self.store.deployments.create(made)
        return made

    async def leased(self, deployment: DeploymentRecord, holder: str = HOLDER) -> Fence:
        """Take the lease of a deployment's account."""
        lease = await self.store.leases.acquire(deployment.account_key, holder, _TTL_MS, deployment=deployment.id)
        assert lease is not None
        return Fence(account=deployment.account_key, epoch=lease.epoch)

    async def ready(self) -> tuple[AgentWalletRecord, DeploymentRecord, Fence]:
        """Approve, deploy, bind, and take the lease."""
        wallet = await self.approved()
        made = await self.deployed(wallet)
        await self.vault().rebind(wallet.vault_key_id, made.id)
        return wallet, made, await self.leased(made)

    async def stop(self, deployment: DeploymentRecord) -> None:
        """End a deployment and let its lease go."""
        for status in (DeploymentStatus.RUNNING, DeploymentStatus.STOPPING, DeploymentStatus.STOPPED):
            await self.store.deployments.move(deployment.id, status, at=AT)

    async def _skill(self) -> SkillId:
        payload = '{"model":"rules"}'
        saved = await self.store.skills.save(
            USER, name="Crossing", slug="crossing", payload=payload, payload_hash=hash_of(payload)
        )
        return saved.skill_id
