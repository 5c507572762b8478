"""What happens once the venue does not know who signed."""

import pytest
from msgspec.structs import replace

from agentic_core.domain import Rejected, Side, Unresolved
from agentic_hl.rest import Answered
from tests.support.hyperliquid_desk import WALLET, HyperliquidDesk, sendable
from tests.support.markets import order

pytestmark = pytest.mark.anyio


def unknown(address: str) -> Answered:
    """Return the venue's answer to a signature of nobody it knows."""
    body = f'{{"status":"err","response":"User or API Wallet {address} does not exist."}}'
    return Answered(status=200, body=body.encode(), content_type="application/json")


@pytest.mark.parametrize(
    ("named", "words"),
    [(WALLET.address, "may trade no longer"), ("0x" + "99" * 20, "other bytes than were signed")],
)
async def test_unrecognised_signature_is_told_apart_from_an_ended_wallet(named: str, words: str) -> None:
    """The address that the venue names decides which of the two it is; it is compared whatever its case."""
    desk = HyperliquidDesk()
    desk.instead["/exchange"] = unknown("0x" + named[2:].upper())
    outcome = await desk.broker.send(sendable(order(0, Side.BUY, "1", "101")))
    assert isinstance(outcome, Rejected)
    assert words in outcome.reason
    assert named in outcome.reason


async def test_after_an_unrecognised_signature_opens_stay_here_and_closes_leave() -> None:
    """Nothing more is opened by a key that nobody knows, and every exit is still tried."""
    desk = HyperliquidDesk()
    await desk.broker.send(sendable(order(0, Side.BUY, "1", "101")))
    answer = desk.instead["/exchange"] = unknown(WALLET.address)
    await desk.broker.send(sendable(order(1, Side.BUY, "1", "101")))
    del desk.instead["/exchange"]
    sent = desk.actions
    held_back = await desk.broker.send(sendable(order(2, Side.BUY, "1", "101")))
    assert isinstance(held_back, Unresolved)
    assert not held_back.left
    assert desk.actions == sent
    desk.instead["/exchange"] = answer
    close = replace(order(3, Side.SELL, "1", "99"), reduce_only=True)
    assert isinstance(await desk.broker.send(sendable(close)), Rejected)
    assert desk.actions == sent + 1
