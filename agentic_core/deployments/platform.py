"""What an operator allows, and what money needs before it may be deployed."""

from typing import Final

from agentic_core.domain.ids import UserId
from agentic_core.errors import ConfigError
from agentic_core.ports.environment import Environment
from agentic_core.ports.repositories import Store

__all__ = ["DEPLOYMENTS_SWITCH", "LIVE_SWITCH", "check_deployable", "missing_for_mainnet"]

DEPLOYMENTS_SWITCH: Final = "DEPLOYMENTS_DISABLED"
"""The setting that refuses new deployments in one process; the database's switch refuses them everywhere."""

LIVE_SWITCH: Final = "HYPERLIQUID_LIVE_ENABLED"
"""The setting without which nothing is sent to the live venue; only exactly `true` is."""

_OFF = frozenset({"", "0", "false", "no", "off"})
"""Anything else is taken for a wish to deploy nothing."""


async def check_deployable(store: Store, environment: Environment) -> None:
    """Refuse a new deployment where the operator wants none.

    Raises:
        ConfigError: they are switched off, here or for the platform.
    """
    if (environment.get(DEPLOYMENTS_SWITCH) or "").strip().lower() not in _OFF:
        raise ConfigError(f"nothing is deployed while {DEPLOYMENTS_SWITCH} is set; unset it to deploy")
    if (await store.platform.switches()).deployments_disabled:
        raise ConfigError("the operator switched deployments off; `agentic platform on --deployments` allows them")


async def missing_for_mainnet(store: Store, user: UserId, environment: Environment) -> tuple[str, ...]:
    """Return what stands in the way of trading money, a line each; never empty in this release."""
    found = []
    if environment.get(LIVE_SWITCH) != "true":
        found.append(f"{LIVE_SWITCH} is not set to true")
    if not environment.get("AGENTIC_KEY_ENCRYPTION_KEY"):
        found.append("AGENTIC_KEY_ENCRYPTION_KEY is not set, so the key of an agent wallet could not be sealed")
    if not await store.wallets.masters(user):
        found.append("no account is paired, so there is no agent wallet that its owner approved")
    found.append(
        "an owner approves an agent wallet by a signature in a browser, which this release cannot ask for; "
        "deploy with --paper"
    )
    return tuple(found)
