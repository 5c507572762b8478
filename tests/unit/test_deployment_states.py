"""The status table of deployments, pair by pair."""

import pytest

from agentic_core.domain import DeploymentStatus
from agentic_core.domain.deployment_states import DEPLOYMENT_MOVES, FINAL_STATUSES, OCCUPYING_STATUSES, check_move
from agentic_core.errors import IllegalTransition

ALLOWED = {
    "provisioning": {"provisioning", "running", "stopping", "error"},
    "running": {"running", "paused", "halted", "stopping", "error"},
    "paused": {"paused", "running", "halted", "stopping", "error"},
    "halted": {"halted", "running", "stopping", "error"},
    "stopping": {"stopping", "stopped", "error"},
    "stopped": {"stopped"},
    "error": {"error"},
}


def test_deployment_table_has_every_pair_and_allows_exactly_these() -> None:
    """All 49 pairs are answered, and the allowed ones are those written here."""
    assert len(DEPLOYMENT_MOVES) == 49
    allowed = {
        current.value: {target.value for target in DeploymentStatus if DEPLOYMENT_MOVES[current, target]}
        for current in DeploymentStatus
    }
    assert allowed == ALLOWED


@pytest.mark.parametrize("current", list(DeploymentStatus))
@pytest.mark.parametrize("target", list(DeploymentStatus))
def test_deployment_move_is_refused_exactly_where_the_table_says(
    current: DeploymentStatus, target: DeploymentStatus
) -> None:
    """The check answers like the table, and its refusal names both ends."""
    if target.value in ALLOWED[current.value]:
        check_move(current, target)
    else:
        with pytest.raises(IllegalTransition, match=f"{current} cannot become {target}"):
            check_move(current, target)


def test_deployment_can_end_from_wherever_it_is() -> None:
    """From every status there is a way to a final one, and none out of it."""
    ends = {
        current for current in DeploymentStatus if any(DEPLOYMENT_MOVES[current, final] for final in FINAL_STATUSES)
    }
    assert ends == set(DeploymentStatus)
    assert {"stopped", "error"} == FINAL_STATUSES


def test_deployment_that_is_stopping_has_given_up_its_place() -> None:
    """Occupying is everything before stopping."""
    assert {"provisioning", "running", "paused", "halted"} == OCCUPYING_STATUSES
