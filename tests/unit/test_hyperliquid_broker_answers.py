"""What the live broker makes of each answer: proven refusals are rejections, everything else is unresolved."""

import json
from decimal import Decimal

import anyio
import pytest
from msgspec.structs import replace

from agentic_core.domain import (
    Accepted,
    AccountKey,
    Fence,
    IntentKind,
    PreparedIntent,
    Price,
    Rejected,
    Side,
    Symbol,
    Trigger,
    TriggerKind,
    Unresolved,
)
from agentic_core.errors import ConfigError, InputError, UsageError
from agentic_core.ports.broker import Burned, NotBurned
from agentic_hl.rest import Answered, HttpOutcome, NeverLeft, Unclear
from agentic_hl.wire.units import WireError
from tests.support.hyperliquid_desk import GivenEnvironment, HyperliquidDesk, broker_over, sendable
from tests.support.markets import AT, order, prepared

pytestmark = pytest.mark.anyio

INTENT = order(0, Side.BUY, "2", "101")
READY = sendable(INTENT)


def answer(body: object, *, status: int = 200) -> Answered:
    """Make an answer of JSON."""
    return Answered(status=status, body=json.dumps(body).encode(), content_type="application/json")


def item(*statuses: object) -> Answered:
    """Make an answer to an order."""
    return answer({"status": "ok", "response": {"type": "order", "data": {"statuses": list(statuses)}}})


def refused(text: str) -> Answered:
    """Make a refusal of the whole request."""
    return answer({"status": "err", "response": text})


UNDECODED = b"Failed to deserialize the JSON body into the target type"

PROVEN: dict[str, HttpOutcome] = {
    "no match": item({"error": "Order could not immediately match against any resting orders. asset=0"}),
    "margin": item({"error": "Insufficient margin to place order. asset=0"}),
    "post-only window": item({"error": "Only post-only orders allowed immediately after a network upgrade"}),
    "unknown wallet": refused("User or API Wallet 0x0000000000000000000000000000000000000001 does not exist."),
    "undecoded": Answered(status=422, body=UNDECODED, content_type="text/plain"),
}

UNPROVEN: dict[str, HttpOutcome] = {
    "duplicate nonce": refused("Invalid nonce: duplicate nonce 1640995260000"),
    "expired": refused("Action already expired"),
    "new text": refused("The validators are having lunch"),
    "new error": item({"error": "Something else went wrong. asset=0"}),
    "proxy 422": Answered(status=422, body=b"<html>no</html>", content_type="text/html"),
    "too many requests": answer(None, status=429),
    "forbidden": Answered(status=403, body=b"<html>no</html>", content_type="text/html"),
    "bad gateway": Answered(status=502, body=b"<html>502</html>", content_type="text/html"),
    "half an answer": Answered(status=200, body=b'{"status":"ok","resp', content_type="application/json"),
    "nothing of items": answer({"status": "ok", "response": {"type": "default"}}),
    "no status": item(),
    "two statuses": item({"error": "Insufficient margin to place order."}, "success"),
    "waiting": item("waitingForTrigger"),
    "another order": item({"filled": {"totalSz": "2", "avgPx": "100", "oid": 7, "cloid": "0x" + "ab" * 16}}),
    "silence": Unclear(cause="no whole answer", timed_out=True),
}
NO_CONNECTION = NeverLeft(cause="no route")


@pytest.mark.parametrize("name", sorted(PROVEN))
async def test_hyperliquid_send_that_the_venue_provably_refused_is_rejected(name: str) -> None:
    """The venue looked at the order and did nothing; the reason is its own text."""
    desk = HyperliquidDesk()
    desk.instead["/exchange"] = PROVEN[name]
    outcome = await desk.broker.send(READY)
    assert isinstance(outcome, Rejected), outcome
    assert outcome.reason


@pytest.mark.parametrize("name", sorted(UNPROVEN))
async def test_hyperliquid_send_without_proof_is_unresolved_for_good(name: str) -> None:
    """It stays what it is when it is sent again, and only one request ever leaves."""
    desk = HyperliquidDesk()
    desk.instead["/exchange"] = UNPROVEN[name]
    outcome = await desk.broker.send(READY)
    assert isinstance(outcome, Unresolved), outcome
    assert outcome.cause
    assert outcome.left
    desk.instead.clear()
    assert await desk.broker.send(READY) == outcome
    assert desk.actions == 1


async def test_hyperliquid_send_of_which_nothing_left_is_really_sent_the_next_time() -> None:
    """There was no connection, so the venue cannot know of it."""
    desk = HyperliquidDesk()
    desk.instead["/exchange"] = NO_CONNECTION
    assert await desk.broker.send(READY) == Unresolved(cloid=INTENT.cloid, cause="nothing left: no route", left=False)
    desk.instead.clear()
    assert isinstance(await desk.broker.send(READY), Accepted)
    assert desk.executed(INTENT.cloid) == Decimal(2)


async def test_hyperliquid_send_of_which_nothing_left_stays_here_once_its_nonce_is_burned() -> None:
    """A burn is for good, also where the order before it had no connection."""
    desk = HyperliquidDesk()
    desk.instead["/exchange"] = NO_CONNECTION
    await desk.broker.send(READY)
    desk.instead.clear()
    assert await desk.broker.burn(READY) == Burned()
    outcome = await desk.broker.send(READY)
    assert isinstance(outcome, Unresolved)
    assert not outcome.left
    assert desk.actions == 2


