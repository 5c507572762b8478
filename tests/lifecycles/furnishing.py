"""What stands in the database before a story begins: a skill, the owner's wallet, and the deployment on the account."""

from msgspec.structs import replace

from agentic_core.domain import BrokerKind, DeploymentRecord, UserId
from agentic_core.store.memory.store import MemoryStore
from tests.lifecycles.scene import ACCOUNT, DEPLOYMENT
from tests.support.agent_wallets import approved_wallet
from tests.support.hyperliquid_desk import OWNER, WALLET
from tests.support.stored_values import USER, deployment, hash_of

__all__ = ["furnish"]

_PAYLOAD = '{"model":"rules"}'


async def furnish(store: MemoryStore) -> None:
    """Deploy a skill on the account, as the database knows it."""
    user = UserId(USER)
    saved = await store.skills.save(
        user, name="Lifecycles", slug="lifecycles", payload=_PAYLOAD, payload_hash=hash_of(_PAYLOAD)
    )
    address, master = WALLET.address.lower(), OWNER.address.lower()
    wallet = await approved_wallet(store, user=user, address=address, master=master)
    made: DeploymentRecord = deployment(saved.skill_id, broker=BrokerKind.HYPERLIQUID_MAINNET, account=ACCOUNT)
    await store.deployments.create(replace(made, id=DEPLOYMENT, hyperliquid_agent_id=wallet))
