"""The state table of deployments: what each event does in each status.

A deployment is provisioned, runs, pauses and halts, then stops. `stopped` and `error` are final: a new try is a new
deployment. It can be paused, and can halt, before its account was first opened: starting lifts neither. A halt can
latch while paused, but pausing and resuming never lift one: only `clear_halt` does, and only a human orders it. What
is already so counts as done, so that a repeated order does no harm.
"""

from enum import StrEnum

from agentic_core.domain.trading import DeploymentStatus
from agentic_core.errors import IllegalTransition

__all__ = [
    "DEPLOYMENT_MOVES",
    "DEPLOYMENT_TABLE",
    "FINAL_STATUSES",
    "OCCUPYING_STATUSES",
    "DeploymentEvent",
    "check_move",
    "status_after",
]


class DeploymentEvent(StrEnum):
    """What can happen to a deployment."""

    START = "start"
    """Its runner enters the tick loop, for the first time or again."""
    PAUSE = "pause"
    RESUME = "resume"
    HALT = "halt"
    """The engine latches a halt."""
    CLEAR_HALT = "clear_halt"
    FLATTEN = "flatten"
    """A person closes everything; it ends paused."""
    STOP = "stop"
    KILL = "kill"
    DRAINED = "drained"
    """A stopping runner has nothing left to do."""
    FAIL = "fail"
    """Its runner died of an error, or its heartbeat was lost."""


_ENDINGS = {
    DeploymentEvent.STOP: DeploymentStatus.STOPPING,
    DeploymentEvent.KILL: DeploymentStatus.STOPPING,
    DeploymentEvent.FAIL: DeploymentStatus.ERROR,
}

_NEXT: dict[DeploymentStatus, dict[DeploymentEvent, DeploymentStatus]] = {
    DeploymentStatus.PROVISIONING: {
        DeploymentEvent.START: DeploymentStatus.RUNNING,
        DeploymentEvent.PAUSE: DeploymentStatus.PAUSED,
        DeploymentEvent.HALT: DeploymentStatus.HALTED,
        DeploymentEvent.FLATTEN: DeploymentStatus.PAUSED,
        **_ENDINGS,
    },
    DeploymentStatus.RUNNING: {
        DeploymentEvent.START: DeploymentStatus.RUNNING,
        DeploymentEvent.PAUSE: DeploymentStatus.PAUSED,
        DeploymentEvent.RESUME: DeploymentStatus.RUNNING,
        DeploymentEvent.HALT: DeploymentStatus.HALTED,
        DeploymentEvent.FLATTEN: DeploymentStatus.PAUSED,
        **_ENDINGS,
    },
    DeploymentStatus.PAUSED: {
        DeploymentEvent.START: DeploymentStatus.PAUSED,
        DeploymentEvent.PAUSE: DeploymentStatus.PAUSED,
        DeploymentEvent.RESUME: DeploymentStatus.RUNNING,
        DeploymentEvent.HALT: DeploymentStatus.HALTED,
        DeploymentEvent.FLATTEN: DeploymentStatus.PAUSED,
        **_ENDINGS,
    },
    DeploymentStatus.HALTED: {
        DeploymentEvent.START: DeploymentStatus.HALTED,
        DeploymentEvent.HALT: DeploymentStatus.HALTED,
        DeploymentEvent.CLEAR_HALT: DeploymentStatus.RUNNING,
        DeploymentEvent.FLATTEN: DeploymentStatus.HALTED,
        **_ENDINGS,
    },
    DeploymentStatus.STOPPING: {
        DeploymentEvent.START: DeploymentStatus.STOPPING,
        DeploymentEvent.HALT: DeploymentStatus.STOPPING,
        DeploymentEvent.FLATTEN: DeploymentStatus.STOPPING,
        DeploymentEvent.DRAINED: DeploymentStatus.STOPPED,
        **_ENDINGS,
    },
    DeploymentStatus.STOPPED: {},
    DeploymentStatus.ERROR: {},
}

DEPLOYMENT_TABLE: dict[tuple[DeploymentStatus, DeploymentEvent], DeploymentStatus | None] = {
    (status, event): _NEXT[status].get(event) for status in DeploymentStatus for event in DeploymentEvent
}
"""Every pair of status and event with the status it leads to; None where it is refused."""

DEPLOYMENT_MOVES: dict[tuple[DeploymentStatus, DeploymentStatus], bool] = {
    (current, target): target is current or target in _NEXT[current].values()
    for current in DeploymentStatus
    for target in DeploymentStatus
}
"""Every pair of statuses, and whether some event leads from the first to the second."""

OCCUPYING_STATUSES = frozenset(
    {DeploymentStatus.PROVISIONING, DeploymentStatus.RUNNING, DeploymentStatus.PAUSED, DeploymentStatus.HALTED}
)
"""Statuses that take the user's place for a skill on a broker; a stopping one has already given it up."""

FINAL_STATUSES = frozenset({DeploymentStatus.STOPPED, DeploymentStatus.ERROR})
"""Statuses nothing leads out of."""


def status_after(status: DeploymentStatus, event: DeploymentEvent) -> DeploymentStatus:
    """Return the status an event leads to.

    Raises:
        IllegalTransition: the event is refused in this status.

    >>> status_after(DeploymentStatus.RUNNING, DeploymentEvent.FLATTEN).value
    'paused'
    """
    target = DEPLOYMENT_TABLE[status, event]
    if target is None:
        raise IllegalTransition(f"{event} does nothing while the deployment is {status}")
    return target


def check_move(current: DeploymentStatus, target: DeploymentStatus) -> None:
    """Refuse a move that no event of the table makes.

    Raises:
        IllegalTransition: the pair is not allowed.

    >>> check_move(DeploymentStatus.RUNNING, DeploymentStatus.PAUSED)
    """
    if not DEPLOYMENT_MOVES[current, target]:
        ways = ", ".join(sorted({target for target in _NEXT[current].values() if target is not current})) or "nothing"
        raise IllegalTransition(f"a deployment that is {current} cannot become {target}; from there it leads to {ways}")
