"""A deployment that is ready to be run: its skill, its sealed key, its login, and what its process is given."""

from decimal import Decimal

import msgspec
from psycopg.conninfo import make_conninfo

from agentic_core.backtest.instruments import instrument_for
from agentic_core.deployments import admit_paper, save_skill
from agentic_core.domain import (
    DAY_MS,
    AccountKey,
    BrokerKind,
    DeploymentId,
    DeploymentRecord,
    DeploymentStatus,
    Instant,
)
from agentic_core.domain.records import SkillVersionRecord
from agentic_core.ports.secrets import KeyScope
from agentic_core.ports.wallet import ApprovedWallet, ChallengePurpose, WalletChallenge, WalletKey
from agentic_core.ports.wallet_store import AgentWalletRecord, PendingWallet
from agentic_core.skills import load_skill
from agentic_core.store.postgres import PostgresStore
from agentic_core.store.postgres.roles import enrol_runner
from agentic_core.store.vault import KeyRing, SealingKeyVault
from agentic_core.system import SystemEntropy
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from tests.drills.restless import SKILL
from tests.support.hyperliquid_desk import OWNER, WALLET
from tests.support.sealed_keys import ROOT_A
from tests.support.stored_values import USER, hash_of

__all__ = ["DEPOSIT_USD", "Seeded", "seed_mainnet", "seed_paper"]

DEPOSIT_USD = Decimal(100_000)

_NETWORK = Network.TESTNET
"""What a venue of one's own is signed for."""
_WALLET_SECRET = bytes.fromhex("0c" * 32)
_RING = KeyRing.from_text(ROOT_A)


class Seeded(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment, and the settings that only its own process has."""

    deployment: DeploymentRecord
    settings: dict[str, str]

    @property
    def id(self) -> DeploymentId:
        """Its id."""
        return self.deployment.id

    @property
    def account(self) -> AccountKey:
        """What it trades."""
        return self.deployment.account_key


async def seed_mainnet(store: PostgresStore, dsn: str, now: Instant, *, skill: str = SKILL) -> Seeded:
    """Deploy a skill with the wallet that the venue of a drill lists, its key sealed for nobody else.

    Args:
        store: the database as its owner.
        dsn: the same.
        now: the drill's time.
        skill: the file.
    """
    version, vault = await _version(store, skill), _vault(store)
    key = WalletKey(WALLET.address, _WALLET_SECRET)
    wallet = await _approved(store, vault, key, now)
    record = DeploymentRecord(
        id=DeploymentId(SystemEntropy().uuid()),
        user_id=USER,
        skill_id=version.skill_id,
        skill_version=version.version,
        broker_kind=BrokerKind.HYPERLIQUID_MAINNET,
        status=DeploymentStatus.PROVISIONING,
        account_key=AccountKey(f"{_NETWORK.lower()}:{OWNER.address}"),
        hyperliquid_agent_id=wallet.id,
        created_at=now,
    )
    await store.deployments.create(record)
    await vault.rebind(wallet.vault_key_id, record.id)
    wrapping = _RING.wrapping_keys(record.id).to_text()
    return await _seeded(store, dsn, record, {"AGENTIC_WRAPPING_KEY": wrapping, "HYPERLIQUID_LIVE_ENABLED": "true"})


async def seed_paper(store: PostgresStore, dsn: str, now: Instant, *, skill: str = SKILL) -> Seeded:
    """Deploy a skill on paper.

    Args:
        store: the database as its owner.
        dsn: the same.
        now: the drill's time.
        skill: the file.
    """
    version = await _version(store, skill)
    deployment = DeploymentId(SystemEntropy().uuid())
    record = await admit_paper(store, USER, version, deployment=deployment, at=now)
    return await _seeded(store, dsn, record, {})


async def _seeded(store: PostgresStore, dsn: str, record: DeploymentRecord, settings: dict[str, str]) -> Seeded:
    login = await enrol_runner(dsn, record.id, SystemEntropy())
    address = make_conninfo(login)
    found = {"DEPLOYMENT_ID": record.id, "DATABASE_URL": address, **settings}
    return Seeded(deployment=await store.deployments.load(record.id), settings=found)


async def _version(store: PostgresStore, file: str) -> SkillVersionRecord:
    skill = load_skill(file, source="drill")
    instruments = {symbol: instrument_for(symbol) for symbol in skill.symbols}
    return await save_skill(store, USER, skill, instruments=instruments)


def _vault(store: PostgresStore) -> SealingKeyVault:
    return SealingKeyVault(store.secrets, _RING, SystemEntropy(), lambda secret: Signer(secret).address)


async def _approved(store: PostgresStore, vault: SealingKeyVault, key: WalletKey, now: Instant) -> AgentWalletRecord:
    sealed = await vault.keep(key, KeyScope(tenant=USER, network=_NETWORK))
    master = await store.wallets.pair(USER, OWNER.address, sig_hash=hash_of("a signature"), at=now)
    until = Instant(now + 90 * DAY_MS)
    wallet = ApprovedWallet(master=OWNER.address, address=key.address, name="desk", valid_until=until)
    challenge = WalletChallenge(
        purpose=ChallengePurpose.APPROVE,
        network=_NETWORK,
        wallet=wallet,
        approves=key.address,
        valid_until=until,
        nonce=now,
        chain_id=42161,
        typed_json="{}",
        text="",
    )
    pending = PendingWallet(master_id=master.id, vault_key_id=sealed, challenge=challenge, created_at=now)
    await store.wallets.stage(pending)
    return await store.wallets.activate(key.address, valid_until=until, at=now)
