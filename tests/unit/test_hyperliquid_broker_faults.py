"""The live broker on a network that loses, delays and repeats: it never guesses, and never sends twice."""

from decimal import Decimal

import anyio

from agentic_core.domain import Accepted, IntentState, Side, Unresolved
from agentic_core.ports.broker import Absent, Burned, Known, NotBurned
from agentic_core.ports.simulated_venue import (
    CutLink,
    DelayMessage,
    Direction,
    GarbleReply,
    LagReads,
    LinkFault,
    LoseMessage,
    RepeatRequest,
)
from agentic_hl.venue.fault_values import ForgottenOrders
from tests.support.hyperliquid_desk import broker_over, sendable
from tests.support.hyperliquid_scene import Scene, play
from tests.support.markets import order

D = Decimal
SLACK_MS = 50


def taken_unheard(fault: LinkFault) -> None:
    """Play an order that the venue takes while its answer is of no use."""

    async def scene(at: Scene) -> None:
        ready = sendable(order(0, Side.BUY, "2", "101"), at=at.clock.now())
        cloid = ready.intent.cloid
        at.go_wrong(fault)
        began = at.clock.boottime_ms()
        outcome = await at.broker.send(ready)
        assert isinstance(outcome, Unresolved), outcome
        assert at.clock.boottime_ms() - began <= 5_000 + SLACK_MS
        assert await at.broker.send(ready) == outcome
        await at.clock.sleep(10)
        assert at.executed(cloid) == D(2)
        seen = await at.broker.observe(ready)
        assert isinstance(seen, Known)
        assert (seen.state, sum(fill.size for fill in seen.fills)) == (IntentState.FILLED, D(2))
        assert isinstance(await at.broker.burn(ready), NotBurned)

    play(scene)


def test_hyperliquid_order_whose_answer_is_lost_is_unresolved_until_observed() -> None:
    """Silence is no rejection: the order had filled."""
    taken_unheard(LoseMessage(direction=Direction.REPLY, of="order"))


def test_hyperliquid_order_answered_by_a_server_error_is_unresolved_until_observed() -> None:
    """A 5xx may follow a commit."""
    taken_unheard(GarbleReply(of="order"))


def test_hyperliquid_order_whose_answer_is_late_is_unresolved_after_five_seconds() -> None:
    """The cap holds, whatever comes later."""
    taken_unheard(DelayMessage(direction=Direction.REPLY, by_ms=8_000, of="order"))


def test_hyperliquid_order_that_arrives_twice_executes_once() -> None:
    """The venue takes a nonce once, so a copy on the way changes nothing."""

    async def scene(at: Scene) -> None:
        ready = sendable(order(0, Side.BUY, "2", "101"), at=at.clock.now())
        at.go_wrong(RepeatRequest(by_ms=300, of="order"))
        outcome = await at.broker.send(ready)
        await at.clock.sleep(2)
        assert isinstance(outcome, Accepted)
        assert outcome.filled_size == at.executed(ready.intent.cloid) == D(2)

    play(scene)


def test_hyperliquid_lost_order_is_absent_and_a_burn_ends_it() -> None:
    """The noop takes its nonce; when it is burned nothing can execute any more."""

    async def scene(at: Scene) -> None:
        ready = sendable(order(0, Side.BUY, "2", "101"), at=at.clock.now())
        cloid = ready.intent.cloid
        at.go_wrong(LoseMessage(direction=Direction.REQUEST, of="order"))
        assert isinstance(await at.broker.send(ready), Unresolved)
        assert isinstance(await at.broker.observe(ready), Absent)
        assert await at.broker.burn(ready) == Burned()
        assert isinstance(await at.broker.send(ready), Unresolved)
        assert at.executed(cloid) == D(0)

    play(scene)


def test_hyperliquid_order_overtaken_by_its_burn_executes_nothing() -> None:
    """The order arrives after the noop and finds its nonce used."""

    async def scene(at: Scene) -> None:
        ready = sendable(order(0, Side.BUY, "2", "101"), at=at.clock.now())
        at.go_wrong(DelayMessage(direction=Direction.REQUEST, by_ms=7_000, of="order"))
        assert isinstance(await at.broker.send(ready), Unresolved)
        assert await at.broker.burn(ready) == Burned()
        await at.clock.sleep(10)
        assert at.executed(ready.intent.cloid) == D(0)

    play(scene)


def test_hyperliquid_order_over_a_cut_link_says_that_nothing_left() -> None:
    """It may be sent again once the link is back."""

    async def scene(at: Scene) -> None:
        at.go_wrong(CutLink(for_ms=1_000))
        ready = sendable(order(0, Side.BUY, "2", "101"), at=at.clock.now())
        outcome = await at.broker.send(ready)
        assert isinstance(outcome, Unresolved)
        assert (outcome.cause[:14], outcome.left) == ("nothing left: ", False)
        await at.clock.sleep(2)
        assert isinstance(await at.broker.send(ready), Accepted)

    play(scene)


