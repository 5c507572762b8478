"""A simulated venue whose prices and quotes are set by hand: its house quotes nothing unless told to."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

import msgspec

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.engine.markets import MARKETS
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.entities import Event, Fill, Order, Position, Traded
from agentic_hl.venue.terms import Grouping, Market, OrderRequest, Status, Tif, Trigger

__all__ = [
    "ANNA",
    "BERT",
    "BTC",
    "CARA",
    "DAVE",
    "ETH",
    "HPOS",
    "MATIC",
    "OPENED",
    "SOL",
    "VenueByHand",
    "ask_for",
    "error_of",
    "exit_at",
    "oid_of",
    "plain",
    "units",
]

OPENED = 1_700_000_000_000
"""2023-11-14 22:13:20 UTC."""

BTC, ETH, MATIC, SOL, HPOS = 0, 1, 3, 5, 8
ANNA, BERT, CARA, DAVE = ("0x" + letter * 40 for letter in "abcd")
_PRICES = {BTC: "50000", ETH: "2000", 2: "10", MATIC: "1", 4: "1", SOL: "100", 6: "2", 7: "0.01", HPOS: "0.05"}

_Kind = TypeVar("_Kind")


def units(text: str) -> Decimal:
    """Read a decimal."""
    return Decimal(text)


def plain(*values: Decimal) -> str:
    """Write decimals beside each other: `plain(Decimal("1.50"), Decimal(-2))` is `1.5 -2`."""
    return " ".join(format(value.normalize(), "f") for value in values)


def ask_for(
    side: str,
    size: str,
    price: str,
    *,
    asset: int = BTC,
    tif: Tif = Tif.GTC,
    reduce_only: bool = False,
) -> OrderRequest:
    """Make an order of one line: `ask_for("buy", "2", "100")`."""
    return OrderRequest(
        asset=asset,
        is_buy={"buy": True, "sell": False}[side],
        limit_px=Decimal(price),
        sz=Decimal(size),
        reduce_only=reduce_only,
        tif=tif,
    )


def exit_at(
    side: str, size: str, trigger: str, *, tpsl: str = "sl", limit: str | None = None, asset: int = BTC
) -> OrderRequest:
    """Make a reduce-only trigger: at the market as far as the trigger price, or, if there is one, a limit order."""
    order = ask_for(side, size, trigger if limit is None else limit, asset=asset, reduce_only=True)
    what = Trigger(is_market=limit is None, px=Decimal(trigger), tpsl=tpsl)
    return msgspec.structs.replace(order, tif=None, trigger=what)


def oid_of(status: Status) -> int:
    """Return the order id of an answer."""
    assert isinstance(status, dict), status
    kind = status.get("resting", status.get("filled"))
    assert isinstance(kind, dict), status
    oid = kind["oid"]
    assert isinstance(oid, int)
    return oid


def error_of(status: Status) -> str:
    """Return why an order was refused."""
    assert isinstance(status, dict), status
    return str(status["error"])


class VenueByHand:
    """An engine with accounts that have money, at marks of BTC 50,000, ETH 2,000, SOL 100."""

    def __init__(
        self,
        deposits: Mapping[str, str] | None = None,
        *,
        options: Options | None = None,
        markets: Sequence[Market] = MARKETS,
    ) -> None:
        prices = {asset: Decimal(price) for asset, price in _PRICES.items()}
        options = msgspec.structs.replace(options or Options(levels=0, print_usd=Decimal(0)), start_prices=prices)
        self.engine = Engine(markets, options=options, seed=7, now=OPENED)
        self.events: list[Event] = []
        for address, usd in (deposits or {}).items():
            self.engine.deposit(address, Decimal(usd))

    @property
    def now(self) -> int:
        """The venue's time."""
        return self.engine.now

    def place(self, address: str, *orders: OrderRequest, grouping: Grouping = Grouping.NONE) -> list[Status]:
        """Place the orders of one action."""
        return self.engine.place(address, orders, grouping, time=self.now)

    def one(self, address: str, order: OrderRequest) -> Status:
        """Place one order."""
        return self.place(address, order)[0]

    def hold(self, address: str, size: str, price: str, *, asset: int = BTC, against: str | None = None) -> None:
        """Let an account buy (or, negative, sell) at a price, from the house or from another account."""
        signed, px = Decimal(size), Decimal(price)
        request = ask_for("buy" if signed > 0 else "sell", str(abs(signed)), price, asset=asset, tif=Tif.IOC)
        if against is None:
            level = [(px, abs(signed))]
            self.engine.set_house(asset, [] if signed > 0 else level, level if signed > 0 else [])
        else:
            other = msgspec.structs.replace(request, is_buy=not request.is_buy, tif=Tif.GTC)
            assert "resting" in self.one(against, other)
        status = self.one(address, request)
        assert isinstance(status, dict)
        assert "filled" in status, status

    def quote(self, asset: int, *, bid: str | None = None, ask: str | None = None, size: str = "1000") -> None:
        """Let the house quote one price a side, or none."""
        sides = [[] if px is None else [(Decimal(px), Decimal(size))] for px in (bid, ask)]
        self.engine.set_house(asset, *sides)

    def mark(self, asset: int, mark: str, *, oracle: str | None = None) -> None:
        """Move mark and oracle; the house stops quoting."""
        self.engine.set_price(asset, oracle=Decimal(oracle or mark), mark=Decimal(mark), levels=0)

    def wait(self, ms: int) -> None:
        """Let time pass."""
        self.engine.advance(self.now + ms)

    def order(self, address: str, oid: int) -> Order:
        """Return an order that is retained."""
        order = self.engine.order(address, oid)
        assert order is not None
        return order

    def statuses(self, address: str) -> list[str]:
        """List the status of every order of an account, oldest first."""
        return [order.status for order in self.engine.orders_of(address, live_only=False)]

    def position(self, address: str, asset: int = BTC) -> Position:
        """Return what an account holds of a market."""
        account = self.engine.account(address)
        assert account is not None
        return account.positions.get(asset, Position(asset=asset))

    def cash(self, address: str) -> Decimal:
        """Return the raw USD of an account."""
        account = self.engine.account(address)
        assert account is not None
        return account.cash

    def told(self, kind: type[_Kind]) -> list[_Kind]:
        """List all events of a kind so far, oldest first."""
        self.events += self.engine.drain()
        return [event for event in self.events if isinstance(event, kind)]

    def fills(self, address: str) -> list[Fill]:
        """List the fills of an account, as they were told."""
        return [event.fill for event in self.told(Traded) if event.fill.user == address]
