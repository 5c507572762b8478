"""What may be traded: in which status, and under which restrictions."""

from collections.abc import Iterator
from itertools import chain, combinations

import pytest

from agentic_core.domain import DeploymentStatus, Restriction, TradingState, trading_state
from agentic_core.domain.trading import RESTRICTION_ALLOWS, STATUS_ALLOWS

STATES = {
    "provisioning": "halted",
    "running": "active",
    "paused": "reducing",
    "halted": "halted",
    "stopping": "reducing",
    "stopped": "halted",
    "error": "halted",
}
REDUCING = {"kill_latch", "platform_off", "version_changed", "store_lost", "drifted", "key_expiring", "draining"}
HALTED = {"fenced"}
SEVERITY = {"active": 0, "reducing": 1, "halted": 2}


def subsets() -> Iterator[frozenset[Restriction]]:
    """Yield every set of restrictions, from none to all."""
    every = list(Restriction)
    sizes = range(len(every) + 1)
    return map(frozenset, chain.from_iterable(combinations(every, size) for size in sizes))


@pytest.mark.parametrize("status", DeploymentStatus)
def test_trading_state_follows_from_the_status(status: DeploymentStatus) -> None:
    """Only a running deployment opens; one that pauses or stops may still shrink what it holds."""
    assert trading_state(status).value == STATES[status.value]
    assert STATUS_ALLOWS[status].value == STATES[status.value]


def test_restrictions_leave_nothing_active() -> None:
    """Each allows shrinking at most, and a lost lease allows nothing at all."""
    assert {one.value for one, state in RESTRICTION_ALLOWS.items() if state is TradingState.REDUCING} == REDUCING
    assert {one.value for one, state in RESTRICTION_ALLOWS.items() if state is TradingState.HALTED} == HALTED
    assert set(RESTRICTION_ALLOWS) == set(Restriction)


@pytest.mark.parametrize("status", DeploymentStatus)
def test_trading_state_is_the_tightest_of_the_status_and_every_restriction(status: DeploymentStatus) -> None:
    """All 256 sets of restrictions, in whatever order they are found."""
    seen = 0
    for held in subsets():
        names = {one.value for one in held}
        severities = [SEVERITY[STATES[status.value]], 1 if names & REDUCING else 0, 2 if names & HALTED else 0]
        assert SEVERITY[trading_state(status, held).value] == max(severities)
        assert trading_state(status, sorted(held)) is trading_state(status, sorted(held, reverse=True))
        seen += 1
    assert seen == 256


@pytest.mark.parametrize("status", DeploymentStatus)
def test_another_restriction_never_loosens(status: DeploymentStatus) -> None:
    """Whatever holds already, one more leaves the state or tightens it."""
    for held in subsets():
        before = SEVERITY[trading_state(status, held).value]
        assert all(SEVERITY[trading_state(status, held | {more}).value] >= before for more in Restriction)
