"""What the live broker makes of things that happen between two of its own steps."""

from collections.abc import Callable
from decimal import Decimal

import anyio
import pytest

from agentic_core.domain import Accepted, Side, Unresolved
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.broker import Burned
from agentic_hl.rest import HttpOutcome
from agentic_hl.venue.terms import Mode
from tests.support.hyperliquid_desk import OWNER, HyperliquidDesk, broker_over, sendable
from tests.support.markets import order

pytestmark = pytest.mark.anyio

D = Decimal


class _InterruptedDesk(HyperliquidDesk):
    # Lets something happen before the venue answers a kind of question, so many times.
    def __init__(self) -> None:
        self.before = b""
        self.happens: Callable[[], object] | None = None
        self.times = 0
        self.held: anyio.Event | None = None
        super().__init__()

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        if self.before and self.before in body:
            if self.held is not None:
                await self.held.wait()
            if self.happens is not None and self.times:
                self.times -= 1
                self.happens()
        return await super().post(path, body, timeout_ms)


async def _holding_in_united() -> _InterruptedDesk:
    # Two BTC bought at 100 stand at 110; what happens next pays 300 dollars into the same balances.
    desk = _InterruptedDesk()
    desk.venue.engine.set_mode(OWNER.address, Mode.UNIFIED)
    assert isinstance(await desk.broker.send(sendable(order(0, Side.BUY, "2", "101"))), Accepted)
    desk.set("110")
    desk.before = b'"clearinghouseState"'
    desk.happens = lambda: desk.venue.deposit(OWNER.address, D(300), desk.clock.now())
    return desk


async def test_hyperliquid_united_account_is_of_one_moment() -> None:
    """Dollars that changed between the two answers are asked for again, until both are of the same time."""
    desk = await _holding_in_united()
    desk.times = 1
    account = await broker_over(desk.access, mode="unifiedAccount").account()
    assert account.equity == D("10319.91")


async def test_hyperliquid_united_account_that_never_stands_still_is_no_account() -> None:
    """After three looks nobody knows which positions go with which dollars."""
    desk = await _holding_in_united()
    desk.times = 3
    with pytest.raises(VenueUnavailable, match="changed during each of 3 looks"):
        await broker_over(desk.access, mode="unifiedAccount").account()


async def test_hyperliquid_order_that_is_burned_while_it_waits_never_leaves() -> None:
    """The noop is the one action; the order, which had not got its turn, is known to have stayed."""
    desk = _InterruptedDesk()
    desk.before, desk.held = b'"userRateLimit"', anyio.Event()
    ready = sendable(order(0, Side.BUY, "2", "101"))
    outcomes = []

    async def send() -> None:
        outcomes.append(await desk.broker.send(ready))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        await anyio.wait_all_tasks_blocked()
        assert await desk.broker.burn(ready) == Burned()
        desk.held.set()
    (outcome,) = outcomes
    assert isinstance(outcome, Unresolved)
    assert not outcome.left
    assert desk.actions == 1
    assert await desk.broker.send(ready) == outcome
