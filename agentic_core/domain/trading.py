"""What orders may pass right now, computed from what is latched; never stored."""

from collections.abc import Iterable
from enum import StrEnum

__all__ = [
    "RESTRICTION_ALLOWS",
    "STATUS_ALLOWS",
    "BrokerKind",
    "DeploymentStatus",
    "Desired",
    "HaltReason",
    "Restriction",
    "TradingState",
    "trading_state",
]


class BrokerKind(StrEnum):
    """Where orders are executed, in the stored spelling."""

    PAPER = "paper"
    HYPERLIQUID_MAINNET = "hyperliquid-mainnet"


class DeploymentStatus(StrEnum):
    """Whether a deployment should run."""

    PROVISIONING = "provisioning"
    RUNNING = "running"
    PAUSED = "paused"
    HALTED = "halted"
    STOPPING = "stopping"
    STOPPED = "stopped"
    ERROR = "error"


class Desired(StrEnum):
    """What a deployment shall come to; it decides who may take the trading lease of its account."""

    RUNNING = "running"
    FLATTEN = "flatten"
    """Only whoever closes its positions takes the lease."""
    STOPPED = "stopped"


class HaltReason(StrEnum):
    """Why the engine latched a halt; only an explicit human command clears it."""

    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"
    LIQUIDATION = "liquidation"
    """The venue closed what the account could no longer carry."""
    SECOND_WRITER = "second_writer"
    """Another program trades the account, or an order of ours is there that this runner never sent."""
    MODE_CHANGED = "mode_changed"
    """The account keeps its money in a way in which the deployment may not run."""


class TradingState(StrEnum):
    """ACTIVE lets everything pass that the limits allow; REDUCING and HALTED only what shrinks a position."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


class Restriction(StrEnum):
    """What holds trading back besides the status; several can hold at once."""

    KILL_LATCH = "kill_latch"
    """A kill was ordered and is still being carried out."""
    PLATFORM_OFF = "platform_off"
    """The operator switched all deployments off."""
    VERSION_CHANGED = "version_changed"
    """The payload of the pinned skill version no longer fits its hash."""
    STORE_LOST = "store_lost"
    """The database does not answer, so nothing new can be made durable."""
    DRIFTED = "drifted"
    """The venue's account and ours disagree."""
    KEY_EXPIRING = "key_expiring"
    """The agent wallet's approval runs out within a day."""
    DRAINING = "draining"
    """The process was told to end: what is under way comes to its end, and nothing new is begun."""
    FENCED = "fenced"
    """Another process holds the trading lease: nothing at all may be sent."""


STATUS_ALLOWS: dict[DeploymentStatus, TradingState] = {
    DeploymentStatus.PROVISIONING: TradingState.HALTED,
    DeploymentStatus.RUNNING: TradingState.ACTIVE,
    DeploymentStatus.PAUSED: TradingState.REDUCING,
    DeploymentStatus.HALTED: TradingState.HALTED,
    DeploymentStatus.STOPPING: TradingState.REDUCING,
    DeploymentStatus.STOPPED: TradingState.HALTED,
    DeploymentStatus.ERROR: TradingState.HALTED,
}
"""What each status lets orders do."""

RESTRICTION_ALLOWS: dict[Restriction, TradingState] = {
    Restriction.KILL_LATCH: TradingState.REDUCING,
    Restriction.PLATFORM_OFF: TradingState.REDUCING,
    Restriction.VERSION_CHANGED: TradingState.REDUCING,
    Restriction.STORE_LOST: TradingState.REDUCING,
    Restriction.DRIFTED: TradingState.REDUCING,
    Restriction.KEY_EXPIRING: TradingState.REDUCING,
    Restriction.DRAINING: TradingState.REDUCING,
    Restriction.FENCED: TradingState.HALTED,
}
"""What each restriction still lets orders do."""

_FROM_FREE_TO_TIGHT = tuple(TradingState)


def trading_state(status: DeploymentStatus, restrictions: Iterable[Restriction] = ()) -> TradingState:
    """Return what may be traded: the tightest of what the status and every restriction allow.

    >>> trading_state(DeploymentStatus.RUNNING, [Restriction.DRIFTED]).value
    'reducing'
    """
    allowed = [STATUS_ALLOWS[status], *(RESTRICTION_ALLOWS[held] for held in restrictions)]
    return max(allowed, key=_FROM_FREE_TO_TIGHT.index)
