"""What keeps a deployment from going on without a person: executed decisions, and calls that nobody answers."""

import pytest

from agentic_core.domain import CommandKind, DeploymentStatus
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.alerts import AlertWatch
from agentic_core.runtime.guarding import TickGuards
from agentic_core.simulation.world import WorldClock
from tests.support.guard_room import MIDNIGHT, decide, guarded, obey, waiting
from tests.support.ticker_room import TickerRoom
from tests.support.turns import DEPLOYMENT


def test_review_limit_counts_executed_decisions_since_a_person_let_it_run() -> None:
    """After two of them it pauses; a resume begins anew."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        await decide(place, 0, is_done=True)
        await decide(place, 1)
        assert await guards.check(MIDNIGHT) is None
        await decide(place, 2, is_done=True)
        reason = "review_limit: 2 decision(s) were executed since a person let it run, 2 may be"
        assert await guards.check(MIDNIGHT) == reason
        assert await waiting(place) == [(CommandKind.PAUSE, reason)]
        assert place.said(LogEvent.REVIEW_DUE) == [reason]
        await place.clock.sleep(150)
        await obey(place, CommandKind.RESUME, DeploymentStatus.RUNNING)
        assert await guards.check(MIDNIGHT) is None
        await decide(place, 3, is_done=True)
        assert await guards.check(MIDNIGHT) is None

    guarded(main, review=2)


def test_review_limit_that_is_not_set_lets_everything_be_executed() -> None:
    """It is off unless the skill asks for it."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        for minute in range(30):
            await decide(place, minute, is_done=True)
        assert await guards.check(MIDNIGHT) is None

    guarded(main)


@pytest.mark.parametrize("answered", [True, False])
def test_call_for_a_human_that_nobody_answers_pauses_after_a_quarter_of_an_hour(answered: bool) -> None:
    """Any command of a person is an answer; one of the runner itself is none."""

    async def main(place: TickerRoom, guards: TickGuards, alerts: AlertWatch) -> None:
        alerts.paged("the account is not flat")
        await place.store.commands.pause_own(DEPLOYMENT, "cost_guard: spent", at=place.clock.now())
        await place.clock.sleep(899)
        assert await guards.check(MIDNIGHT) is None
        if answered:
            await obey(place, CommandKind.SNAPSHOT, DeploymentStatus.RUNNING)
        await place.clock.sleep(1)
        reason = "alert: nobody answered for 15 min: the account is not flat"
        assert await guards.check(MIDNIGHT) == (None if answered else reason)
        assert place.said(LogEvent.ALERT_UNANSWERED) == ([] if answered else [reason])

    guarded(main)


def test_call_for_a_human_of_an_earlier_runner_is_found_in_the_log() -> None:
    """A restart is no answer."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        place.context.diary.say(LogEvent.HUMAN_NEEDED, "BTC cannot be closed", level=LogLevel.ERROR)
        await place.context.diary.flush()
        await place.clock.sleep(1_200)
        assert await guards.check(MIDNIGHT) == "alert: nobody answered for 20 min: BTC cannot be closed"

    guarded(main)


@pytest.mark.parametrize("hours", [-2, 2])
def test_clock_that_is_set_changes_nothing_about_how_long_a_call_waits(hours: int) -> None:
    """Neither longer, which would let it trade on, nor shorter."""

    async def main(place: TickerRoom, guards: TickGuards, alerts: AlertWatch) -> None:
        alerts.paged("BTC cannot be closed")
        assert isinstance(place.clock, WorldClock)
        place.clock.step(hours * 3_600_000)
        await place.clock.sleep(890)
        assert await guards.check(MIDNIGHT) is None
        await place.clock.sleep(10)
        assert await guards.check(MIDNIGHT) == "alert: nobody answered for 15 min: BTC cannot be closed"

    guarded(main)


def test_first_of_the_calls_that_nobody_answered_counts_after_a_restart() -> None:
    """Whoever calls every minute and starts anew every ten would otherwise wait for ever; what was answered is past."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        diary = place.context.diary
        diary.say(LogEvent.HUMAN_NEEDED, "long ago", level=LogLevel.ERROR)
        await place.clock.sleep(60)
        await obey(place, CommandKind.SNAPSHOT, DeploymentStatus.RUNNING)
        for number in range(16):
            await place.clock.sleep(60)
            diary.say(LogEvent.HUMAN_NEEDED, f"call {number}", level=LogLevel.ERROR)
        await diary.flush()
        assert await guards.check(MIDNIGHT) == "alert: nobody answered for 15 min: call 0"

    guarded(main)