def test_hyperliquid_sending_that_was_cancelled_stays_unresolved() -> None:
    """Whoever sends it again learns that it may have arrived, and sends nothing."""

    async def scene(at: Scene) -> None:
        ready = sendable(order(0, Side.BUY, "2", "101"), at=at.clock.now())
        at.go_wrong(DelayMessage(direction=Direction.REPLY, by_ms=2_000, of="order"))
        with anyio.move_on_after(1):
            await at.broker.send(ready)
        assert isinstance(await at.broker.send(ready), Unresolved)
        assert at.executed(ready.intent.cloid) == D(2)

    play(scene)


def test_hyperliquid_order_that_fills_in_part_is_partial_with_its_fills() -> None:
    """The rest of an IOC order is gone, which the answer does not say."""

    async def scene(at: Scene) -> None:
        at.quote("100", depth="0.5")
        ready = sendable(order(0, Side.BUY, "2", "101"), at=at.clock.now())
        outcome = await at.broker.send(ready)
        assert isinstance(outcome, Accepted)
        assert (outcome.state, outcome.filled_size) == (IntentState.PARTIAL, D("0.5"))
        seen = await at.broker.observe(ready)
        assert isinstance(seen, Known)
        assert (seen.state, seen.total, seen.fills) == (IntentState.PARTIAL, D("0.5"), outcome.fills)

    play(scene)


def test_hyperliquid_full_fill_is_accepted_before_its_fills_are_listed() -> None:
    """All of it executed is what the answer proves; which fills is told when they are listed."""

    async def scene(at: Scene) -> None:
        at.go_wrong(LagReads(by_ms=20_000))
        ready = sendable(order(0, Side.BUY, "2", "101"), at=at.clock.now())
        outcome = await at.broker.send(ready)
        assert isinstance(outcome, Accepted)
        assert (outcome.state, outcome.total, outcome.fills) == (IntentState.FILLED, D(2), ())
        assert at.sent("userFillsByTime") == 4

    play(scene)


def test_hyperliquid_send_waits_a_little_for_its_fills() -> None:
    """They are listed within a second, and then the outcome names them."""

    async def scene(at: Scene) -> None:
        at.go_wrong(LagReads(by_ms=900))
        began = at.clock.boottime_ms()
        outcome = await at.broker.send(sendable(order(0, Side.BUY, "2", "101"), at=at.clock.now()))
        assert isinstance(outcome, Accepted)
        assert (outcome.state, outcome.filled_size) == (IntentState.FILLED, D(2))
        assert at.clock.boottime_ms() - began <= 1_800

    play(scene)


def test_hyperliquid_partial_fill_is_told_by_the_answer_before_its_fills_are_listed() -> None:
    """How much executed is the venue's own count; which fills it was is told when they are listed."""

    async def scene(at: Scene) -> None:
        at.quote("100", depth="0.5")
        at.go_wrong(LagReads(by_ms=20_000))
        ready = sendable(order(0, Side.BUY, "2", "101"), at=at.clock.now())
        outcome = await at.broker.send(ready)
        assert isinstance(outcome, Accepted)
        assert (outcome.state, outcome.total, outcome.fills) == (IntentState.PARTIAL, D("0.5"), ())
        await at.clock.sleep(30)
        seen = await at.broker.observe(ready)
        assert isinstance(seen, Known)
        assert (seen.state, sum(fill.size for fill in seen.fills)) == (IntentState.PARTIAL, D("0.5"))

    play(scene)


def test_hyperliquid_forgotten_order_is_absent_with_its_fills() -> None:
    """`unknownOid` says nothing against a fill with the order's id."""

    async def scene(at: Scene) -> None:
        ready = sendable(order(0, Side.BUY, "2", "101"), at=at.clock.now())
        outcome = await at.broker.send(ready)
        assert isinstance(outcome, Accepted)
        at.venue.spoil(ForgottenOrders())
        seen = await broker_over(at.access).observe(ready)
        assert isinstance(seen, Absent)
        assert seen.fills == outcome.fills

    play(scene)


def test_hyperliquid_clipped_close_that_fills_in_part_is_partial_once_nothing_can_be_missing() -> None:
    """A reduce-only order is shrunk to the position, so only the list of its fills tells how much it was."""

    async def scene(at: Scene) -> None:
        await at.broker.send(sendable(order(0, Side.BUY, "2", "101"), at=at.clock.now()))
        at.quote("100", depth="0.5")
        close = sendable(order(1, Side.SELL, "5", "99", reduce_only=True), at=at.clock.now())
        outcome = await at.broker.send(close)
        assert isinstance(outcome, Accepted)
        assert (outcome.state, outcome.filled_size) == (IntentState.PARTIAL, D("0.5"))
        await at.clock.sleep(6)
        seen = await at.broker.observe(close)
        assert isinstance(seen, Known)
        assert (seen.state, seen.fills) == (IntentState.PARTIAL, outcome.fills)

    play(scene)
