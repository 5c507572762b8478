"""The names of what a story is about."""

from agentic_core.domain import AccountKey, DeploymentId, derived_uuid
from tests.support.hyperliquid_desk import OWNER

__all__ = ["ACCOUNT", "DEPLOYMENT"]

ACCOUNT = AccountKey(f"mainnet:{OWNER.address.lower()}")
"""A live account, as the database names it."""
DEPLOYMENT = DeploymentId(derived_uuid("test", "lifecycles"))
