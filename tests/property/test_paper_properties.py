"""A paper account under hundreds of random steps: nothing executes twice, and nothing is lost or made."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agentic_core.brokers import PaperLedger
from agentic_core.domain import (
    Accepted,
    Fill,
    FundingPayment,
    Instant,
    IntentState,
    OrderIntent,
    Position,
    Rejected,
    SendOutcome,
    Side,
    Symbol,
    Usd,
)
from agentic_core.ports.broker import Absent, Burned, Known, NotBurned, Searched
from agentic_core.runtime.drive import immediately
from tests.support.markets import AT, BTC, ETH, LISTED, Paper, book_of, order, prepared

symbols = st.sampled_from([BTC, ETH])
sides = st.sampled_from(list(Side))
tenths = st.integers(500, 2_000).map(lambda units: Decimal(units).scaleb(-1))
units = st.integers(500, 500_000).map(lambda count: Decimal(count).scaleb(-4))
rates = st.integers(-20_000, 20_000).map(lambda count: Decimal(count).scaleb(-8))


def is_terminal(outcome: SendOutcome) -> bool:
    """Tell whether the outcome is one of an immediate-or-cancel order that is over."""
    match outcome:
        case Accepted(state=state):
            return state in {IntentState.FILLED, IntentState.PARTIAL}
        case Rejected(reason=reason):
            return bool(reason)
        case _:
            return False


class PaperAccount(RuleBasedStateMachine):
    """Random orders, repeats, burns, marks, shallow books, funding and liquidations on one account."""

    def __init__(self) -> None:
        super().__init__()
        self.paper = Paper(equity="5000", leverage=20, taker_rate="0.00045", slippage_bps="3")
        self.sent: list[tuple[OrderIntent, SendOutcome]] = []
        self.fills: list[Fill] = []
        self.payments: list[FundingPayment] = []
        self.counted = 0

    @rule(symbol=symbols, price=tenths, shallow=units, deep=units)
    def move(self, symbol: Symbol, price: Decimal, shallow: Decimal, deep: Decimal) -> None:
        """Move the mark, with a thin book of two levels a side around it."""
        self.paper.market.set(symbol, price)
        step = Decimal("0.1")
        self.paper.books.books[symbol] = book_of(
            symbol,
            bids={str(price - step): str(shallow), str(price - 5 * step): str(deep)},
            asks={str(price + step): str(shallow), str(price + 5 * step): str(deep)},
        )

    @rule(symbol=symbols, side=sides, size=units, collar=st.sampled_from([1, 2, 10]), reduce_only=st.booleans())
    def send(self, symbol: Symbol, side: Side, size: Decimal, collar: int, *, reduce_only: bool) -> None:
        """Send a new order; it executes within its limit and size, and a reduce-only one only reduces."""
        ledger = self.paper.ledger
        limit = ledger.price(symbol) + side.sign * Decimal(collar)
        intent = order(len(self.sent), side, size, limit, symbol=symbol, reduce_only=reduce_only)
        held, cash = ledger.position(symbol), ledger.cash
        outcome = immediately(self.paper.broker.send(prepared(intent)))
        self.sent.append((intent, outcome))
        self.counted += 1
        fills = outcome.fills if isinstance(outcome, Accepted) else ()
        self.fills += fills
        filled = sum((fill.size for fill in fills), Decimal(0))
        now = ledger.position(symbol)
        assert is_terminal(outcome)
        assert bool(fills) is isinstance(outcome, Accepted)
        assert all(fill.size > 0 and (fill.price - limit) * side.sign <= 0 for fill in fills)
        assert filled <= size
        assert now.size == held.size + side.sign * filled
        assert ledger.cash == cash if not fills else ledger.cash != cash
        if reduce_only:
            assert abs(now.size) <= abs(held.size)
            assert now.size * held.size >= 0

    @precondition(lambda self: self.sent)
    @rule(place=st.integers(0, 10**6))
    def send_again(self, place: int) -> None:
        """Send an order of before again: the first outcome comes back and nothing changes."""
        intent, outcome = self.sent[place % len(self.sent)]
        assert immediately(self.paper.broker.send(prepared(intent))) == outcome

    @precondition(lambda self: self.sent)
    @rule(place=st.integers(0, 10**6))
    def burn_sent(self, place: int) -> None:
        """Burn an order of before: only one that executed nothing can be."""
        intent, outcome = self.sent[place % len(self.sent)]
        burned = immediately(self.paper.broker.burn(prepared(intent)))
        assert isinstance(burned, NotBurned if isinstance(outcome, Accepted) else Burned)

    @precondition(lambda self: len(self.sent) % 7 == 3)
    @rule(symbol=symbols, side=sides, size=units)
    def burn_unsent(self, symbol: Symbol, side: Side, size: Decimal) -> None:
        """Burn an order before it is sent: it never executes."""
        limit = self.paper.ledger.price(symbol) + side.sign * 10
        intent = order(len(self.sent), side, size, limit, symbol=symbol)
        searched = Searched(since=Instant(0), read_at=self.paper.ledger.as_of)
        assert immediately(self.paper.broker.observe(prepared(intent))) == Absent(cloid=intent.cloid, searched=searched)
        assert immediately(self.paper.broker.burn(prepared(intent))) == Burned()
        outcome = immediately(self.paper.broker.send(prepared(intent)))
        assert isinstance(outcome, Rejected)
        self.sent.append((intent, outcome))

    @precondition(lambda self: self.paper.ledger.positions)
    @rule(symbol=symbols, rate=rates)
    def fund(self, symbol: Symbol, rate: Decimal) -> None:
        """Settle an hour of funding."""
        ledger = self.paper.ledger
        size = ledger.position(symbol).size
        when = Instant(AT + len(self.payments))
        payment = FundingPayment.settle(symbol, when, size=size, price=ledger.price(symbol), rate=rate)
        ledger.settle(payment)
        self.payments.append(payment)

    @precondition(lambda self: self.paper.ledger.equity < self.paper.ledger.maintenance)
    @rule()
    def liquidate(self) -> None:
        """Close everything once the account can no longer carry it."""
        ledger = self.paper.ledger
        ledger.as_of = Instant(ledger.as_of + 1)
        for held in list(ledger.positions.values()):
            self.fills.append(self.paper.broker.liquidate(held, ledger.price(held.symbol)))
        assert not ledger.positions

    @invariant()
    def cash_is_what_came_in_less_what_went_out(self) -> None:
        """Cash is the start, less all fills and fees, plus all funding, to the last digit."""
        spent = sum(
            (Fraction(fill.signed_size) * Fraction(fill.price) + Fraction(fill.fee) for fill in self.fills), Fraction(0)
        )
        received = sum((Fraction(payment.amount) for payment in self.payments), Fraction(0))
        assert Fraction(self.paper.ledger.cash) == 5_000 - spent + received

    @invariant()
    def equity_is_explained_by_pnl_fees_and_funding(self) -> None:
        """What was realised, what is open, less fees, plus funding, is how equity has changed."""
        ledger = self.paper.ledger
        realised = sum((Fraction(fill.closed_pnl) - Fraction(fill.fee) for fill in self.fills), Fraction(0))
        received = sum((Fraction(payment.amount) for payment in self.payments), Fraction(0))
        open_pnl = sum(
            (Fraction(held.unrealised_pnl(ledger.price(symbol))) for symbol, held in ledger.positions.items()),
            Fraction(0),
        )
        assert Fraction(ledger.equity) - 5_000 == realised + open_pnl + received

    @invariant()
    def positions_are_open_and_on_step(self) -> None:
        """Only open positions are listed, each of a size the venue could hold."""
        for symbol, held in self.paper.ledger.positions.items():
            assert LISTED[symbol].is_legal_size(abs(held.size))

    @invariant()
    def orders_are_counted_once(self) -> None:
        """Repeats and burned orders are no orders of the day."""
        assert self.paper.ledger.day.orders == self.counted

    def teardown(self) -> None:
        """Look at the whole history: fills have names of their own, and folding them again leads to the same books."""
        assert len({fill.fill_id for fill in self.fills}) == len(self.fills)
        ledger = self.paper.ledger
        again = PaperLedger(
            starting_equity=Usd(Decimal(5_000)),
            instruments=LISTED,
            marks=self.paper.market.mark,
            leverage=20,
            at=AT,
        )
        for fill in self.fills:
            position: Position = again.position(fill.symbol).after(fill.side, fill.size, fill.price)[0]
            again.book(fill, position)
        for payment in self.payments:
            again.settle(payment)
        assert (again.cash, dict(again.positions)) == (ledger.cash, dict(ledger.positions))
        for intent, outcome in self.sent:
            known = immediately(self.paper.broker.observe(prepared(intent)))
            assert isinstance(known, Known)
            assert known.fills == (outcome.fills if isinstance(outcome, Accepted) else ())


TestPaperAccount = PaperAccount.TestCase
TestPaperAccount.settings = settings(
    max_examples=20,
    stateful_step_count=320,
    # A long history is the point: what goes wrong late is found by a late step.
    suppress_health_check=[HealthCheck.large_base_example, HealthCheck.too_slow],
)
