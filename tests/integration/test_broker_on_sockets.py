"""The live broker over HTTP when answers fail to come: what the venue did is never guessed, and never done twice."""

from decimal import Decimal

import pytest

from agentic_core.domain import Accepted, IntentKind, IntentState, Side, TimeInForce, Unresolved
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.broker import Absent, Burned, Known, NotBurned
from agentic_hl.broker import BrokerTimes
from agentic_hl.venue.fault_values import AnswerLost, ErrorAfterCommit, ErrorInstead, Fault
from tests.support.broker_desks import SocketDesk, socket_desk
from tests.support.hyperliquid_desk import broker_over, sendable
from tests.support.markets import AT, order
from tests.support.resting_intents import cancel_of, exit_at, leverage_of, limit

pytestmark = pytest.mark.anyio

D = Decimal
SHORT = BrokerTimes(call_ms=200)
READY = sendable(order(0, Side.BUY, "2", "101"))
UNANSWERED: dict[str, Fault] = {
    "a proxy's page": ErrorAfterCommit(of="order", status=502),
    "silence": AnswerLost(of="order"),
}


def impatient(desk: SocketDesk) -> None:
    """Let the broker wait for a fifth of a second only."""
    desk.broker = broker_over(desk.access, times=SHORT)


@pytest.mark.parametrize("name", sorted(UNANSWERED))
async def test_broker_on_sockets_learns_by_asking_what_no_answer_told(name: str) -> None:
    """The venue filled the order: it is unresolved until observed, is sent once, and cannot be burned any more."""
    async with socket_desk() as desk:
        impatient(desk)
        desk.venue.inject(UNANSWERED[name], AT)
        outcome = await desk.broker.send(READY)
        assert isinstance(outcome, Unresolved), outcome
        assert outcome.left
        assert await desk.broker.send(READY) == outcome
        assert (desk.actions, desk.executed(READY.intent.cloid)) == (1, D(2))
        known = await desk.broker.observe(READY)
        assert isinstance(known, Known)
        assert (known.state, known.total, sum(fill.size for fill in known.fills)) == (IntentState.FILLED, D(2), D(2))
        assert isinstance(await desk.broker.burn(READY), NotBurned)


async def test_broker_on_sockets_burns_what_a_proxy_kept_from_the_venue() -> None:
    """Nobody knows where the order is, until a noop has taken its nonce."""
    async with socket_desk() as desk:
        desk.venue.inject(ErrorInstead(of="order", status=503), AT)
        outcome = await desk.broker.send(READY)
        assert isinstance(outcome, Unresolved)
        assert outcome.left
        assert isinstance(await desk.broker.observe(READY), Absent)
        assert await desk.broker.burn(READY) == Burned()
        assert await desk.broker.send(READY) == outcome
        assert (desk.actions, desk.executed(READY.intent.cloid)) == (2, D(0))


async def test_broker_on_sockets_is_another_process_that_learns_the_same() -> None:
    """A broker that never sent the order observes it as the one that did."""
    async with socket_desk() as desk:
        sent = await desk.broker.send(READY)
        assert isinstance(sent, Accepted)
        known = await broker_over(desk.access).observe(READY)
        assert known == await desk.broker.observe(READY)
        assert isinstance(known, Known)
        assert known.fills == sent.fills


@pytest.mark.parametrize("kind", [IntentKind.CANCEL, IntentKind.LEVERAGE, IntentKind.STOP])
async def test_broker_on_sockets_calls_no_other_action_done_that_nobody_answered(kind: IntentKind) -> None:
    """It may have happened or not, and stays unresolved."""
    async with socket_desk() as desk:
        resting = limit(0, Side.BUY, "2", "99", TimeInForce.GTC)
        await desk.broker.send(sendable(resting))
        await desk.broker.send(sendable(order(1, Side.BUY, "2", "101")))
        intent = {
            IntentKind.CANCEL: cancel_of(2, resting.cloid),
            IntentKind.LEVERAGE: leverage_of(2, 20),
            IntentKind.STOP: exit_at(2, "95"),
        }[kind]
        desk.venue.inject(ErrorAfterCommit(status=502), AT)
        outcome = await desk.broker.send(sendable(intent))
        assert isinstance(outcome, Unresolved), outcome
        assert outcome.left
        assert await desk.broker.send(sendable(intent)) == outcome
        assert desk.actions == 3


async def test_broker_on_sockets_reads_no_account_from_an_error_page() -> None:
    """It says that the venue does not answer, and that is all it says."""
    async with socket_desk() as desk:
        desk.venue.inject(ErrorInstead(of="clearinghouseState", status=403, count=9), AT)
        with pytest.raises(VenueUnavailable, match="403"):
            await desk.broker.account()
