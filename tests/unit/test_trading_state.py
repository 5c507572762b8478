"""What may be traded in which status, and which status may follow which."""

import pytest

from agentic_core.domain import DeploymentStatus, TradingState, trading_state
from agentic_core.domain.deployment_states import DEPLOYMENT_MOVES, FINAL_STATUSES, OCCUPYING_STATUSES, check_move
from agentic_core.errors import IllegalTransition

STATES = {
    "provisioning": "halted",
    "running": "active",
    "paused": "reducing",
    "halted": "halted",
    "stopping": "reducing",
    "stopped": "halted",
    "error": "halted",
}


@pytest.mark.parametrize("status", list(DeploymentStatus))
def test_trading_state_follows_from_the_status(status: DeploymentStatus) -> None:
    """Only a running deployment opens; one that pauses or stops may still shrink what it holds."""
    assert trading_state(status) is TradingState(STATES[status])


MOVES = {
    "provisioning": {"running", "stopping", "error"},
    "running": {"paused", "halted", "stopping", "error"},
    "paused": {"running", "halted", "stopping", "error"},
    "halted": {"running", "stopping", "error"},
    "stopping": {"stopped", "error"},
    "stopped": set(),
    "error": set(),
}


@pytest.mark.parametrize("current", list(DeploymentStatus))
@pytest.mark.parametrize("target", list(DeploymentStatus))
def test_deployment_moves_along_the_table_only(current: DeploymentStatus, target: DeploymentStatus) -> None:
    """Staying is always allowed; pausing never lifts a halt, and nothing leads out of the end."""
    if target is current or target in MOVES[current]:
        check_move(current, target)
        assert DEPLOYMENT_MOVES[current, target]
    else:
        assert not DEPLOYMENT_MOVES[current, target]
        with pytest.raises(IllegalTransition, match=f"{current} cannot become {target}"):
            check_move(current, target)


def test_final_statuses_lead_nowhere_and_occupy_nothing() -> None:
    """Stopped and failed deployments make room for the next one; a stopping one already has."""
    assert {"stopped", "error"} == FINAL_STATUSES
    assert {"provisioning", "running", "paused", "halted"} == OCCUPYING_STATUSES


@pytest.mark.parametrize("start", list(DeploymentStatus))
def test_every_deployment_can_come_to_an_end(start: DeploymentStatus) -> None:
    """From every status some path reaches a final one."""
    reached = {start}
    while more := {target for current in reached for target in DeploymentStatus if DEPLOYMENT_MOVES[current, target]}:
        if more <= reached:
            break
        reached |= more
    assert reached & FINAL_STATUSES
