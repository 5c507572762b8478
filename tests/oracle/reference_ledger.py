"""Keep an account at a venue by `docs/reference/paper-broker.md` in plain integers, counted as in `reference_rules`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from tests.oracle.reference_rules import BPS, DOLLAR, MICRO, Contract, Order, legal, worth

DAY, MINUTE = 86_400_000, 60_000
NO_MATCH, NO_MARGIN, TIER = "Order could not immediately match", "Insufficient margin", "Order would cause position"
FIRED = {NO_MATCH: "iocCancelRejected", TIER: "perpMaxPositionRejected", NO_MARGIN: "perpMarginRejected"}


@dataclass
class Account:
    """Cash, positions, orders and what they came to; rates count 10^-10, a book holds what each side may take."""

    cash: int
    contracts: Mapping[str, Contract]
    default_leverage: int
    taker: int
    maker: int
    slippage: int
    marks: dict[str, int] = field(default_factory=dict)
    books: dict[str, dict[int, list[list[int]]]] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    cost: dict[str, int] = field(default_factory=dict)
    pocket: dict[str, int] = field(default_factory=dict)
    leverage: dict[str, int] = field(default_factory=dict)
    isolated: dict[str, bool] = field(default_factory=dict)
    out: set[str] = field(default_factory=set)
    orders: dict[int, Order] = field(default_factory=dict)
    ends: list[tuple[int, str]] = field(default_factory=list)
    fills: list[tuple[str, int, int, int, int]] = field(default_factory=list)
    most: int = 1_000
    peak: int = 0
    now: int = 0
    baseline: int = 0
    sent: list[int] = field(default_factory=list)

    def open_day(self, now: int) -> None:
        """Move to an instant; the first one of a UTC day sets the baseline, and every one may raise the peak."""
        self.baseline = self.baseline if now // DAY == self.now // DAY else self.equity()
        self.now, self.peak = now, max(self.peak, self.equity())

    def count(self, length: int) -> int:
        """Return how many orders were sent in the day or minute of this length."""
        return sum(time // length == self.now // length for time in self.sent)

    def profit(self, symbol: str, price: int) -> int:
        """Return what a position has gained at a price."""
        held = self.held.get(symbol, 0)
        return worth(held, price) - _sign(held) * self.cost.get(symbol, 0)

    def pot(self, symbol: str) -> int:
        """Return what an isolated position is worth with its margin; nothing where it shares the account's."""
        return self.pocket[symbol] + self.profit(symbol, self.marks[symbol]) if symbol in self.pocket else 0

    def equity(self) -> int:
        """Return what the account is worth at the marks."""
        return self.cash + sum(worth(held, self.marks[name]) for name, held in self.held.items())

    def cross_equity(self) -> int:
        """Return the equity that isolated positions leave to the others."""
        return self.equity() - sum(map(self.pot, self.held))

    def initial(self, symbol: str, size: int) -> Fraction:
        """Return the initial margin of a size at the mark."""
        notional = worth(abs(size), self.marks[symbol])
        return Fraction(notional, self._leverage(symbol, notional))

    def maintenance(self, names: Iterable[str]) -> Fraction:
        """Return the maintenance margin of positions."""
        notionals = [(self.contracts[name], worth(abs(self.held[name]), self.marks[name])) for name in names]
        return sum((contract.maintenance(notional) for contract, notional in notionals), Fraction(0))

    def _leverage(self, symbol: str, notional: int) -> int:
        return min(self.leverage.get(symbol) or self.default_leverage, self.contracts[symbol].leverage(notional))

    def _fee(self, units: int, price: int, rate: int) -> int:
        return -(-worth(units, price) * rate // 10**10 // MICRO) * MICRO

    def _fold(self, symbol: str, signed: int, price: int, fee: int) -> None:
        held, cost, pocket = (kept.get(symbol, 0) for kept in (self.held, self.cost, self.pocket))
        closed = min(abs(signed), abs(held)) if held * signed < 0 else 0
        whole, units, grown = closed == abs(held), abs(held) or 1, worth(abs(signed) - closed, price)
        share = cost if whole else _even(cost * closed, units)
        gain = _sign(held) * (worth(closed, price) - share)
        back = max(0, pocket + self.profit(symbol, price)) * closed // units // MICRO * MICRO
        self.cash -= worth(signed, price) + fee
        self.fills.append((symbol, signed, price, fee, gain))
        self.held[symbol], self.cost[symbol] = held + signed, cost - share + grown
        if self.isolated.get(symbol):
            leverage = self._leverage(symbol, worth(abs(held + signed), self.marks[symbol]))
            self.pocket[symbol] = (0 if whole else pocket + gain - back) - -grown // leverage // MICRO * MICRO

    def _tidy(self, symbol: str) -> None:
        held = self.held.get(symbol, 0)
        for order in [one for one in self.orders.values() if one.symbol == symbol and one.reduces]:
            order.size = abs(held) if order.sized and order.waits else min(order.size, abs(held))
            if order.side * held >= 0:
                self._end(order, "reduceOnlyCanceled")
        for kept in () if held else (self.held, self.cost, self.pocket):
            kept.pop(symbol, None)

    def _end(self, order: Order, status: str) -> None:
        self.ends.append((order.name, status))
        del self.orders[order.name]

    def _reached(self, order: Order) -> tuple[list[tuple[list[int], int, int]], list[Order]]:
        side, left, fills, levels = order.side, order.size, [], self.books[order.symbol][order.side]
        own = [one for one in self.orders.values() if (one.symbol, one.side) == (order.symbol, -side) and not one.waits]
        decimals = self.contracts[order.symbol].size_decimals
        for level in levels:
            moved = legal(level[0] * (BPS + side * self.slippage), decimals, up=side > 0)
            if (moved - order.limit) * side <= 0 and (taken := min(level[1], left)):
                fills.append((level, moved, taken))
                left -= taken
        met = [one for one in own if (one.limit - order.limit) * side <= 0 and _units(levels, one, side) < order.size]
        return fills, sorted(met, key=lambda one: side * one.limit)

    def _refusals(self, order: Order) -> set[str]:
        symbol, side, contract = order.symbol, order.side, self.contracts[order.symbol]
        held, mark, named = self.held.get(symbol, 0), self.marks[symbol], order.size
        if order.reduces:
            order.size = abs(held) if order.sized else min(order.size, abs(held))
        fills, own = ([], []) if order.waits else self._reached(order)
        taken, fee = sum(fill[2] for fill in fills), sum(self._fee(fill[2], fill[1], self.taker) for fill in fills)
        prices, ioc = [order.limit, order.trigger or order.limit], order.how == "ioc" and not order.waits
        first = fills[0][1] if fills else prices[1]
        whole = held + side * order.size == 0 and (order.reduces or order.how == "ioc")
        after, opens = worth(abs(held + side * order.size), mark), not (order.reduces or order.waits)
        reasons = {
            "Trading is halted.": symbol in self.out,
            "Order has zero size.": not (named or order.sized),
            "Order has invalid size.": not order.sized and named % 10 ** (8 - contract.size_decimals) > 0,
            "Price must be": any(legal(price * 10**4, contract.size_decimals, up=False) != price for price in prices),
            "Reduce only order would increase position.": order.reduces and held * side >= 0,
            "Post only": order.how == "alo" and bool(own or _units(self.books[symbol][side], order, side)),
            NO_MATCH: ioc and not fills,
            "Order must have minimum": worth(order.size, first) < 10 * DOLLAR and not whole,
            "Order price cannot": not ioc and taken < order.size and abs(order.limit - mark) * 5 > mark * 4,
            "Too many open orders.": not ioc and taken < order.size and len(self.orders) >= self.most,
            "Invalid TP/SL price.": order.waits and self._fires(order),
            TIER: opens and self.leverage.get(symbol, 0) > contract.leverage(after),
            NO_MARGIN: opens and self._needed(symbol, side * order.size, order) > self.cross_equity() - fee,
        }
        return {reason for reason, holds in reasons.items() if holds}

    def _needed(self, symbol: str, more: int, order: Order | None, *, resting: bool = True) -> Fraction:
        total = Fraction(0)
        opens = [one for one in self.orders.values() if not (one.reduces or one.waits or one is order)]
        for name in {symbol, *self.held, *(one.symbol for one in opens)}:
            ways, held = {1: 0, -1: 0}, self.held.get(name, 0) + more * (name == symbol)
            for one in opens if resting else ():
                ways[one.side] += one.size * (one.symbol == name)
            total += max(self._more(name, held + side * units) for side, units in ways.items())
        return total

    def _more(self, symbol: str, size: int) -> Fraction:
        # What an isolated position holds already is not asked for again.
        held, asked = self.held.get(symbol, 0), self.initial(symbol, size)
        if symbol not in self.pocket:
            return asked
        if size * held <= 0:
            return asked - self.pot(symbol)
        more, mark = abs(size) - abs(held), self.marks[symbol]
        if more < 0:
            return Fraction(max(0, self.pot(symbol)) * more, abs(held))
        return Fraction(worth(more, mark), self._leverage(symbol, worth(abs(size), mark)))

    def _fires(self, order: Order) -> bool:
        return (self.marks[order.symbol] - (order.trigger or 0)) * order.side * (-1 if order.profit else 1) >= 0

    def place(self, order: Order) -> set[str]:
        """Perform an order; return all reasons for which it is refused."""
        self.sent.append(self.now)
        reasons = self._refusals(order)
        if not reasons:
            self.orders[order.name] = order
            if not order.waits:
                self._perform(order)
        return reasons

    def _perform(self, order: Order) -> None:
        fills, own = self._reached(order)
        for one in own:
            self._end(one, "selfTradeCanceled")
        for level, price, units in fills:
            level[1] -= units
            order.size -= units
            self._fold(order.symbol, order.side * units, price, self._fee(units, price, self.taker))
        self._finish(order, "canceled" if order.how == "ioc" else "")

    def _finish(self, order: Order, rest: str) -> None:
        if rest or not order.size:
            self._end(order, rest if order.size else "filled")
        for one in [*self.orders.values()] if order.trigger and order.reduces and not order.size else []:
            family = (one.sized, one.sized or one.decision) == (order.sized, order.sized or order.decision)
            if one.trigger and one.symbol == order.symbol and one.reduces and family:
                self._end(one, "siblingFilledCanceled")
        self._tidy(order.symbol)

    def advance(self) -> None:
        """Let resting orders meet the books, then triggers the marks."""
        for symbol in dict.fromkeys(one.symbol for one in self.orders.values() if one.symbol not in self.out):
            mine = [one for one in self.orders.values() if one.symbol == symbol]
            for order in sorted((one for one in mine if not one.waits), key=lambda one: -one.side * one.limit):
                if order.name in self.orders:
                    self._meet(order)
            for order in [one for one in mine if one.waits]:
                if order.name in self.orders and self._fires(order):
                    self._fire(order)

    def _meet(self, order: Order) -> None:
        levels = self.books[order.symbol][order.side]
        units = min(order.size, _units(levels, order, order.side))
        fee, more = self._fee(units, order.limit, self.maker), order.side * units
        short = self._needed(order.symbol, more, None, resting=False) > self.cross_equity() - fee
        if units and not order.reduces and short:
            self._end(order, "marginCanceled")
        elif left := units:
            for level in levels:
                left, level[1] = left - min(left, level[1]), level[1] - min(left, level[1])
            order.size -= units
            self._fold(order.symbol, more, order.limit, fee)
            self._finish(order, "")

    def _fire(self, order: Order) -> None:
        order.waits, order.how = False, "ioc"
        self.ends.append((order.name, "triggered"))
        reasons = self._refusals(order)
        if status := next((FIRED[reason] for reason in FIRED if reason in reasons), ""):
            self._end(order, status)
        else:
            self._perform(order)

    def settle(self, rate: int) -> None:
        """Let every position pay or receive the funding of one hour at its mark."""
        for symbol, held in self.held.items():
            amount = -worth(held, self.marks[symbol]) * rate // 10**10
            self.cash += amount
            if symbol in self.pocket:
                self.pocket[symbol] += amount

    def enforce(self) -> None:
        """Liquidate what can no longer be carried."""
        for symbol in list(self.pocket):
            if self.pot(symbol) < self.maintenance([symbol]):
                self._liquidate([symbol], self.pot(symbol))
        cross = [name for name in self.held if name not in self.pocket]
        if cross and self.cross_equity() < self.maintenance(cross):
            self._liquidate([name for name in self.contracts if name not in self.pocket], None)

    def _liquidate(self, names: list[str], most: int | None) -> None:
        for order in [one for one in self.orders.values() if one.symbol in names]:
            self._end(order, "liquidatedCanceled")
        for symbol in [name for name in self.held if name in names and name not in self.out]:
            fee = self._fee(abs(self.held[symbol]), self.marks[symbol], self.taker)
            self._fold(symbol, -self.held[symbol], self.marks[symbol], fee if most is None else min(fee, most))
            self._tidy(symbol)

    def cancel(self, name: int) -> bool:
        """End an open order; tell whether there was one."""
        if found := self.orders.get(name):
            self._end(found, "canceled")
        return found is not None

    def set_leverage(self, symbol: str, leverage: int, *, isolated: bool) -> str:
        """Set leverage and margin mode; return why not, where it is refused."""
        held, needed = self.held.get(symbol, 0), self._needed(symbol, 0, None)
        notional, old = worth(abs(held), self.marks[symbol]), self.leverage.get(symbol, 0)
        if not 1 <= leverage <= self.contracts[symbol].leverage(notional):
            return "Invalid leverage value."
        if held and isolated != (symbol in self.pocket):
            return "Cannot switch leverage type"
        lower, self.leverage[symbol] = leverage < self._leverage(symbol, notional), leverage
        short = symbol in self.pocket and self.pot(symbol) < self.initial(symbol, held)
        if lower and (short or self._needed(symbol, 0, None) > max(needed, Fraction(self.cross_equity()))):
            self.leverage[symbol] = old
            return "Isolated position does not have" if isolated else "Cross position does not have"
        self.isolated[symbol] = isolated
        return ""


def _units(levels: list[list[int]], order: Order, side: int) -> int:
    return sum(units for price, units in levels if (price - order.limit) * side <= 0)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _even(amount: int, parts: int) -> int:
    # To 10^-12 dollars, halves to even.
    whole, rest = divmod(amount, parts * 10**12)
    return (whole + (2 * rest + whole % 2 > parts * 10**12)) * 10**12
