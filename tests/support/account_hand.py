"""The owner of an account, who trades, moves money and changes settings there with own signed requests."""

from decimal import Decimal
from typing import Literal

from agentic_core.domain import ClientOrderId
from agentic_hl.venue.engine import Engine
from agentic_hl.venue.entities import Account
from agentic_hl.wire.actions import (
    GTC,
    IOC,
    Cancel,
    CancelLine,
    Grouping,
    L1Action,
    OrderLine,
    OrderTerms,
    PlaceOrders,
    UpdateLeverage,
    UsdClassTransfer,
    UsdSend,
    UserAction,
    UserSetAbstraction,
    Withdraw,
)
from agentic_hl.wire.actions.orders import Tpsl, trigger
from agentic_hl.wire.envelope import sign_l1_request, sign_user_request
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from tests.support.venue_room import COINS

__all__ = ["NAMES", "OWNER", "SOMEBODY", "AccountHand", "books_of"]

OWNER = Signer.from_hex("0x" + "0b" * 32)
SOMEBODY = "0x" + "77" * 20
"""Where money may be sent."""

NAMES = {asset: name for name, asset in COINS.items()}
_NETWORK = Network.TESTNET


def books_of(engine: Engine) -> Account:
    """Return the owner's account as the venue's own books have it."""
    account = engine.account(OWNER.address)
    assert account is not None
    return account


class AccountHand:
    """Makes the bodies of requests, each with a nonce of its own."""

    def __init__(self) -> None:
        self._nonce = 0

    def order(
        self, size: str, price: str, *, coin: str = "BTC", cloid: ClientOrderId | None = None, rests: bool = False,
        now: int,
    ) -> bytes:  # fmt: skip
        """Buy, or sell with a minus; at once or not at all, unless it rests."""
        return self._ordered(size, price, GTC if rests else IOC, coin=coin, cloid=cloid, now=now)

    def stop(self, size: str, at: str, *, coin: str = "BTC", now: int) -> bytes:
        """Let a stop wait for its price; it only reduces."""
        terms = trigger(at, Tpsl.STOP_LOSS, is_market=True)
        return self._ordered(size, at, terms, coin=coin, now=now)

    def cancel(self, oid: int, *, coin: str = "BTC", now: int) -> bytes:
        """Cancel an order by its number."""
        return self._signed(Cancel(cancels=(CancelLine(asset=COINS[coin], oid=oid),)), now)

    def leverage(self, value: int, *, coin: str = "BTC", isolated: bool = False, now: int) -> bytes:
        """Set a symbol."""
        return self._signed(UpdateLeverage(asset=COINS[coin], is_cross=not isolated, leverage=value), now)

    def withdraw(self, usd: str, *, now: int) -> bytes:
        """Take money out of the venue; a fee is part of the amount."""
        return self._owned(Withdraw(destination=OWNER.address, amount=usd, nonce=self._next(now), network=_NETWORK))

    def send(self, usd: str, *, now: int) -> bytes:
        """Give money to somebody."""
        return self._owned(UsdSend(destination=SOMEBODY, amount=usd, nonce=self._next(now), network=_NETWORK))

    def shift(self, usd: str, *, to_perp: bool, now: int) -> bytes:
        """Move money between the perpetuals and the spot side."""
        return self._owned(UsdClassTransfer(amount=usd, to_perp=to_perp, nonce=self._next(now), network=_NETWORK))

    def mode(self, name: Literal["disabled", "unifiedAccount"], *, now: int) -> bytes:
        """Keep the money otherwise."""
        nonce = self._next(now)
        return self._owned(UserSetAbstraction(user=OWNER.address, abstraction=name, nonce=nonce, network=_NETWORK))

    def _ordered(
        self, size: str, price: str, terms: OrderTerms, *, coin: str, cloid: ClientOrderId | None = None, now: int
    ) -> bytes:
        line = OrderLine(
            asset=COINS[coin],
            is_buy=Decimal(size) > 0,
            limit_price=price,
            size=size.removeprefix("-"),
            reduce_only=terms.trigger is not None,
            terms=terms,
            cloid=cloid,
        )
        return self._signed(PlaceOrders(orders=(line,), grouping=Grouping.NONE), now)

    def _signed(self, action: L1Action, now: int) -> bytes:
        return sign_l1_request(OWNER, action, nonce=self._next(now), network=_NETWORK)

    def _owned(self, action: UserAction) -> bytes:
        return sign_user_request(OWNER, action, _NETWORK)

    def _next(self, now: int) -> int:
        self._nonce = max(self._nonce + 1, now)
        return self._nonce
