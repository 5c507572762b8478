"""Whether what the venue did, what reached it and what the database says are the same, told from outside of all three.

The database is read with plain SQL, so that nothing of the store is believed on its own word.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

from agentic_core.domain import AccountKey, Side
from tests.drills.books import BooksOfVenue
from tests.drills.doors import Asked
from tests.drills.restless import STAKE_USD
from tests.drills.seeding import DEPOSIT_USD
from tests.support.by_hand import execute

__all__ = ["Evidence", "OrderRow", "faults_of", "order_rows"]

_ROWS = """
    select i.cloid, i.kind, i.state, i.reduce_only, i.filled, i.booked, i.epoch,
        (extract(epoch from d.tick_at) * 1000)::bigint, (extract(epoch from i.prepared_at) * 1000)::bigint,
        (extract(epoch from i.settled_at) * 1000)::bigint
    from order_intents as i join decision_snapshots as d on d.id = i.decision_id
    where i.account_key = %s
"""
_FILLS = """
    select (extract(epoch from filled_at) * 1000)::bigint, symbol, cloid, side, size, price, fee
    from fills where account_key = %s
"""
_FUNDING = """
    select (extract(epoch from paid_at) * 1000)::bigint, symbol, amount_usd
    from funding_payments where account_key = %s
"""
_EARNED = """
    select coalesce((select sum(closed_pnl - fee) from fills where account_key = %s), 0)
        + coalesce((select sum(amount_usd) from funding_payments where account_key = %s), 0)
"""
_TWICE = """
    select tick_at::text from decision_snapshots where decided_by = 'rules:restless'
    group by tick_at having count(*) > 1
"""
_OPEN = frozenset({"prepared", "sent", "unknown", "resting"})
_MOST_USD = STAKE_USD * Decimal("1.2")
"""What may be held of one symbol at most: one stake, and what prices do to it."""


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the database says of one order, stop, or change of leverage."""

    cloid: str
    kind: str
    state: str
    reduce_only: bool
    filled: Decimal
    booked: Decimal
    epoch: int
    mark: int
    prepared_at: int
    settled_at: int | None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared when everything is over and the account is flat."""

    account: AccountKey
    books: BooksOfVenue
    requests: tuple[Asked, ...]
    account_value: Decimal
    """What the venue says that the account is worth."""


def order_rows(dsn: str, account: AccountKey) -> dict[str, OrderRow]:
    """Read everything that was ever prepared for the account."""
    names = OrderRow.__struct_fields__
    found = (dict(zip(names, row, strict=True)) for row in execute(dsn, _ROWS, account))
    return {row.cloid: row for row in (msgspec.convert(each, OrderRow) for each in found)}


def faults_of(dsn: str, evidence: Evidence) -> list[str]:
    """Return everything that is not as it has to be."""
    rows = order_rows(dsn, evidence.account)
    return [
        *_doubled(evidence, rows),
        *(f"two decisions were made for the mark {mark}" for (mark,) in execute(dsn, _TWICE)),
        *_lost(evidence, rows),
        *_ledger(dsn, evidence),
        *_senders(evidence.requests),
    ]


def _doubled(evidence: Evidence, rows: Mapping[str, OrderRow]) -> Iterator[str]:
    books = evidence.books
    yield from (f"the venue took more than one order named {name}" for name in books.doubled)
    opened: defaultdict[int, set[str]] = defaultdict(set)
    held: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in books.executions:
        row = rows.get(one.cloid or "")
        if row is not None and not row.reduce_only:
            opened[row.mark].add(row.cloid)
        held[one.symbol] += one.size if one.side is Side.BUY else -one.size
        if abs(held[one.symbol] * one.price) > _MOST_USD:
            yield f"{held[one.symbol]} {one.symbol} were held at {one.time}, more than one stake"
    yield from (f"{len(names)} orders opened for the mark {mark}" for mark, names in opened.items() if len(names) > 1)


def _lost(evidence: Evidence, rows: Mapping[str, OrderRow]) -> Iterator[str]:
    books = evidence.books
    executed: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in books.executions:
        executed[one.cloid or "none of ours"] += one.size
    asked = {name for each in evidence.requests for name in each.names}
    known = {*books.orders_taken, *executed, *asked}
    yield from (f"{name} came to the venue, and the database knows nothing of it" for name in known - {*rows})
    for row in rows.values():
        at_venue = executed[row.cloid]
        if row.state in _OPEN:
            yield f"{row.cloid} is still {row.state}"
        if row.filled != at_venue or row.booked != at_venue:
            yield f"{row.cloid}: {at_venue} executed, {row.filled} known of, {row.booked} booked"
    yield from (f"{name} may still execute at the venue" for name in books.living)
    yield from (f"{size} {symbol} are still held" for symbol, size in books.positions.items())


def _ledger(dsn: str, evidence: Evidence) -> Iterator[str]:
    books, account = evidence.books, evidence.account
    executions = ((x.time, x.symbol, x.cloid, str(x.side), x.size, x.price, x.fee) for x in books.executions)
    yield from _differing("execution", executions, execute(dsn, _FILLS, account))
    funding = ((x.time, x.symbol, x.amount_usd) for x in books.funding)
    yield from _differing("funding", funding, execute(dsn, _FUNDING, account))
    ((earned,),) = execute(dsn, _EARNED, account, account)
    ours = DEPOSIT_USD + Decimal(str(earned))
    if ours != evidence.account_value:
        yield f"the venue says that the account is worth {evidence.account_value}, the ledger {ours}"


def _differing(what: str, theirs: Iterable[Hashable], ours: Iterable[Hashable]) -> Iterator[str]:
    venue, ledger = Counter(theirs), Counter(ours)
    yield from (f"{what} that only the venue has: {each}" for each in (venue - ledger).elements())
    yield from (f"{what} that only the ledger has: {each}" for each in (ledger - venue).elements())


def _senders(requests: Sequence[Asked]) -> Iterator[str]:
    nonces: defaultdict[str, set[int]] = defaultdict(set)
    past: set[str] = set()
    last = ""
    for each in requests:
        for name in each.names:
            nonces[name].add(each.nonce)
        if each.door != last:
            past.add(last)
            last = each.door
            if each.door in past:
                yield f"{each.door} sent {each.kind} at {each.time} although another had taken over"
    yield from (f"{name} was signed {len(found)} times" for name, found in nonces.items() if len(found) > 1)
