"""The live broker and the actions its account has left: opens keep away from the reserve, everything else goes out."""

import json

import pytest

from agentic_core.domain import Accepted, OrderIntent, Side, TimeInForce, Unresolved
from agentic_core.ports.broker import Burned
from agentic_hl.rest import Answered, HttpOutcome, NeverLeft
from agentic_hl.venue.fault_values import OverBudget
from tests.support.hyperliquid_desk import HyperliquidDesk, sendable
from tests.support.markets import AT, order
from tests.support.resting_intents import cancel_of, exit_at, leverage_of, limit

pytestmark = pytest.mark.anyio

CAP = 10_000
MINUTE_MS = 60_000


class Counted(HyperliquidDesk):
    """A venue that says how many of 10,000 actions were used."""

    def __init__(self, used: int) -> None:
        super().__init__()
        self.used = used
        self.is_silent = False
        self.asked = 0

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Answer the question for the figures, and carry everything else to the venue."""
        if path == "/info" and json.loads(body)["type"] == "userRateLimit":
            self.asked += 1
            if self.is_silent:
                return Answered(status=403, body=b"<html>blocked</html>", content_type="text/html")
            told = {"cumVlm": "0.0", "nRequestsUsed": self.used, "nRequestsCap": CAP, "nRequestsSurplus": 0}
            return Answered(status=200, body=json.dumps(told).encode(), content_type="application/json")
        return await super().post(path, body, timeout_ms)

    async def stays(self, intent: OrderIntent) -> str:
        """Send what does not leave, and return why."""
        before = self.actions
        outcome = await self.broker.send(sendable(intent))
        assert isinstance(outcome, Unresolved), outcome
        assert (outcome.left, self.actions) == (False, before)
        return outcome.cause

    async def goes(self, intent: OrderIntent) -> None:
        """Send what the venue takes."""
        outcome = await self.broker.send(sendable(intent))
        assert isinstance(outcome, Accepted), outcome


def opening(number: int) -> OrderIntent:
    """Return an order that opens."""
    return order(number, Side.BUY, "2", "101")


OPENS: dict[str, OrderIntent] = {
    "an order": opening(7),
    "an order that rests": limit(7, Side.BUY, "2", "99", TimeInForce.POST_ONLY),
    "a leverage": leverage_of(7, 5),
}


@pytest.mark.parametrize("name", sorted(OPENS))
async def test_broker_opens_nothing_once_only_the_reserve_is_left(name: str) -> None:
    """It says how many are left and when to try again; the same intent goes out when there are more."""
    desk = Counted(CAP - 500)
    cause = await desk.stays(OPENS[name])
    assert "500 of 10000 actions are left" in cause
    assert "60000 ms" in cause
    desk.used = 0
    desk.clock.freeze(MINUTE_MS - 1)
    await desk.stays(OPENS[name])
    desk.clock.freeze(1)
    outcome = await desk.broker.send(sendable(OPENS[name], at=desk.clock.now()))
    assert isinstance(outcome, Accepted), outcome


async def test_broker_closes_protects_cancels_and_burns_out_of_the_reserve() -> None:
    """Down to the last action, and beyond it: the venue judges, not we."""
    desk = Counted(0)
    resting = limit(1, Side.BUY, "2", "99", TimeInForce.GTC)
    await desk.goes(opening(0))
    await desk.goes(resting)
    desk.used = CAP + 7
    desk.clock.freeze(15 * MINUTE_MS)
    at = desk.clock.now()
    assert isinstance(await desk.broker.send(sendable(opening(2), at=at)), Unresolved)
    for intent in (exit_at(3, "95"), cancel_of(4, resting.cloid), order(5, Side.SELL, "2", "99", reduce_only=True)):
        outcome = await desk.broker.send(sendable(intent, at=at))
        assert isinstance(outcome, Accepted), outcome
    assert await desk.broker.burn(sendable(opening(6), at=at)) == Burned()


async def test_broker_counts_its_own_actions_between_two_looks_at_the_figures() -> None:
    """Of 505 that are left five open, and nobody is asked again meanwhile."""
    desk = Counted(CAP - 505)
    for number in range(5):
        await desk.goes(opening(number))
    assert "500 of 10000" in await desk.stays(opening(5))
    assert desk.asked == 1


async def test_broker_counts_no_action_that_never_left() -> None:
    """Without a connection nothing is used up."""
    desk = Counted(CAP - 501)
    desk.instead["/exchange"] = NeverLeft(cause="no route")
    for number in range(5):
        outcome = await desk.broker.send(sendable(opening(number)))
        assert isinstance(outcome, Unresolved)
        assert "no route" in outcome.cause
    desk.instead.clear()
    await desk.goes(opening(5))
    assert "500 of 10000" in await desk.stays(opening(6))


async def test_broker_asks_for_the_figures_every_quarter_of_an_hour() -> None:
    """The owner's own actions count too; a question costs weight."""
    desk = Counted(0)
    looks = []
    for number in range(40):
        outcome = await desk.broker.send(sendable(opening(number), at=desk.clock.now()))
        assert isinstance(outcome, Accepted)
        looks.append(desk.asked)
        desk.clock.freeze(MINUTE_MS)
    assert [looks[0], looks[14], looks[15], looks[29], looks[30], looks[39]] == [1, 1, 2, 2, 3, 3]


async def test_broker_that_never_heard_the_figures_opens_nothing_and_closes() -> None:
    """Unknown is not plenty."""
    desk = Counted(0)
    desk.is_silent = True
    cause = await desk.stays(opening(0))
    assert "not read yet" in cause
    assert "403" in cause
    await desk.broker.send(sendable(order(1, Side.SELL, "2", "99", reduce_only=True)))
    assert desk.actions == 1


async def test_broker_opens_by_old_figures_where_new_ones_cannot_be_had() -> None:
    """They were plenty, and its own actions are counted on top of them."""
    desk = Counted(0)
    await desk.goes(opening(0))
    desk.is_silent = True
    desk.clock.freeze(60 * MINUTE_MS)
    outcome = await desk.broker.send(sendable(opening(1), at=desk.clock.now()))
    assert isinstance(outcome, Accepted)
    assert desk.asked > 1


async def test_broker_told_by_the_venue_that_nothing_is_left_believes_it() -> None:
    """Whatever was counted here: the next open stays, and a close goes out."""
    desk = Counted(0)
    await desk.goes(opening(0))
    desk.venue.inject(OverBudget(), AT)
    refused = await desk.broker.send(sendable(opening(1)))
    assert not isinstance(refused, Accepted)
    assert "of 10000 actions are left" in await desk.stays(opening(2))
    await desk.goes(order(3, Side.SELL, "2", "99", reduce_only=True))
