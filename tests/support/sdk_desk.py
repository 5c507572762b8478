"""The official SDK, as it was installed, trading on a served venue; and what it hears over its websocket."""

from collections.abc import Mapping
from decimal import Decimal
from queue import Empty, Queue
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info

from agentic_hl.venue.fault_values import SocketsDropped
from tests.support.venue_room import DEADLINE_S, VenueRoom

__all__ = [
    "GTC",
    "Desk",
    "Ears",
    "desk_of",
    "done",
    "exchange_of",
    "filled",
    "only",
    "refused",
    "statuses",
    "values",
    "wallet_of",
]

Json = Any
"""What the SDK made of an answer: it types none of them."""

GTC = {"limit": {"tif": "Gtc"}}
BUY, SELL = True, False

_KEYS = {"anna": 0xA11A, "bert": 0xBE27, "cara": 0xCA2A, "dave": 0xDA5E}
_TIMEOUT_S = 10


def wallet_of(name: str) -> LocalAccount:
    """Return somebody's key."""
    wallet: LocalAccount = Account.from_key(f"0x{_KEYS[name]:064x}")
    return wallet


def done(answer: Json) -> Json:
    """Return the response of an action that was carried out."""
    assert answer["status"] == "ok", answer
    return answer["response"]


def statuses(answer: Json) -> Json:
    """Return what became of each order or cancel."""
    return done(answer)["data"]["statuses"]


def only(answer: Json) -> Json:
    """Return what became of the one order or cancel."""
    (status,) = statuses(answer)
    return status


def values(*found: object) -> tuple[object, ...]:
    """Put what was found side by side, whatever it is: Decimals stand beside plain numbers."""
    return found


def filled(status: Json) -> tuple[object, object]:
    """Return how much was executed at once, and at which average price."""
    return Decimal(status["filled"]["totalSz"]), Decimal(status["filled"]["avgPx"])


def refused(answer: Json) -> str:
    """Return why a request was refused as a whole."""
    assert answer["status"] == "err", answer
    return str(answer["response"])


class Desk:
    """Somebody with a key, an account and the SDK."""

    def __init__(self, room: VenueRoom, wallet: LocalAccount, **how: Json) -> None:
        self.room = room
        self.wallet = wallet
        self.address = str(wallet.address).lower()
        self.exchange = Exchange(wallet, room.url, timeout=_TIMEOUT_S, **how)
        self.info = self.exchange.info

    def post(self, action: Mapping[str, Json], signature: Json, nonce: int) -> Json:
        """Send an action that the SDK signs and has no method for."""
        body = {"action": action, "nonce": nonce, "signature": signature, "vaultAddress": None, "expiresAfter": None}
        return self.exchange.post("/exchange", body)


def desk_of(room: VenueRoom, name: str = "anna", usd: str = "100000") -> Desk:
    """Open an account with money, and sit down at it."""
    desk = Desk(room, wallet_of(name))
    room.deposit(desk.address, usd)
    return desk


def exchange_of(room: VenueRoom, key: str | LocalAccount, **how: Json) -> Desk:
    """Sit down with a key, which may be an agent's."""
    return Desk(room, Account.from_key(key) if isinstance(key, str) else key, **how)


class Ears:
    """The SDK's websocket, with one line for each subscription."""

    def __init__(self, room: VenueRoom) -> None:
        self.room = room
        self.info = Info(room.url, timeout=_TIMEOUT_S)

    def follow(self, **subscription: Json) -> "Line":
        """Subscribe."""
        line = Line()
        line.number = self.info.subscribe(subscription, line.frames.put)
        return line

    def drop(self, line: "Line", **subscription: Json) -> None:
        """Unsubscribe."""
        assert self.info.unsubscribe(subscription, line.number)

    def close(self) -> None:
        """Hang up; the venue goes first, since the SDK's thread may overhear its own farewell for ten seconds."""
        manager = self.info.ws_manager
        left_open = manager.ws.sock.sock if manager.ws.sock else None
        self.room.spoil(SocketsDropped())
        manager.join(DEADLINE_S)
        assert not manager.is_alive()
        self.info.disconnect_websocket()
        if left_open is not None:
            left_open.close()  # the SDK's library forgets it where the other side hung up
        self.info.session.close()


class Line:
    """What came over one subscription."""

    def __init__(self) -> None:
        self.frames: Queue[Json] = Queue()
        self.number = 0

    def next(self) -> Json:
        """Wait for the next frame's payload."""
        try:
            frame = self.frames.get(timeout=DEADLINE_S)
        except Empty:
            pytest.fail("nothing came over this subscription")
        return frame["data"]

    @property
    def silent(self) -> bool:
        """Whether nothing more has come so far."""
        return self.frames.empty()
