"""Places small orders on one market for the questions that need a position, and clears up after them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import anyio

from agentic_hl.probe.room import ProbeFailed
from agentic_hl.probe.signed_room import Reply, SignedRoom
from agentic_hl.wire.actions import (
    ALO,
    IOC,
    Cancel,
    CancelByCloid,
    CancelCloidLine,
    CancelLine,
    Grouping,
    OrderLine,
    OrderTerms,
    PlaceOrders,
)
from agentic_hl.wire.units import Rounding, decimal_of, price_text, size_text

__all__ = ["Counter", "Market", "open_counter", "usual_market"]

_COIN = "BTC"
_CROSS_BPS = 300
_CLEAR_S = 20
_BPS = Decimal(10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Where orders are placed."""

    coin: str
    asset: int
    size_decimals: int
    dex: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One market, and the account of a signed room on it."""

    signed: Final[SignedRoom]
    market: Final[Market]

    async def mid(self) -> Decimal:
        """Return the mid price."""
        mids = await self.signed.room.ask("allMids", dex=self.market.dex)
        return decimal_of(mids[self.market.coin])

    async def held(self) -> Decimal:
        """Return the signed size of the position."""
        state = await self.signed.ask_of_owner("clearinghouseState", dex=self.market.dex)
        positions = [one["position"] for one in state["assetPositions"]]
        return next((decimal_of(one["szi"]) for one in positions if one["coin"] == self.market.coin), Decimal(0))

    def new_cloid(self) -> str:
        """Draw a client order id."""
        return "0x" + self.signed.room.entropy.token_bytes(16).hex()

    async def buy(self, usd: Decimal, *, cloid: str | None = None) -> Reply:
        """Buy for so many dollars at once."""
        mid = await self.mid()
        line = self.line(mid, size=usd / mid, is_buy=True, offset_bps=_CROSS_BPS, terms=IOC, cloid=cloid)
        return await self.place(line)

    async def sell(self, size: Decimal) -> Reply:
        """Sell so much of a long position at once, or buy so much of a short one back where the size is negative."""
        mid, back = await self.mid(), size < 0
        offset = _CROSS_BPS if back else -_CROSS_BPS
        line = self.line(mid, size=abs(size), is_buy=back, offset_bps=offset, terms=IOC, reduce_only=True)
        return await self.place(line)

    async def rest(self, usd: Decimal, offset_bps: int, *, cloid: str) -> Reply:
        """Offer to buy for so many dollars, post-only, so far from the mid."""
        mid = await self.mid()
        price = mid * (1 + offset_bps / _BPS)
        line = self.line(mid, size=usd / price, is_buy=True, offset_bps=offset_bps, terms=ALO, cloid=cloid)
        return await self.place(line)

    def line(  # noqa: PLR0913 - what an order consists of
        self,
        mid: Decimal,
        *,
        size: Decimal,
        is_buy: bool,
        offset_bps: int,
        terms: OrderTerms,
        reduce_only: bool = False,
        cloid: str | None = None,
    ) -> OrderLine:
        """Write an order with a legal price so far from the mid and a size that is rounded up."""
        decimals = self.market.size_decimals
        rounding = Rounding.UP if offset_bps > 0 else Rounding.DOWN
        return OrderLine(
            asset=self.market.asset,
            is_buy=is_buy,
            limit_price=price_text(mid * (1 + offset_bps / _BPS), decimals, rounding),
            size=size_text(size, decimals, Rounding.UP),
            reduce_only=reduce_only,
            terms=terms,
            cloid=cloid,
        )

    async def place(self, *lines: OrderLine, grouping: Grouping = Grouping.NONE) -> Reply:
        """Place orders as one action."""
        return await self.signed.act(PlaceOrders(orders=lines, grouping=grouping))

    async def cancel(self, cloid: str) -> Reply:
        """Cancel an order by our id."""
        return await self.signed.act(CancelByCloid(cancels=(CancelCloidLine(asset=self.market.asset, cloid=cloid),)))

    async def clear(self) -> None:
        """Cancel every order on the market and close the position."""
        lines = tuple(CancelLine(asset=self.market.asset, oid=oid) for oid in await self.resting())
        if lines:
            await self.signed.act(Cancel(cancels=lines))
        held = await self.held()
        if held:
            await self.sell(held)

    async def resting(self) -> list[int]:
        """Return the venue's ids of the orders that rest on the market."""
        orders: Sequence[Any] = await self.signed.ask_of_owner("frontendOpenOrders", dex=self.market.dex)
        return [order["oid"] for order in orders if order["coin"] == self.market.coin]


async def usual_market(signed: SignedRoom) -> Market:
    """Return the market that the questions use."""
    meta = await signed.room.ask("meta", dex="")
    names = [listing["name"] for listing in meta["universe"]]
    asset = names.index(_COIN)
    return Market(coin=_COIN, asset=asset, size_decimals=meta["universe"][asset]["szDecimals"])


@asynccontextmanager
async def open_counter(signed: SignedRoom, market: Market | None = None) -> AsyncIterator[Counter]:
    """Hold a counter, and leave neither order nor position behind, whatever happens.

    Raises:
        ProbeFailed: the account already has something there, which a question could change.
    """
    counter = Counter(signed=signed, market=market or await usual_market(signed))
    held, resting = await counter.held(), await counter.resting()
    if held or resting:
        message = f"the account has {held} {counter.market.coin} and {len(resting)} orders there; close and cancel them"
        raise ProbeFailed(message)
    try:
        yield counter
    finally:
        with anyio.move_on_after(_CLEAR_S, shield=True):
            await counter.clear()
