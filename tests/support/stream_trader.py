"""Somebody who trades with our own signed requests, and what the venue's books have of them."""

from collections.abc import Mapping

from agentic_hl.venue.engine import Engine
from agentic_hl.wire.actions.orders import GTC, IOC, Grouping, OrderLine, PlaceOrders
from agentic_hl.wire.envelope import sign_l1_request
from agentic_hl.wire.messages.orders import OrderFate, fate_of
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from tests.support.stream_judge import FillKey
from tests.support.venue_room import COINS

__all__ = ["TRADER", "Trader", "fates_of", "fills_of"]

_OWNER = Signer.from_hex("0x" + "0c" * 32)
_NAMES = {asset: name for name, asset in COINS.items()}

TRADER = _OWNER.address.lower()
"""The address, as streams have it."""


class Trader:
    """Signs orders, each with a nonce of its own."""

    def __init__(self) -> None:
        self._nonce = 0

    def order(self, coin: str, size: str, price: str, *, now: int, rests: bool = False) -> bytes:
        """Return the body of an order to buy, or to sell with a minus; it ends at once unless it rests."""
        self._nonce = max(self._nonce + 1, now)
        line = OrderLine(
            asset=COINS[coin],
            is_buy=not size.startswith("-"),
            limit_price=price,
            size=size.removeprefix("-"),
            reduce_only=False,
            terms=GTC if rests else IOC,
        )
        action = PlaceOrders(orders=(line,), grouping=Grouping.NONE)
        return sign_l1_request(_OWNER, action, nonce=self._nonce, network=Network.TESTNET)


def fills_of(engine: Engine) -> set[FillKey]:
    """Return what was executed for the trader."""
    account = engine.account(TRADER)
    return set() if account is None else {(_NAMES[fill.asset], fill.tid, fill.oid) for fill in account.fills}


def fates_of(engine: Engine) -> Mapping[int, OrderFate]:
    """Return what became of the trader's orders."""
    return {order.oid: fate_of(order.status) for order in engine.orders_of(TRADER, live_only=False)}
