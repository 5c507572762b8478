"""What the venue's engine did for one account, written down by the venue's own process as it happened."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import msgspec

from agentic_core.domain import AccountKey, Fill, Side
from agentic_core.store.postgres import PostgresStore
from agentic_hl.venue.entities import Event, FundingPaid, Order, OrderChanged, Traded
from agentic_hl.venue.venue import Venue

__all__ = ["BookKeeper", "BooksOfVenue", "Execution", "Funded", "read_books", "told_apart"]

_NEVER_TAKEN = ("rejected", "Rejected")


class Execution(msgspec.Struct, frozen=True, kw_only=True, tag="execution", order=True):
    """One side of one execution."""

    time: int
    symbol: str
    cloid: str | None
    side: Side
    size: Decimal
    price: Decimal
    fee: Decimal


class _OrderSeen(msgspec.Struct, frozen=True, kw_only=True, tag="order"):
    time: int
    symbol: str
    cloid: str | None
    oid: int
    status: str
    is_live: bool


class Funded(msgspec.Struct, frozen=True, kw_only=True, tag="funded", order=True):
    """An hour's funding of one position."""

    time: int
    symbol: str
    amount_usd: Decimal
    """Negative when paid."""


_Line: TypeAlias = Execution | _OrderSeen | Funded


class BooksOfVenue(msgspec.Struct, frozen=True, kw_only=True):
    """All of it so far."""

    executions: tuple[Execution, ...]
    funding: tuple[Funded, ...]
    orders_taken: dict[str, int]
    """How many orders the venue took under each name; more than one is a doubled order."""
    living: tuple[str, ...]
    """Names of orders that may still execute."""
    positions: dict[str, Decimal]
    """Signed units by symbol; flat ones are left out."""

    @property
    def doubled(self) -> tuple[str, ...]:
        """Names under which the venue took more than one order."""
        return tuple(sorted(cloid for cloid, count in self.orders_taken.items() if count > 1))


class BookKeeper:
    """Writes a line for everything that happens to the orders of one account."""

    def __init__(self, venue: Venue, address: str, file: Path) -> None:
        self._names = venue.queries.markets.names
        self._address = address.lower()
        self._file = file.open("ab", buffering=0)
        venue.listen(self._hear)

    def _hear(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case OrderChanged(user=self._address, order=order, time=time):
                    self._write(self._order(order, time))
                case Traded(fill=fill) if fill.user == self._address:
                    self._write(
                        Execution(
                            time=fill.time,
                            symbol=self._names[fill.asset],
                            cloid=fill.cloid,
                            side=Side.BUY if fill.is_buy else Side.SELL,
                            size=fill.sz,
                            price=fill.px,
                            fee=fill.fee,
                        )
                    )
                case FundingPaid(user=self._address, asset=asset, time=time, usdc=usdc):
                    self._write(Funded(time=time, symbol=self._names[asset], amount_usd=usdc))
                case _:
                    pass

    def _order(self, order: Order, time: int) -> _OrderSeen:
        return _OrderSeen(
            time=time,
            symbol=self._names[order.asset],
            cloid=order.cloid,
            oid=order.oid,
            status=order.status,
            is_live=order.live,
        )

    def _write(self, line: _Line) -> None:
        self._file.write(msgspec.json.encode(line) + b"\n")


def read_books(file: Path) -> BooksOfVenue:
    """Read what was written down so far; a line that is being written is left out."""
    executions: list[Execution] = []
    funding: list[Funded] = []
    taken: defaultdict[str, set[int]] = defaultdict(set)
    newest: dict[int, _OrderSeen] = {}
    held: Counter[str] = Counter()
    positions: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in _lines(file):
        match line:
            case Execution():
                executions.append(line)
                positions[line.symbol] += line.size if line.side is Side.BUY else -line.size
            case Funded():
                funding.append(line)
            case _OrderSeen():
                newest[line.oid] = line
                if line.cloid is not None and not line.status.endswith(_NEVER_TAKEN):
                    taken[line.cloid].add(line.oid)
    held.update({cloid: len(oids) for cloid, oids in taken.items()})
    return BooksOfVenue(
        executions=tuple(executions),
        funding=tuple(funding),
        orders_taken=dict(held),
        living=tuple(sorted(each.cloid or str(each.oid) for each in newest.values() if each.is_live)),
        positions={symbol: size for symbol, size in positions.items() if size},
    )


async def told_apart(store: PostgresStore, account: AccountKey, books: BooksOfVenue) -> tuple[list[str], list[str]]:
    """Return what only the venue's books have of the executions, and what only our ledger has."""
    ours = Counter(map(_of_fill, await store.intents.fills(account)))
    theirs = Counter(books.executions)
    return _words(theirs - ours), _words(ours - theirs)


def _of_fill(fill: Fill) -> Execution:
    return Execution(
        time=fill.time,
        symbol=str(fill.symbol),
        cloid=fill.cloid,
        side=fill.side,
        size=fill.size,
        price=fill.price,
        fee=fill.fee,
    )


def _words(executions: Counter[Execution]) -> list[str]:
    return [str(each) for each in executions.elements()]


def _lines(file: Path) -> Iterator[_Line]:
    decoder = msgspec.json.Decoder(_Line)
    content = file.read_bytes() if file.exists() else b""
    whole, _, _ = content.rpartition(b"\n")
    for line in whole.splitlines():
        yield decoder.decode(line)
