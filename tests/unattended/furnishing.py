"""What stands in the database before a story begins: a skill, the owner's wallet, and the deployment on the account."""

import json
from collections.abc import Mapping

from msgspec.structs import replace

from agentic_core.backtest.instruments import instrument_for
from agentic_core.deployments import save_skill
from agentic_core.domain import DAY_MS, BrokerKind, Instant, UserId
from agentic_core.ports.wallet import ApprovedWallet, ChallengePurpose, WalletChallenge
from agentic_core.ports.wallet_store import PendingWallet, VaultKeyId
from agentic_core.skills import load_skill
from agentic_core.store.memory.store import MemoryStore
from tests.lifecycles.places import ACCOUNT, DEPLOYMENT
from tests.support.hyperliquid_desk import OWNER, WALLET
from tests.support.skill_files import skill_text
from tests.support.stored_values import USER, deployment, hash_of, uuid_of

__all__ = ["furnish", "tightened"]

_CHANGES: Mapping[str, object] = {
    "name": "Restless",
    "rules": {"policy": "sma-cross", "symbol": "BTC", "fast": 2, "slow": 3, "sizePct": 5},
    "schedule": {"interval": "1m"},
    "risk.allowedSymbols": ["BTC", "ETH"],
    "risk.maxOrdersPerDay": 10_000,
    "risk.maxOrdersPerMinute": 600,
    "risk.maxPositionPct": 40,
    "risk.maxTotalExposurePct": 80,
    "risk.maxLeverage": 2,
    "risk.dailyLossHaltPct": 1,
    "risk.stopPct": 8,
}
"""Its rules are never asked: stories put their own, or a chat model, in their place."""

_USER = UserId(USER)


async def furnish(store: MemoryStore, now: Instant, changes: Mapping[str, object]) -> None:
    """Deploy a skill with changes on the account, as the database knows it."""
    skill = load_skill(skill_text({**_CHANGES, **changes}), source="story")
    instruments = {symbol: instrument_for(symbol) for symbol in skill.symbols}
    saved = await save_skill(store, _USER, skill, instruments=instruments)
    made = deployment(saved.skill_id, broker=BrokerKind.HYPERLIQUID_MAINNET, account=ACCOUNT)
    wallet = await _wallet(store, now)
    await store.deployments.create(replace(made, id=DEPLOYMENT, hyperliquid_agent_id=wallet, created_at=now))


async def _wallet(store: MemoryStore, now: Instant) -> str:
    address, master = WALLET.address.lower(), OWNER.address.lower()
    paired = await store.wallets.pair(_USER, master, sig_hash=hash_of("a signature"), at=now)
    until = Instant(now + 90 * DAY_MS)
    challenge = WalletChallenge(
        purpose=ChallengePurpose.APPROVE,
        network="Mainnet",
        wallet=ApprovedWallet(master=master, address=address, name="desk", valid_until=until),
        approves=address,
        valid_until=until,
        nonce=now,
        chain_id=42161,
        typed_json="{}",
        text="Sign this",
    )
    key = VaultKeyId(uuid_of("key"))
    await store.wallets.stage(PendingWallet(master_id=paired.id, vault_key_id=key, challenge=challenge, created_at=now))
    return (await store.wallets.activate(address, valid_until=until, at=now)).id


def tightened(payload: str) -> str:
    """Return a payload with one cap taken down, as somebody does by hand in the database."""
    section: dict[str, dict[str, object]] = json.loads(payload)
    section["risk"]["maxPositionPct"] = 30
    return json.dumps(section)
