"""What is looked at before a turn: the pinned version, and what its decisions and calls cost."""

from decimal import Decimal

import pytest

from agentic_core.domain import CommandKind, DeploymentStatus, Instant, Symbol, Usd
from agentic_core.domain.chat import ChatPurpose, CostSource
from agentic_core.domain.trading import Restriction
from agentic_core.errors import Fenced
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.alerts import AlertWatch
from agentic_core.runtime.guarding import TickGuards
from agentic_core.runtime.pinned import tightened
from tests.support.chat_costs import call, caps, usd
from tests.support.guard_room import MIDNIGHT, PAYLOAD, decide, edit, edited, guarded, obey, waiting
from tests.support.markets import BTC
from tests.support.ticker_room import TickerRoom
from tests.support.turns import DEPLOYMENT, LIMITS, limits

D = Decimal
MINUTE = 60_000


def test_cost_guard_pauses_at_the_cap_and_says_so_once() -> None:
    """The order waits in the table; until it is carried out, no turn is taken and no second one given."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        await decide(place, 0, cost="0.99")
        assert await guards.check(MIDNIGHT) is None
        await decide(place, 1, cost="0.01")
        reason = "cost_guard: 1 USD were spent this month, the cap is 1"
        assert [await guards.check(MIDNIGHT) for _ in range(3)] == [reason] * 3
        assert await waiting(place) == [(CommandKind.PAUSE, reason)]
        (line,) = [one for one in place.lines if one.event is LogEvent.COST_GUARD_TRIPPED]
        assert (line.message, line.level) == (reason, LogLevel.WARN)

    guarded(main)


def test_cost_guard_trips_again_when_a_person_resumes_over_the_cap() -> None:
    """Only a new version with a higher cap, or a new month, lets it run."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        await decide(place, 0, cost="2")
        await guards.check(MIDNIGHT)
        await obey(place, CommandKind.PAUSE, DeploymentStatus.PAUSED)
        assert await guards.check(MIDNIGHT) is not None
        assert await waiting(place) == []
        await obey(place, CommandKind.RESUME, DeploymentStatus.RUNNING)
        await guards.check(MIDNIGHT)
        assert [kind for kind, _ in await waiting(place)] == [CommandKind.PAUSE]
        assert await guards.check(Instant(MIDNIGHT + 31 * 24 * 60 * MINUTE)) is None

    guarded(main)


@pytest.mark.parametrize(("cost", "is_over"), [("0.99999999", False), ("1", True)])
def test_cost_guard_counts_calls_whose_turns_left_no_decision(cost: str, is_over: bool) -> None:
    """They were paid all the same; a decision and its calls count once, and what is only held not at all."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        fence, costs = place.context.fence, place.store.costs
        for minute, bound in ((0, "1"), (1, "5")):
            asked = call(minute, run=DEPLOYMENT)
            await costs.reserve(fence, asked, ChatPurpose.POSITION, usd(bound), caps("10"), at=MIDNIGHT)
        await costs.settle(call(run=DEPLOYMENT), usd(cost), CostSource.REPORTED, at=MIDNIGHT)
        await decide(place, 2, cost="0.9")
        reason = "cost_guard: 1 USD were spent this month, the cap is 1" if is_over else None
        assert await guards.check(MIDNIGHT) == reason

    guarded(main)


def test_cost_guard_pauses_where_nobody_knows_what_something_cost() -> None:
    """What is not known is never taken for nothing."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        await decide(place, 0, cost=None)
        reason = await guards.check(MIDNIGHT)
        assert reason == "cost_guard: nobody knows what 1 decision(s) of this month cost"

    guarded(main)


def test_version_that_is_intact_changes_nothing() -> None:
    """However often it is read."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        assert [await guards.check(MIDNIGHT) for _ in range(3)] == [None] * 3
        assert guards.limits() == place.context.mandate.limits
        assert (place.standing.restrictions, place.lines) == (frozenset(), [])

    guarded(main)


def test_version_that_was_edited_holds_opens_back_until_it_is_itself_again() -> None:
    """Said once each way, with the hash that was found."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        edit(place, edited({"risk.maxOrdersPerDay": 30}))
        assert [await guards.check(MIDNIGHT) for _ in range(2)] == [None] * 2
        assert place.standing.restrictions == {Restriction.VERSION_CHANGED}
        assert guards.limits().orders_per_day_max == 30
        edit(place, PAYLOAD)
        await guards.check(MIDNIGHT)
        assert place.standing.restrictions == frozenset()
        assert guards.limits() == LIMITS
        assert place.said(LogEvent.VERSION_CHANGED) == [
            "the payload of version 1 of By hand is not the one that was deployed, so nothing is opened",
            "the payload of version 1 of By hand is again the one that was deployed",
        ]

    guarded(main)


def test_version_that_was_edited_at_the_start_is_read_again_under_a_new_lease_once_it_is_itself() -> None:
    """Thesis, tools and caps of the edited text would trade on otherwise."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        edit(place, edited({"risk.maxOrdersPerDay": 30}))
        assert await guards.check(MIDNIGHT) is None
        edit(place, PAYLOAD)
        for _again in range(2):
            with pytest.raises(Fenced, match="the deployed payload of version 1 of By hand is back"):
                await guards.check(MIDNIGHT)
        assert place.standing.restrictions == {Restriction.VERSION_CHANGED}

    guarded(main, is_intact=False)


@pytest.mark.parametrize(("cap", "trips"), [(0.01, True), (500, False)])
def test_cap_on_cost_that_was_lowered_in_the_database_binds_at_the_next_mark(cap: float, trips: bool) -> None:
    """As the launch checklist has it; one that was raised there changes nothing."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        await decide(place, 0, cost="0.5")
        edit(place, edited({"risk.maxMonthlyCostUsd": cap}))
        assert (await guards.check(MIDNIGHT) is not None) is trips
        assert guards.limits().cost_usd_month_max == (D("0.01") if trips else D(1))

    guarded(main)


def test_version_that_is_no_skill_any_more_holds_opens_back_under_its_own_caps() -> None:
    """Whatever stands there now, nobody deployed it."""

    async def main(place: TickerRoom, guards: TickGuards, _: AlertWatch) -> None:
        edit(place, '{"name":"gone"}')
        assert await guards.check(MIDNIGHT) is None
        assert place.standing.restrictions == {Restriction.VERSION_CHANGED}
        assert guards.limits() == LIMITS

    guarded(main)


def test_tightened_takes_the_tighter_of_each_cap() -> None:
    """A symbol that is taken away is gone, one that is added is not there; no drawdown cap is the widest."""
    now = limits(
        position_bps_max=9_000,
        exposure_bps_max=30_000,
        order_usd_min=Usd(D(20)),
        symbols_allowed=frozenset({BTC, Symbol("SOL")}),
        drawdown_bps_max=2_000,
        collar_bps=500,
    )
    found = tightened(LIMITS, now)
    assert (found.position_bps_max, found.exposure_bps_max, found.order_usd_min) == (9_000, 20_000, D(20))
    assert (found.symbols_allowed, found.drawdown_bps_max, found.collar_bps) == (frozenset({BTC}), 2_000, 100)
    assert tightened(now, LIMITS).drawdown_bps_max == 2_000
    assert tightened(LIMITS, LIMITS) == LIMITS
