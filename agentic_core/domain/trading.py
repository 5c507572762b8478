"""What orders may pass right now, computed from what is latched; never stored."""

from enum import StrEnum

__all__ = ["BrokerKind", "DeploymentStatus", "HaltReason", "TradingState", "trading_state"]


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


class HaltReason(StrEnum):
    """Why the engine latched a halt; only an explicit human command clears it."""

    DAILY_LOSS = "daily_loss"
    LIQUIDATION = "liquidation"


class TradingState(StrEnum):
    """ACTIVE lets everything pass that the limits allow; REDUCING and HALTED only what shrinks a position."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


def trading_state(status: DeploymentStatus) -> TradingState:
    """Return what a deployment in this status may trade."""
    match status:
        case DeploymentStatus.RUNNING:
            return TradingState.ACTIVE
        case DeploymentStatus.PAUSED | DeploymentStatus.STOPPING:
            return TradingState.REDUCING
        case _:
            return TradingState.HALTED
