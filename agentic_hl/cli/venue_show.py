"""What a simulated venue that runs says of its accounts and books, for people."""

from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException
from typing import TypeAlias
from urllib.parse import urlsplit

import msgspec

from agentic_core.errors import InputError, VenueUnavailable

__all__ = ["Overview", "fetch_overview", "overview_lines"]

_PATH = "/simulation"
_OK = 200
_TIMEOUT_S = 10
_Row: TypeAlias = tuple[str, ...]


class _Position(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    coin: str
    szi: str
    unrealized_pnl: str


class _Account(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    address: str
    master: str | None
    mode: str
    account_value: str
    withdrawable: str
    spot_usdc: str
    volume: str
    positions: tuple[_Position, ...]
    open_orders: int
    fills: int


class _Level(msgspec.Struct, frozen=True, kw_only=True):
    px: str
    sz: str
    n: int


class _Book(msgspec.Struct, frozen=True, kw_only=True):
    coin: str
    time: int
    levels: tuple[tuple[_Level, ...], tuple[_Level, ...]]


class _Market(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    coin: str
    mark_px: str
    book: _Book


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; amounts as the venue writes them."""

    time: int
    phase: str
    accounts: tuple[_Account, ...]
    markets: tuple[_Market, ...]
    books: dict[str, str]
    """Every pot of money."""


def fetch_overview(url: str) -> Overview:
    """Ask a simulated venue for its accounts and books.

    Raises:
        InputError: it is no address of a simulated venue.
        VenueUnavailable: nobody answers there.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        message = f"--url {url}: a simulated venue speaks plain http; write http://127.0.0.1:3001"
        raise InputError(message)
    connection = HTTPConnection(parts.hostname, parts.port or 80, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", _PATH)
        response = connection.getresponse()
        status, body = response.status, response.read()
    except (OSError, HTTPException) as exc:
        message = f"{url}: {exc}; start one with agentic venue"
        raise VenueUnavailable(message) from exc
    finally:
        connection.close()
    if status != _OK:
        message = f"{url} is no simulated venue: it answers {_PATH} with status {status}"
        raise InputError(message)
    try:
        return msgspec.json.decode(body, type=Overview)
    except msgspec.DecodeError as exc:
        message = f"{url} is no simulated venue: {exc}"
        raise InputError(message) from exc


def overview_lines(overview: Overview) -> Iterable[str]:
    """Write it in lines."""
    yield f"time {overview.time}, {overview.phase}"
    yield ""
    accounts = [_account_row(account) for account in overview.accounts]
    yield from _table(("account", "value", "withdrawable", "spot", "open", "fills", "positions"), accounts)
    yield ""
    yield from _table(("coin", "mark", "bid", "size", "ask", "size"), [_market_row(one) for one in overview.markets])
    yield ""
    yield from _table(("pot", "USD"), list(overview.books.items()))


def _account_row(account: _Account) -> _Row:
    held = ", ".join(f"{one.coin} {one.szi} ({one.unrealized_pnl})" for one in account.positions)
    return (
        account.address,
        account.account_value,
        account.withdrawable,
        account.spot_usdc,
        str(account.open_orders),
        str(account.fills),
        held or "-",
    )


def _market_row(market: _Market) -> _Row:
    bids, asks = market.book.levels
    bid, ask = (side[0] if side else _Level(px="-", sz="-", n=0) for side in (bids, asks))
    return market.coin, market.mark_px, bid.px, bid.sz, ask.px, ask.sz


def _table(header: _Row, rows: list[_Row]) -> Iterable[str]:
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, *rows]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
