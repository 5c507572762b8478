"""The state table of deployments, pair by pair."""

from collections.abc import Iterable

import pytest

from agentic_core.domain import DeploymentStatus
from agentic_core.domain.deployment_states import (
    DEPLOYMENT_MOVES,
    DEPLOYMENT_TABLE,
    FINAL_STATUSES,
    OCCUPYING_STATUSES,
    DeploymentEvent,
    check_move,
    status_after,
)
from agentic_core.errors import IllegalTransition

EVENTS = ["start", "pause", "resume", "halt", "clear_halt", "flatten", "stop", "kill", "drained", "fail"]
"""The columns of the table."""

TABLE = """
provisioning | running   paused  -        halted    -        paused    stopping stopping -       error
running      | running   paused  running  halted    -        paused    stopping stopping -       error
paused       | paused    paused  running  halted    -        paused    stopping stopping -       error
halted       | halted    -       -        halted    running  halted    stopping stopping -       error
stopping     | stopping  -       -        stopping  -        stopping  stopping stopping stopped error
stopped      | -         -       -        -         -        -         -        -        -       -
error        | -         -       -        -         -        -         -        -        -       -
"""
"""Where each event leads from each status; nowhere where it is refused."""

ROWS = {row.split()[0]: dict(zip(EVENTS, row.split()[2:], strict=True)) for row in TABLE.strip().splitlines()}
PAIRS = [(status, event) for status in DeploymentStatus for event in DeploymentEvent]


def reached(start: Iterable[DeploymentStatus], events: Iterable[DeploymentEvent]) -> set[DeploymentStatus]:
    """Return every status that these events can lead to."""
    found = set(start)
    while True:
        more = {DEPLOYMENT_TABLE[status, event] for status in found for event in events} - {None, *found}
        if not more:
            return found
        found |= {status for status in more if status is not None}


def test_table_answers_every_pair_and_no_other() -> None:
    """Seven statuses and ten events."""
    assert list(DEPLOYMENT_TABLE) == PAIRS
    assert (len(PAIRS), [status.value for status in DeploymentStatus]) == (70, list(ROWS))
    assert [event.value for event in DeploymentEvent] == EVENTS


@pytest.mark.parametrize(("status", "event"), PAIRS)
def test_event_leads_where_the_table_says_or_is_refused(status: DeploymentStatus, event: DeploymentEvent) -> None:
    """Looked up and followed alike; the refusal names the event and the status."""
    expected = ROWS[status.value][event.value]
    found = DEPLOYMENT_TABLE[status, event]
    assert (None if found is None else found.value) == (None if expected == "-" else expected)
    if expected == "-":
        with pytest.raises(
            IllegalTransition, match=f"^{event.value} does nothing while the deployment is {status.value}"
        ):
            status_after(status, event)
    else:
        assert status_after(status, event).value == expected


@pytest.mark.parametrize("current", DeploymentStatus)
@pytest.mark.parametrize("target", DeploymentStatus)
def test_move_is_allowed_where_it_is_none_or_some_event_makes_it(
    current: DeploymentStatus, target: DeploymentStatus
) -> None:
    """The stored status changes along the table only; the refusal says where it could go."""
    ways = set(ROWS[current.value].values()) - {"-"}
    allowed = target is current or target.value in ways
    assert DEPLOYMENT_MOVES[current, target] is allowed
    if allowed:
        check_move(current, target)
        return
    leads = ", ".join(sorted(ways - {current.value})) or "nothing"
    with pytest.raises(IllegalTransition) as refusal:
        check_move(current, target)
    assert str(refusal.value) == (
        f"a deployment that is {current.value} cannot become {target.value}; from there it leads to {leads}"
    )


def test_moves_answer_every_pair_of_statuses() -> None:
    """Seven times seven, of which these are allowed beside staying."""
    assert len(DEPLOYMENT_MOVES) == 49
    assert sum(DEPLOYMENT_MOVES.values()) - 7 == 5 + 4 + 4 + 3 + 2


def test_every_deployment_that_can_be_can_come_to_both_ends() -> None:
    """From whatever is reached from provisioning, some path leads to stopped and some to error."""
    possible = reached([DeploymentStatus.PROVISIONING], DeploymentEvent)
    assert possible == set(DeploymentStatus)
    for status in possible - FINAL_STATUSES:
        assert reached([status], DeploymentEvent) >= FINAL_STATUSES


def test_every_living_deployment_can_be_stopped_by_a_person_alone() -> None:
    """Two events are enough from anywhere: stop or kill, then its runner has drained."""
    for status in set(DeploymentStatus) - FINAL_STATUSES:
        for order in (DeploymentEvent.STOP, DeploymentEvent.KILL):
            assert status_after(status_after(status, order), DeploymentEvent.DRAINED) is DeploymentStatus.STOPPED


def test_running_is_reached_only_by_a_start_a_resume_or_a_cleared_halt() -> None:
    """Nothing else makes a deployment trade that did not."""
    into = {
        (status.value, event.value)
        for status, event in PAIRS
        if DEPLOYMENT_TABLE[status, event] is DeploymentStatus.RUNNING and status is not DeploymentStatus.RUNNING
    }
    assert into == {("provisioning", "start"), ("paused", "resume"), ("halted", "clear_halt")}


def test_halt_is_left_only_by_clearing_it_or_by_ending() -> None:
    """Starting again, pausing, resuming and flattening keep it."""
    kept = set(DeploymentEvent) - {
        DeploymentEvent.CLEAR_HALT,
        DeploymentEvent.STOP,
        DeploymentEvent.KILL,
        DeploymentEvent.FAIL,
    }
    assert reached([DeploymentStatus.HALTED], kept) == {DeploymentStatus.HALTED}


def test_stopping_never_goes_back() -> None:
    """From the moment of a stop only the end is left."""
    assert reached([DeploymentStatus.STOPPING], DeploymentEvent) == {DeploymentStatus.STOPPING, *FINAL_STATUSES}


def test_final_statuses_take_no_event_and_occupy_nothing() -> None:
    """Stopped and failed deployments make room for the next one; a stopping one already has."""
    assert {"stopped", "error"} == FINAL_STATUSES
    assert {"provisioning", "running", "paused", "halted"} == OCCUPYING_STATUSES
    assert reached(FINAL_STATUSES, DeploymentEvent) == FINAL_STATUSES
