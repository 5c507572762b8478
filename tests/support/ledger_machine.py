"""A hypothesis machine that operates the shipped paper account and the reference side by side."""

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.oracle.reference_rules import Order
from tests.support.both_facts import facts_of_reference, facts_shipped
from tests.support.both_ledgers import CONTRACTS, HOUR_MS, BothLedgers, agree

__all__ = ["BASES", "SEEN", "SIDES", "SYMBOLS", "UNITS", "LedgerMachine"]

SEEN: Counter[str] = Counter()
"""How often what came about, over all the runs of the machine."""

SYMBOLS = st.sampled_from(sorted(CONTRACTS))
SIDES = st.sampled_from([1, -1])
BASES = {"BTC": 100_000_000, "ETH": 100_000_000, "DOGE": 1_000_000}
"""Prices around which books and marks move."""
UNITS = {"BTC": 10**8, "ETH": 10**8, "DOGE": 10**10}
"""A size worth a hundred dollars."""


class LedgerMachine(RuleBasedStateMachine):
    """Random operations, legal and not."""

    @initialize(
        cash=st.sampled_from([1_000, 200, 60]),
        leverage=st.sampled_from([10, 2, 20, 40]),
        slippage=st.sampled_from([0, 20]),
        maker=st.sampled_from([1_500_000, -300_000]),
    )
    def open_account(self, cash: int, leverage: int, slippage: int, maker: int) -> None:
        """Open the account twice, before books of three levels."""
        self.both = BothLedgers(cash=cash, leverage=leverage, slippage=slippage, maker=maker)
        for symbol in CONTRACTS:
            self.show_book(symbol, 0, [5, 10, 40], [10, 5, 40])

    @rule(
        symbol=SYMBOLS,
        side=SIDES,
        tenths=st.one_of(st.integers(2, 20), st.sampled_from([1, 50, 100, 300])),
        reach=st.integers(-4, 6),
        how=st.sampled_from(["ioc", "gtc", "ioc", "alo"]),
    )
    def order(self, symbol: str, side: int, tenths: int, reach: int, how: str) -> None:
        """Order at a price that is so many percent beyond the usual one, or short of it."""
        size, limit = UNITS[symbol] * tenths // 10, BASES[symbol] * (100 + side * reach) // 100
        self._place(Order(self.both.next_name(), symbol, side, size, limit, how=how))

    @rule(all_of=st.sampled_from([90, 50, 100, 110]), symbol=SYMBOLS, side=SIDES)
    def order_all(self, all_of: int, symbol: str, side: int) -> None:
        """Order at once what so many percent of the margin carry."""
        account = self.both.reference
        notional = max(0, account.cross_equity()) * account.default_leverage * all_of // 100
        step = 10 ** (8 - CONTRACTS[symbol].size_decimals)
        size = notional // (account.marks[symbol] * 10**10) // step * step
        self.show_book(symbol, 0, [50_000], [50_000])
        limit = BASES[symbol] * (100 + 5 * side) // 100
        self._place(Order(self.both.next_name(), symbol, side, size, limit))

    @precondition(lambda self: self.both.reference.held)
    @rule(
        which=st.integers(0, 2),
        part=st.sampled_from([2, 1, 3, 4]),
        how=st.sampled_from(["ioc", "gtc", "alo"]),
        reach=st.integers(-4, 6),
        right=st.sampled_from([True, True, True, False]),
    )
    def reduce(self, which: int, part: int, how: str, reach: int, right: bool) -> None:
        """Order a part of what is held, or all of it, the other way; or the wrong way."""
        symbol, held = self._held(which)
        side, step = -1 if (held > 0) == right else 1, 10 ** (8 - CONTRACTS[symbol].size_decimals)
        limit = BASES[symbol] * (100 + side * reach) // 100
        size = abs(held) // part // step * step
        self._place(Order(self.both.next_name(), symbol, side, size, limit, reduces=True, how=how))

    @precondition(lambda self: self.both.reference.held)
    @rule(
        which=st.integers(0, 2),
        distance=st.integers(-2, 6),
        beyond=st.sampled_from([3, 0, -1, 10]),
        kind=st.sampled_from(["stop", "take", "position stop", "position take"]),
        how=st.sampled_from(["ioc", "gtc"]),
        decision=st.integers(0, 1),
    )
    def protect(self, which: int, distance: int, beyond: int, kind: str, how: str, decision: int) -> None:
        """Leave a stop or a take-profit, of the whole position or of a fixed size."""
        symbol, held = self._held(which)
        side, profit, cent = -1 if held > 0 else 1, "take" in kind, BASES[symbol] // 100
        price = self.both.reference.marks[symbol] // cent * cent + (-side if profit else side) * distance * cent
        self._trigger(symbol, side, (price, price + side * beyond * cent), f"{kind} {how}", decision, reduces=True)

    @rule(back=st.integers(0, 5), rate=st.integers(-4_000, 4_000))
    def fire(self, back: int, rate: int) -> None:
        """Move the mark to the price of a trigger that waits, before a deep book."""
        waiting = [one for one in self.both.reference.orders.values() if one.waits]
        if waiting:
            order = waiting[-1 - back % len(waiting)]
            self.both.set_mark(order.symbol, order.trigger or 1)
            self.show_book(order.symbol, 0, [50], [50])
            self.wait(0, 1, rate)

    @rule(symbol=SYMBOLS, side=SIDES, distance=st.integers(-1, 6), how=st.sampled_from(["ioc", "gtc"]))
    def enter_later(self, symbol: str, side: int, distance: int, how: str) -> None:
        """Leave a stop that opens."""
        cent = BASES[symbol] // 100
        price = self.both.reference.marks[symbol] // cent * cent + side * distance * cent
        self._trigger(symbol, side, (price, price + 3 * side * cent), how, 0, reduces=False)

    def _held(self, which: int) -> tuple[str, int]:
        held = list(self.both.reference.held.items())
        return held[which % len(held)]

    def _trigger(
        self, symbol: str, side: int, prices: tuple[int, int], kind: str, decision: int, *, reduces: bool
    ) -> None:
        order = Order(self.both.next_name(), symbol, side, UNITS[symbol] // 4, prices[1], reduces, kind[-3:])
        order.trigger, order.decision, order.waits = max(1, prices[0]), decision, True
        order.profit, order.sized = "take" in kind, "position" in kind
        self._place(order)

    @rule(symbol=SYMBOLS, flaw=st.sampled_from(["size", "limit", "far", "trigger"]), side=SIDES)
    def order_illegally(self, symbol: str, flaw: str, side: int) -> None:
        """Order what the venue never takes."""
        size, limit, trigger = UNITS[symbol], BASES[symbol], None
        if flaw == "size":
            size += 1
        elif flaw == "far":
            limit *= 11
        elif flaw == "limit":
            limit += 1
        else:
            trigger = BASES[symbol] * 95 // 100 + 1
        self._place(
            Order(self.both.next_name(), symbol, side, size, limit, how="gtc", trigger=trigger, waits=bool(trigger))
        )

    def _place(self, order: Order) -> None:
        answer, reasons = self.both.place(order)
        assert agree(answer, reasons), (answer, reasons)
        SEEN.update(reasons or {f"{order.how}{' trigger' if order.waits else ''} taken"})

    @rule(back=st.integers(0, 8))
    def cancel(self, back: int) -> None:
        """Cancel an order that is open, or was, or never was."""
        answer, reasons = self.both.cancel(self.both.taken[-1 - back] if back < len(self.both.taken) else 10**9)
        assert agree(answer, reasons), (answer, reasons)

    @rule(back=st.integers(0, 30))
    def send_again(self, back: int) -> None:
        """Send something a second time, which changes nothing."""
        sent = list(self.both.sent.values())
        if back < len(sent):
            prepared, answer = sent[-1 - back]
            assert self.both.repeat(prepared) == answer

    @rule(symbol=SYMBOLS, leverage=st.sampled_from([10, 1, 2, 5, 20, 40, 0]), isolated=st.booleans())
    def set_leverage(self, symbol: str, leverage: int, isolated: bool) -> None:
        """Change leverage or margin mode."""
        answer, reasons = self.both.set_leverage(symbol, leverage, isolated=isolated)
        assert agree(answer, reasons), (answer, reasons)
        SEEN.update(reasons or {f"{'isolated' if isolated else 'cross'} leverage"})

    @rule(
        symbol=SYMBOLS,
        middle=st.integers(-3, 3),
        asks=st.lists(st.integers(1, 40), max_size=3),
        bids=st.lists(st.integers(1, 40), max_size=3),
    )
    def show_book(self, symbol: str, middle: int, asks: list[int], bids: list[int]) -> None:
        """Show another book of up to three levels a side."""
        cent, unit = BASES[symbol] // 100, UNITS[symbol] // 10
        best = BASES[symbol] + middle * cent
        self.both.set_book(
            symbol,
            {
                1: [(best + (at + 1) * cent, size * unit) for at, size in enumerate(asks)],
                -1: [(best - at * cent, size * unit) for at, size in enumerate(bids)],
            },
        )

    @rule(symbol=SYMBOLS, percent=st.one_of(st.integers(-9, 9), st.integers(-60, 60)))
    def move_mark(self, symbol: str, percent: int) -> None:
        """Move a mark to within some percent of the usual price."""
        self.both.set_mark(symbol, BASES[symbol] * (100 + percent) // 100)

    @rule(minutes=st.sampled_from([0, 1, 3, 30, 90]), seconds=st.integers(0, 59), rate=st.integers(-4_000, 4_000))
    def wait(self, minutes: int, seconds: int, rate: int) -> None:
        """Let time pass, with what falls due meanwhile."""
        before = self.both.reference.now
        self.both.wait(minutes * 60_000 + seconds * 1_000, rate * 1_000)
        SEEN["funding hours"] += self.both.reference.now // HOUR_MS - before // HOUR_MS

    @invariant()
    def same(self) -> None:
        """Compare everything."""
        assert facts_shipped(self.both) == facts_of_reference(self.both)

    def teardown(self) -> None:
        """Note how the orders ended."""
        if hasattr(self, "both"):
            SEEN.update(status for _, status in self.both.reference.ends)
