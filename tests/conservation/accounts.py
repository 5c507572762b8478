"""A paper account under random operations, whose every cent is followed from the start to where it went.

Only its fills and payments are believed: what they add up to must be what the account says it is worth.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

import msgspec

from agentic_core.brokers.paper import Outage, PaperBroker, PaperLedger, PaperRules
from agentic_core.domain import FeeSchedule, Instant, IntentKind, OrderIntent, Rejected, Side, Symbol, Usd
from tests.oracle.reference_rules import DOLLAR, Order
from tests.support.both_ledgers import (
    CONTRACTS,
    HOUR_MS,
    START,
    BooksShown,
    book_of,
    cloid,
    command_of,
    exactly,
    instrument_of,
    intent_of,
    prepared_of,
    sync,
)
from tests.support.markets import MarketByHand

__all__ = ["Dice", "FollowedAccount", "OutOfBalance"]

T = TypeVar("T")
BASES = {"BTC": 100_000_000, "ETH": 100_000_000, "DOGE": 1_000_000}
UNITS = {"BTC": 10**8, "ETH": 10**8, "DOGE": 10**10}
_INSTRUMENTS = {Symbol(name): instrument_of(name, contract) for name, contract in CONTRACTS.items()}


class Dice:
    """Numbers that look random and come again with the same seed (Knuth's MMIX generator)."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, end: int) -> int:
        """Return a number from 0 up to, not including, an end."""
        self._state = (self._state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        return (self._state >> 33) % end

    def between(self, least: int, most: int) -> int:
        """Return a number from least to most."""
        return least + self.below(most - least + 1)

    def of(self, choices: Sequence[T]) -> T:
        """Return one of several."""
        return choices[self.below(len(choices))]


class OutOfBalance(Exception):
    """What an account says it is worth is not what went in and came out."""


def _count(value: Decimal) -> int:
    # In 10^-24 dollars or units, which every amount is a multiple of.
    above, below = value.as_integer_ratio()
    whole, rest = divmod(above * DOLLAR, below)
    if rest:
        message = f"{value} is finer than 10^-24"
        raise OutOfBalance(message)
    return whole


class FollowedAccount:
    """One account with its own sums of what was traded, paid and received."""

    def __init__(self, dice: Dice) -> None:
        self.dice, self.now, self.names, self.read = dice, START, 0, 0
        self.seen: Counter[str] = Counter()
        self.start = dice.of([60, 200, 1_000, 50_000]) * DOLLAR
        self.fees = self.profit = self.funding = self.spent = 0
        self.sizes: defaultdict[str, int] = defaultdict(int)
        self.market, self.books = MarketByHand(at=Instant(START)), BooksShown()
        self.market.listed = dict(_INSTRUMENTS)
        self.ledger = PaperLedger(
            starting_equity=Usd(exactly(self.start, 24)),
            instruments=_INSTRUMENTS,
            marks=self.market.mark,
            leverage=dice.of([2, 10, 20, 40]),
            at=Instant(START),
        )
        self.broker = PaperBroker(
            ledger=self.ledger,
            books=self.books,
            instruments=_INSTRUMENTS,
            fees=FeeSchedule(
                taker_rate=Decimal("0.00045"), maker_rate=dice.of([Decimal("0.00015"), Decimal("-0.00003")])
            ),
            slippage_bps=Decimal(dice.of([0, 20])),
            rules=self._rules(),
        )
        for symbol in CONTRACTS:
            self._mark(symbol, 0)
            self._book(symbol)
        often = [*[self._order] * 9, *[self._close] * 3, *[self._show_book] * 4, *[self._move_mark] * 4]
        self._operations = (*often, *[self._wait] * 3, self._cancel, self._lever)

    def _rules(self) -> PaperRules:
        begin = START + self.dice.between(1, 600) * 60_000
        symbol = self.dice.of([None, Symbol("BTC")])
        return PaperRules(
            latency_ms=self.dice.of([0, 0, 700]),
            staged_liquidation=self.dice.below(2) == 0,
            outages=(Outage(start=Instant(begin), end=Instant(begin + 120_000), symbol=symbol),),
        )

    def operate(self) -> None:
        """Do one thing, and see that nothing was lost or made.

        Raises:
            OutOfBalance: something was.
        """
        self.dice.of(self._operations)()
        self._follow()
        self._balance()

    def _order(self) -> None:
        symbol, side = self.dice.of(list(CONTRACTS)), self.dice.of([1, -1])
        self.names += 1
        size = UNITS[symbol] * self.dice.of([1, 2, 3, 5, 8, 10, 17, 30, 80, 400]) // 10
        limit = BASES[symbol] * (100 + side * self.dice.between(-4, 7)) // 100
        order = Order(
            self.names, symbol, side, size, limit, self.dice.below(5) == 0, self.dice.of(["ioc", "gtc", "ioc", "alo"])
        )
        order.decision = self.names // 4
        if self.dice.below(4) == 0:
            self._make_trigger(order)
        self._send(intent_of(order), order.decision)

    def _make_trigger(self, order: Order) -> None:
        held = self.ledger.position(Symbol(order.symbol)).size
        order.waits, order.how = True, self.dice.of(["ioc", "gtc"])
        order.profit, order.sized = self.dice.below(2) == 0, self.dice.below(3) == 0
        if held:
            order.side, order.reduces = (-1 if held > 0 else 1), True
        order.trigger = BASES[order.symbol] * self.dice.between(93, 107) // 100
        order.limit = max(1, order.trigger * (100 + order.side * self.dice.of([0, 5, 10])) // 100)

    def _close(self) -> None:
        held = [(str(name), one.size) for name, one in self.ledger.positions.items()]
        if held:
            symbol, size = self.dice.of(held)
            self.names += 1
            units, step = int(abs(size) * 10**8), 10 ** (8 - CONTRACTS[symbol].size_decimals)
            side, part = (-1 if size > 0 else 1), self.dice.of([1, 2, 3, 7])
            limit = BASES[symbol] * (100 + side * 8) // 100
            self._send(intent_of(Order(self.names, symbol, side, units // part // step * step, limit, reduces=True)))

    def _cancel(self) -> None:
        self.names += 1
        target = cloid(max(1, self.names - self.dice.between(1, 12)))
        self._send(msgspec.structs.replace(command_of(self.names, IntentKind.CANCEL, "BTC"), target=target))

    def _lever(self) -> None:
        self.names += 1
        command = command_of(self.names, IntentKind.LEVERAGE, self.dice.of(list(CONTRACTS)))
        leverage, isolated = self.dice.of([1, 2, 5, 10, 20, 40]), self.dice.below(2) == 0
        self._send(msgspec.structs.replace(command, leverage=leverage, isolated=isolated))

    def _send(self, intent: OrderIntent, decision: int = 0) -> None:
        answer = sync(self.broker.send(prepared_of(intent, self.now, decision)))
        self.seen["refusals"] += isinstance(answer, Rejected)

    def _show_book(self) -> None:
        self._book(self.dice.of(list(CONTRACTS)))

    def _book(self, symbol: str) -> None:
        cent, unit = BASES[symbol] // 100, UNITS[symbol] // 10
        best = BASES[symbol] + self.dice.between(-3, 3) * cent
        sides = {
            side: [
                (best + (at * side + (side > 0)) * cent, self.dice.between(1, 90) * unit)
                for at in range(self.dice.between(0, 3))
            ]
            for side in (1, -1)
        }
        self.names += 1
        self.books.books[Symbol(symbol)] = book_of(symbol, sides, self.now + self.names)

    def _move_mark(self) -> None:
        symbol = self.dice.of(list(CONTRACTS))
        reach = self.dice.of([3, 3, 8, 8, 40])
        self._mark(symbol, self.dice.between(-reach, reach) * 1_000 + self.dice.below(1_000))

    def _mark(self, symbol: str, change: int) -> None:
        price = BASES[symbol] * (100_000 + change) // 100_000
        self.market.set(Symbol(symbol), exactly(price, 6))

    def _wait(self) -> None:
        before, self.now = self.now, self.now + self.dice.of([1_000, 20_000, 60_000, 600_000, 2 * HOUR_MS, 9 * HOUR_MS])
        self.market.as_of = Instant(self.now)
        rate = exactly(self.dice.between(-4_000, 4_000), 7)
        payments = self.broker.settle_funding(
            lambda _symbol, _hour: rate, after=Instant(before), until=Instant(self.now)
        )
        self.funding += sum(_count(payment.amount) for payment in payments)
        sync(self.broker.advance(Instant(self.now)))
        self.seen["liquidations"] += len(sync(self.broker.enforce_margin()))
        self.ledger.open_day(Instant(self.now))
        self.seen["payments"] += len(payments)

    def _follow(self) -> None:
        fills = self.broker.fills[self.read :]
        self.read += len(fills)
        self.seen["fills"] += len(fills)
        for fill in fills:
            signed = _count(fill.size) * (1 if fill.side is Side.BUY else -1)
            self.sizes[str(fill.symbol)] += signed
            self.spent += signed * _count(fill.price) // DOLLAR
            self.fees += _count(fill.fee)
            self.profit += _count(fill.closed_pnl)

    def _balance(self) -> None:
        worth = opened = 0
        for name, position in self.ledger.positions.items():
            size, mark = _count(position.size), _count(self.ledger.price(name))
            worth += size * mark // DOLLAR
            opened += _count(position.entry_cost) * (1 if size > 0 else -1)
        cash, equity = _count(self.ledger.cash), _count(self.ledger.equity)
        held = {str(name): _count(one.size) for name, one in self.ledger.positions.items()}
        sums = {
            "cash = start - spent - fees + funding": cash - (self.start - self.spent - self.fees + self.funding),
            "equity = cash + worth": equity - (cash + worth),
            "equity = start + profit - fees + funding + open profit": equity
            - (self.start + self.profit - self.fees + self.funding + worth - opened),
        }
        wrong = {rule: exactly(difference, 24) for rule, difference in sums.items() if difference}
        if wrong or held != {name: size for name, size in self.sizes.items() if size}:
            message = f"after {self.names} operations, {self.read} fills: {wrong or held}"
            raise OutOfBalance(message)
