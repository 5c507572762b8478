"""A guard whose order to pause the database takes, and does not say so."""

import pytest

from agentic_core.domain import Command, CommandKind, DeploymentId, Instant
from agentic_core.errors import StoreUnavailable
from agentic_core.logevents import LogEvent
from agentic_core.runtime.alerts import AlertWatch
from agentic_core.runtime.guarding import TickGuards
from agentic_core.store.memory import MemoryStore
from agentic_core.store.memory.messages import MemoryCommands
from tests.support.guard_room import MIDNIGHT, decide, guarded, waiting
from tests.support.ticker_room import TickerRoom

_LOST = "the answer was lost"


class _Doubtful(MemoryCommands):
    # The first order is stored or not, and nobody hears which; the others are as ever.
    def __init__(self, store: MemoryStore, *, is_stored: bool) -> None:
        super().__init__(store.deployments, store.leases)
        self._is_stored = is_stored
        self._is_lost = True

    async def pause_own(self, deployment: DeploymentId, reason: str, *, at: Instant) -> Command:
        is_lost, self._is_lost = self._is_lost, False
        if is_lost and not self._is_stored:
            raise StoreUnavailable(_LOST, commit_unknown=True)
        command = await super().pause_own(deployment, reason, at=at)
        if is_lost:
            raise StoreUnavailable(_LOST, commit_unknown=True)
        return command


@pytest.mark.parametrize("is_stored", [True, False])
def test_cost_guard_whose_order_is_in_doubt_orders_once_and_says_so(is_stored: bool) -> None:
    """Wherever the pause is stored, the log has why; no turn is taken meanwhile."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        place.store.commands = _Doubtful(place.store, is_stored=is_stored)
        await decide(place, 0, cost="2")
        reason = "cost_guard: 2 USD were spent this month, the cap is 1"
        with pytest.raises(StoreUnavailable):
            await guards.check(MIDNIGHT)
        assert place.said(LogEvent.COST_GUARD_TRIPPED) == [reason]
        assert await guards.check(MIDNIGHT) == reason
        assert await waiting(place) == [(CommandKind.PAUSE, reason)]
        assert set(place.said(LogEvent.COST_GUARD_TRIPPED)) == {reason}

    guarded(main)
