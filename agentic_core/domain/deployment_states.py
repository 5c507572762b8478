"""The status table of deployments.

A deployment is provisioned, runs, pauses and halts, then stops. `stopped` and `error` are final: a new try is a new
deployment. A halt can latch while paused, but pausing never lifts a halt: only `halted → running` does, and only a
human orders it. Staying where one is counts as allowed and changes nothing, so that a repeated order does no harm.
"""

from agentic_core.domain.trading import DeploymentStatus
from agentic_core.errors import IllegalTransition

__all__ = ["DEPLOYMENT_MOVES", "FINAL_STATUSES", "OCCUPYING_STATUSES", "check_move"]

_NEXT: dict[DeploymentStatus, frozenset[DeploymentStatus]] = {
    DeploymentStatus.PROVISIONING: frozenset(
        {DeploymentStatus.RUNNING, DeploymentStatus.STOPPING, DeploymentStatus.ERROR}
    ),
    DeploymentStatus.RUNNING: frozenset(
        {DeploymentStatus.PAUSED, DeploymentStatus.HALTED, DeploymentStatus.STOPPING, DeploymentStatus.ERROR}
    ),
    DeploymentStatus.PAUSED: frozenset(
        {DeploymentStatus.RUNNING, DeploymentStatus.HALTED, DeploymentStatus.STOPPING, DeploymentStatus.ERROR}
    ),
    DeploymentStatus.HALTED: frozenset({DeploymentStatus.RUNNING, DeploymentStatus.STOPPING, DeploymentStatus.ERROR}),
    DeploymentStatus.STOPPING: frozenset({DeploymentStatus.STOPPED, DeploymentStatus.ERROR}),
    DeploymentStatus.STOPPED: frozenset(),
    DeploymentStatus.ERROR: frozenset(),
}

DEPLOYMENT_MOVES: dict[tuple[DeploymentStatus, DeploymentStatus], bool] = {
    (current, target): target is current or target in _NEXT[current]
    for current in DeploymentStatus
    for target in DeploymentStatus
}
"""Every pair of statuses, and whether a deployment may go from the first to the second."""

OCCUPYING_STATUSES = frozenset(
    {DeploymentStatus.PROVISIONING, DeploymentStatus.RUNNING, DeploymentStatus.PAUSED, DeploymentStatus.HALTED}
)
"""Statuses that take the user's place for a skill on a broker; a stopping one has already given it up."""

FINAL_STATUSES = frozenset({DeploymentStatus.STOPPED, DeploymentStatus.ERROR})
"""Statuses nothing leads out of."""


def check_move(current: DeploymentStatus, target: DeploymentStatus) -> None:
    """Refuse a move that the table does not have.

    Raises:
        IllegalTransition: the pair is not allowed.

    >>> check_move(DeploymentStatus.RUNNING, DeploymentStatus.PAUSED)
    """
    if not DEPLOYMENT_MOVES[current, target]:
        ways = ", ".join(sorted(_NEXT[current])) or "nothing"
        raise IllegalTransition(f"a deployment that is {current} cannot become {target}; from there it leads to {ways}")
