"""Keep an account at a venue by `docs/reference/paper-broker.md` in plain integers, counted as in `reference_rules`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from tests.oracle.reference_rules import BPS, DOLLAR, MICRO, Contract, legal, worth


@dataclass
class Order:
    """What may still execute; a trigger waits for the mark first."""

    name: int
    symbol: str
    side: int
    size: int
    limit: int
    reduces: bool = False
    how: str = "ioc"
    """`ioc`, `gtc` or `alo`."""
    trigger: int | None = None
    profit: bool = False
    sized: bool = False
    """Whether it always covers the whole position."""
    decision: int = 0
    waits: bool = False


@dataclass
class Account:
    """Cash, positions and orders; rates count 10^-10."""

    cash: int
    contracts: Mapping[str, Contract]
    default_leverage: int
    taker: int
    maker: int
    slippage: int
    marks: dict[str, int] = field(default_factory=dict)
    books: dict[str, dict[int, list[list[int]]]] = field(default_factory=dict)
    """By symbol and side of the order that takes them: prices and what is left of each, best first."""
    held: dict[str, int] = field(default_factory=dict)
    cost: dict[str, int] = field(default_factory=dict)
    pocket: dict[str, int] = field(default_factory=dict)
    leverage: dict[str, int] = field(default_factory=dict)
    isolated: set[str] = field(default_factory=set)
    out: set[str] = field(default_factory=set)
    orders: dict[int, Order] = field(default_factory=dict)
    ends: list[tuple[int, str]] = field(default_factory=list)
    fills: list[tuple[str, int, int, int, int]] = field(default_factory=list)
    """Symbol, signed size, price, fee, profit."""
    funding: int = 0

    def profit(self, symbol: str, price: int) -> int:
        """Return what a position has gained at a price."""
        held = self.held.get(symbol, 0)
        return worth(held, price) - _sign(held) * self.cost.get(symbol, 0)

    def pot(self, symbol: str) -> int:
        """Return what an isolated position is worth with its margin."""
        return self.pocket.get(symbol, 0) + self.profit(symbol, self.marks[symbol])

    def equity(self) -> int:
        """Return what the account is worth at the marks."""
        return self.cash + sum(worth(held, self.marks[symbol]) for symbol, held in self.held.items())

    def cross_equity(self) -> int:
        """Return the equity without the isolated positions."""
        return self.equity() - sum(self.pot(symbol) for symbol in self.held if symbol in self.isolated)

    def leverage_at(self, symbol: str, notional: int) -> int:
        """Return the leverage that holds for a notional."""
        return min(self.leverage.get(symbol) or self.default_leverage, self.contracts[symbol].leverage(notional))

    def initial(self, symbol: str, size: int) -> Fraction:
        """Return the initial margin of a size at the mark."""
        notional = worth(abs(size), self.marks[symbol])
        return Fraction(notional, self.leverage_at(symbol, notional))

    def margin_used(self) -> Fraction:
        """Return the initial margin of cross positions and all margin of isolated ones."""
        return sum(
            (self.pot(name) if name in self.isolated else self.initial(name, held) for name, held in self.held.items()),
            Fraction(0),
        )

    def maintenance(self, symbol: str) -> Fraction:
        """Return the maintenance margin of a position."""
        return self.contracts[symbol].maintenance(worth(abs(self.held[symbol]), self.marks[symbol]))

    def fold(self, symbol: str, signed: int, price: int, fee: int) -> None:
        """Let an execution change cash, position and pocket."""
        held, cost = self.held.get(symbol, 0), self.cost.get(symbol, 0)
        closed = min(abs(signed), abs(held)) if held * signed < 0 else 0
        share = cost if closed == abs(held) else _even(cost * closed, abs(held))
        gain, grown = _sign(held) * (worth(closed, price) - share), worth(abs(signed) - closed, price)
        back = (self.pocket.get(symbol, 0) + self.profit(symbol, price)) * closed // (abs(held) or 1) // MICRO * MICRO
        self.cash -= worth(signed, price) + fee
        self.fills.append((symbol, signed, price, fee, gain))
        pocket = 0 if closed == abs(held) else self.pocket.get(symbol, 0) + gain - back
        if closed and closed == abs(held):
            del self.held[symbol]
        self.held[symbol], self.cost[symbol] = held + signed, cost - share + grown
        if symbol in self.isolated:
            leverage = self.leverage_at(symbol, worth(abs(held + signed), price))
            self.pocket[symbol] = pocket - -grown // leverage // MICRO * MICRO
        if not self.held[symbol]:
            del self.held[symbol], self.cost[symbol]
            self.pocket.pop(symbol, None)

    def _shrink(self, symbol: str) -> None:
        held = self.held.get(symbol, 0)
        for order in [one for one in self.orders.values() if one.symbol == symbol and one.reduces]:
            order.size = abs(held) if order.sized else min(order.size, abs(held))
            if order.side * held >= 0:
                self.end(order, "reduceOnlyCanceled")

    def end(self, order: Order, status: str) -> None:
        """Let an order be over."""
        self.ends.append((order.name, status))
        del self.orders[order.name]

    def reached(self, order: Order) -> tuple[list[tuple[int, int, int]], list[Order]]:
        """Return what an order would take at once, with the levels, and which orders of its own account it would meet."""
        side, left, levels = order.side, order.size, self.books[order.symbol][order.side]
        against = [one for one in self.orders.values() if (one.symbol, one.side) == (order.symbol, -side)]
        own = [
            one
            for one in against
            if not one.waits
            and (one.limit - order.limit) * side <= 0
            and sum(units for price, units in levels if (price - one.limit) * side <= 0) < order.size
        ]
        fills = []
        for at, (price, units) in enumerate(levels):
            moved = legal(price * (BPS + side * self.slippage), self.contracts[order.symbol].size_decimals, up=side > 0)
            if (moved - order.limit) * side > 0:
                break
            if taken := min(units, left):
                fills.append((at, moved, taken))
                left -= taken
        return fills, sorted(own, key=lambda one: side * one.limit)

    def facing(self, order: Order) -> list[list[int]]:
        """Return the levels at the limit or better that hold units."""
        levels = self.books[order.symbol][order.side]
        return [level for level in levels if (level[0] - order.limit) * order.side <= 0 and level[1]]

    def refusals(self, order: Order) -> set[str]:
        """Return every reason for which the venue refuses an order, shrunk to the position where it only reduces."""
        symbol, side, decimals = order.symbol, order.side, self.contracts[order.symbol].size_decimals
        held, mark, named = self.held.get(symbol, 0), self.marks[symbol], 0 if order.sized else order.size
        if order.reduces:
            order.size = abs(held) if order.sized else min(order.size, abs(held))
        whole = held * side < 0 and (order.reduces or order.how == "ioc") and order.size >= abs(held)
        prices = [order.limit, *([] if order.trigger is None else [order.trigger])]
        fills, own = ([], []) if order.waits else self.reached(order)
        taken = sum(units for _, _, units in fills)
        first = fills[0][1] if fills else order.trigger or order.limit
        alo, ioc = order.how == "alo", order.how == "ioc"
        rests = order.waits or (order.how != "ioc" and taken < order.size)
        reasons = {
            "Trading is halted.": symbol in self.out,
            "Order has zero size.": not (named or order.sized),
            "Order has invalid size.": named % self.contracts[symbol].step > 0,
            "Price must be divisible by tick size.": any(legal(p * 10**4, decimals, up=False) != p for p in prices),
            "Reduce only order would increase position.": order.reduces and held * side >= 0,
            "Post only order would have immediately matched": alo and not order.waits and bool(self.facing(order) or own),
            "Order could not immediately match": ioc and not order.waits and not fills,
            "Order must have minimum value of $10.": worth(order.size, first) < 10 * DOLLAR and not whole,
            "Order price cannot be more than 80%": rests and abs(order.limit - mark) * 5 > mark * 4,
            "Invalid TP/SL price.": order.waits and self.fires(order),
            "Order would cause position to exceed": not (order.reduces or order.waits)
            and self.leverage.get(symbol, 0) > self.contracts[symbol].leverage(worth(abs(held + side * order.size), mark)),
            "Insufficient margin": not (order.reduces or order.waits) and self._short(order, fills),
        }
        return {reason for reason, holds in reasons.items() if holds}

    def _short(self, order: Order, fills: list[tuple[int, int, int]]) -> bool:
        fee = sum(self.fee(units, price, self.taker) for _, price, units in fills)
        return self.needed(order) > self.cross_equity() - fee

    def needed(self, order: Order) -> Fraction:
        """Return the initial margin of everything once an order has executed and all that rests, on the worse side."""
        total = Fraction(0)
        for name in {order.symbol, *self.held, *(one.symbol for one in self.orders.values())}:
            held = self.held.get(name, 0) + order.side * order.size * (name == order.symbol)
            ways = {1: 0, -1: 0}
            for one in self.orders.values():
                if one.symbol == name and not one.reduces and not one.waits and one is not order:
                    ways[one.side] += one.size
            total += max(self.initial(name, held + side * units) for side, units in ways.items())
            if name in self.isolated and name in self.held:
                total -= self.initial(name, self.held[name]) if held * self.held[name] > 0 else self.pot(name)
        return total

    def fee(self, units: int, price: int, rate: int) -> int:
        """Return the fee of an execution, rounded up."""
        return -(-worth(units, price) * rate // 10**10 // MICRO) * MICRO

    def fires(self, order: Order) -> bool:
        """Tell whether the mark has reached a trigger."""
        way = -order.side if order.profit else order.side
        return (self.marks[order.symbol] - (order.trigger or 0)) * way >= 0

    def place(self, order: Order) -> set[str]:
        """Perform an order; return why not, where it is refused."""
        if reasons := self.refusals(order):
            return reasons
        if order.waits:
            self.orders[order.name] = order
        else:
            self._perform(order)
        return reasons

    def _perform(self, order: Order) -> None:
        fills, own = self.reached(order)
        for one in own:
            self.end(one, "selfTradeCanceled")
        for at, price, units in fills:
            self.books[order.symbol][order.side][at][1] -= units
            order.size -= units
            self.fold(order.symbol, order.side * units, price, self.fee(units, price, self.taker))
        self.orders[order.name] = order
        self._finish(order)

    def _finish(self, order: Order) -> None:
        if not order.size:
            self._filled(order)
        elif order.how == "ioc":
            self.end(order, "canceled")
        self._shrink(order.symbol)

    def _filled(self, order: Order) -> None:
        self.end(order, "filled")
        for one in [*self.orders.values()] if order.trigger else []:
            family = one.sized if order.sized else not one.sized and one.decision == order.decision
            if one.trigger and one.symbol == order.symbol and family and one.reduces and order.reduces:
                self.end(one, "siblingFilledCanceled")

    def advance(self) -> None:
        """Let resting orders meet the books and triggers the marks."""
        for symbol in dict.fromkeys(one.symbol for one in self.orders.values() if one.symbol not in self.out):
            resting = [one for one in self.orders.values() if one.symbol == symbol and not one.waits]
            for order in sorted(resting, key=lambda one: -one.side * one.limit):
                if order.name in self.orders:
                    self._meet(order)
            for order in [one for one in self.orders.values() if one.symbol == symbol and one.waits]:
                if order.name in self.orders and self.fires(order):
                    self._fire(order)

    def _meet(self, order: Order) -> None:
        levels = self.facing(order)
        units = min(order.size, sum(left for _, left in levels))
        fee = self.fee(units, order.limit, self.maker)
        after = {**self.held, order.symbol: self.held.get(order.symbol, 0) + order.side * units}
        if units and not order.reduces and sum(self.initial(n, h) - self.initial(n, self.held.get(n, 0)) * (n in self.isolated) for n, h in after.items()) > self.cross_equity() - fee:
            self.end(order, "marginCanceled")
            return
        left = units
        for level in levels:
            taken = min(level[1], left)
            level[1], left = level[1] - taken, left - taken
        if units:
            order.size -= units
            self.fold(order.symbol, order.side * units, order.limit, fee)
            self._finish(order)

    def _fire(self, order: Order) -> None:
        order.waits = False
        self.ends.append((order.name, "triggered"))
        reasons = self.refusals(order) & {"Order could not immediately match", "Insufficient margin", "Order would cause position to exceed"}
        if reasons:
            word = "iocCancelRejected" if "Order could not immediately match" in reasons else "perpMarginRejected"
            self.end(order, word)
        else:
            self._perform(order)

    def settle(self, rate: int) -> None:
        """Let every position pay or receive the funding of one hour at its mark."""
        for symbol, held in self.held.items():
            amount = -worth(held, self.marks[symbol]) * rate // 10**10
            self.cash, self.funding = self.cash + amount, self.funding + amount
            if symbol in self.isolated:
                self.pocket[symbol] += amount

    def enforce(self) -> None:
        """Liquidate what can no longer be carried."""
        for symbol in [name for name in self.held if name in self.isolated and name not in self.out]:
            if self.pot(symbol) < self.maintenance(symbol):
                self._liquidate([symbol], self.pot(symbol))
        cross = [name for name in self.contracts if name not in self.isolated or name not in self.held]
        needs = [self.maintenance(name) for name in cross if name in self.held]
        if needs and self.cross_equity() < sum(needs):
            self._liquidate(cross)

    def _liquidate(self, pot: list[str], most: int | None = None) -> None:
        for order in [one for one in self.orders.values() if one.symbol in pot]:
            self.end(order, "liquidatedCanceled")
        for symbol, held in [(name, held) for name, held in self.held.items() if name in pot]:
            fee = self.fee(abs(held), self.marks[symbol], self.taker)
            self.fold(symbol, -held, self.marks[symbol], fee if most is None else min(fee, most))

    def count(self, now: int) -> None:
        """Count an order."""

    def cancel(self, name: int) -> bool:
        """End an open order; tell whether there was one."""
        if found := self.orders.get(name):
            self.end(found, "canceled")
        return found is not None

    def set_leverage(self, symbol: str, leverage: int, *, isolated: bool) -> set[str]:
        """Set leverage and margin mode; return why not, where it is refused."""
        held = self.held.get(symbol, 0)
        notional = worth(abs(held), self.marks[symbol])
        before, needed = self.leverage_at(symbol, notional), self.needed(Order(0, symbol, 1, 0, 0))
        old = self.leverage.get(symbol)
        if not 1 <= leverage <= self.contracts[symbol].leverage(notional):
            return {"Invalid leverage value."}
        if held and isolated != (symbol in self.isolated):
            return {"Cannot switch leverage type"}
        self.leverage[symbol] = leverage
        pot = isolated and held and self.pot(symbol) < self.initial(symbol, held)
        if leverage < before and (pot or max(needed, self.cross_equity()) < self.needed(Order(0, symbol, 1, 0, 0))):
            self.leverage[symbol] = old or 0
            return {"Isolated position does not have" if isolated else "Cross position does not have"}
        self.isolated = self.isolated | {symbol} if isolated else self.isolated - {symbol}
        return set()


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _even(amount: int, parts: int) -> int:
    # To 10^-12 dollars, halves to even.
    whole, rest = divmod(amount, parts * 10**12)
    return (whole + (2 * rest + whole % 2 > parts * 10**12)) * 10**12