@pytest.mark.parametrize("name", sorted(PROVEN | UNPROVEN))
async def test_hyperliquid_burn_without_a_plain_success_proves_nothing(name: str) -> None:
    """Neither a refusal nor silence says whose the nonce was."""
    desk = HyperliquidDesk()
    desk.instead["/exchange"] = item({"error": "x"}) if name == "nothing of items" else (PROVEN | UNPROVEN)[name]
    assert isinstance(await desk.broker.burn(READY), NotBurned)


async def test_hyperliquid_order_sent_by_two_at_the_same_time_leaves_once() -> None:
    """The second waits for the first and gets its outcome."""
    desk = HyperliquidDesk()
    outcomes: list[object] = []

    async def send() -> None:
        outcomes.append(await desk.broker.send(READY))

    async with anyio.create_task_group() as both:
        both.start_soon(send)
        both.start_soon(send)
    assert outcomes[0] == outcomes[1]
    assert (desk.actions, desk.executed(INTENT.cloid)) == (1, Decimal(2))


async def test_hyperliquid_order_carries_cloid_nonce_and_expiry_of_its_intent() -> None:
    """What is signed is what was prepared."""
    desk = HyperliquidDesk()
    await desk.broker.send(READY)
    body = json.loads(next(body for path, body in desk.posted if path == "/exchange"))
    assert (body["nonce"], body["expiresAfter"]) == (READY.nonce, AT + 10_000)
    (line,) = body["action"]["orders"]
    assert line == {
        "a": 0,
        "b": True,
        "p": "101",
        "s": "2",
        "r": False,
        "t": {"limit": {"tif": "Ioc"}},
        "c": INTENT.cloid,
    }


async def test_hyperliquid_order_whose_nonce_was_burned_never_leaves() -> None:
    """After a noop, sending it asks nothing of the venue and is no acceptance."""
    desk = HyperliquidDesk()
    assert await desk.broker.burn(READY) == Burned()
    assert isinstance(await desk.broker.send(READY), Unresolved)
    assert desk.actions == 1


async def test_hyperliquid_burn_of_an_intent_without_nonce_needs_no_request() -> None:
    """Nothing can have been signed, so nothing can execute."""
    desk = HyperliquidDesk()
    assert await desk.broker.burn(prepared(INTENT)) == Burned()
    assert desk.actions == 0


TRIGGER = Trigger(kind=TriggerKind.STOP, price=Price(Decimal(90)))
EXIT = order(0, Side.SELL, "2", "80", reduce_only=True)
FOREIGN = Fence(account=AccountKey("mainnet:0x01"), epoch=1)
UNSENDABLE: dict[str, tuple[PreparedIntent, type[Exception]]] = {
    "no nonce": (replace(READY, nonce=None), UsageError),
    "no expiry": (replace(READY, expires_at=None), UsageError),
    "another account": (replace(READY, fence=FOREIGN), UsageError),
    "an order with a trigger": (replace(READY, intent=replace(INTENT, trigger=TRIGGER)), UsageError),
    "a stop without trigger": (replace(READY, intent=replace(EXIT, kind=IntentKind.STOP)), UsageError),
    "a stop that may open": (replace(READY, intent=replace(INTENT, kind=IntentKind.STOP, trigger=TRIGGER)), UsageError),
    "a cancel of nothing": (replace(READY, intent=replace(INTENT, kind=IntentKind.CANCEL)), UsageError),
    "a leverage of nothing": (replace(READY, intent=replace(INTENT, kind=IntentKind.LEVERAGE)), UsageError),
    "a noop": (replace(READY, intent=replace(INTENT, kind=IntentKind.NOOP)), UsageError),
    "an illegal price": (sendable(order(0, Side.BUY, "2", "100.123456")), WireError),
    "an illegal size": (sendable(order(0, Side.BUY, "2.0000001", "101")), WireError),
    "nothing listed": (sendable(order(0, Side.BUY, "2", "101", symbol=Symbol("NOSUCH"))), InputError),
}


@pytest.mark.parametrize("name", sorted(UNSENDABLE))
async def test_hyperliquid_intent_that_cannot_be_sent_raises_each_time_and_nothing_leaves(name: str) -> None:
    """A mistake of the caller is no outcome of an order."""
    desk = HyperliquidDesk()
    intent, error = UNSENDABLE[name]
    for _ in range(2):
        with pytest.raises(error):
            await desk.broker.send(intent)
    assert desk.actions == 0


async def test_hyperliquid_send_without_listings_says_that_nothing_left() -> None:
    """The asset's number is not known, so there is nothing to sign."""
    desk = HyperliquidDesk()
    desk.instead["/info"] = Answered(status=400, body=b"no")
    outcome = await desk.broker.send(READY)
    assert isinstance(outcome, Unresolved)
    assert outcome.cause.startswith("nothing left: meta was answered with HTTP 400")
    assert not outcome.left
    assert desk.actions == 0


@pytest.mark.parametrize("value", [None, "", "True", "TRUE", "1", "true ", "yes"])
def test_hyperliquid_broker_is_refused_unless_the_switch_is_exactly_true(value: str | None) -> None:
    """The reason names the switch and what it was."""
    given = GivenEnvironment({} if value is None else {"HYPERLIQUID_LIVE_ENABLED": value})
    found = "is not set" if value is None else f"is {value!r}"
    with pytest.raises(ConfigError, match=f"HYPERLIQUID_LIVE_ENABLED {found}"):
        broker_over(HyperliquidDesk().access, environment=given)


@pytest.mark.parametrize("mode", ["portfolioMargin", "dexAbstraction", ""])
def test_hyperliquid_broker_is_refused_for_an_account_mode_it_cannot_read(mode: str) -> None:
    """Its money would be read wrongly."""
    with pytest.raises(ConfigError, match="mode"):
        broker_over(HyperliquidDesk().access, mode=mode)
