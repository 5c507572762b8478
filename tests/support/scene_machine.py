"""A hypothesis machine that sets an account and a market by hand, fitting together or not, and asks both judges."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from agentic_core.domain import (
    ZERO,
    DayCounters,
    Instant,
    Mark,
    MarkSource,
    OpenIntent,
    Position,
    Price,
    Side,
    Size,
    Symbol,
    TradingState,
    Usd,
)
from agentic_core.risk import process
from tests.oracle.reference_rules import DOLLAR, Action, Caps, Contract, Order, Scene, verdict
from tests.support.both_facts import limits_of, numbers_shipped, proposal_of, verdict_shipped
from tests.support.both_ledgers import CONTRACTS, START, cloid, exactly, instrument_of
from tests.support.markets import AccountByHand, MarketByHand

__all__ = ["CAPS", "JUDGED", "SceneMachine"]

JUDGED: Counter[str] = Counter()
"""How often which verdict was reached, over all the runs of the machine."""

COARSE = "COARSE"
"""Has one decimal at prices below a hundred dollars, so that marks lie between legal prices."""
LISTED: Mapping[str, Contract] = {**CONTRACTS, COARSE: Contract(5, ((0, 10), (5_000 * DOLLAR, 5)))}
BASES = {"BTC": 100_000_000, "ETH": 100_000_000, "DOGE": 1_000_000, COARSE: 5_000_000}
SYMBOLS = st.sampled_from(["BTC", "ETH", "DOGE", COARSE])
OPENED = st.sampled_from(["BTC", "ETH", "DOGE", COARSE] * 4 + ["UNLISTED"])
SIDES = st.sampled_from([1, -1])
DOLLARS = st.one_of(st.integers(60, 1_000), st.integers(1, 60), st.integers(1_000, 9_000))
BEYOND = st.sampled_from([None, None, None, 0, 50, 100, 101, 200, 201, -300])
"""How many basis points beyond the mark a limit price is named."""

CAPS = st.builds(
    Caps,
    symbols=st.sampled_from([*[frozenset({*LISTED, "UNLISTED"})] * 3, frozenset({"BTC", "UNLISTED"})]),
    position=st.sampled_from([100_000, 100_000, 50_000, 5_000]),
    exposure=st.sampled_from([100_000, 100_000, 10_000]),
    leverage=st.sampled_from([40, 10, 3, 40]),
    day_orders=st.sampled_from([1_000, 1_000, 5]),
    minute_orders=st.sampled_from([100, 2]),
    order_usd=st.sampled_from([10 * 10**6, 0, 50 * 10**6]),
    daily_loss=st.sampled_from([10_000, 1_000]),
    drawdown=st.sampled_from([None, 2_500]),
    stop=st.sampled_from([None, 500, 5_000]),
    reserve=st.sampled_from([50, 0, 200]),
    collar=st.sampled_from([100, 200]),
    mark_age=st.just(30_000),
    account_age=st.just(60_000),
    venue_marks=st.booleans(),
)


class SceneMachine(RuleBasedStateMachine):
    """Anything an account and a market may look like."""

    @initialize(caps=CAPS)
    def begin(self, caps: Caps) -> None:
        """Begin with a thousand dollars and fresh marks."""
        self.caps, self.listed, self.owed = caps, dict(LISTED), 0
        self.scene = Scene(
            now=START,
            account_time=START,
            state="active",
            equity=1_000 * DOLLAR,
            baseline=1_000 * DOLLAR,
            peak=1_000 * DOLLAR,
            day_orders=0,
            minute_orders=0,
            unresolved=0,
            held={},
            orders=[],
            marks={symbol: (price, START, True) for symbol, price in BASES.items()},
            contracts=self.listed,
        )

    @rule(caps=CAPS)
    def set_caps(self, caps: Caps) -> None:
        """Change what may be done."""
        self.caps = caps

    @rule(
        symbol=SYMBOLS,
        thousandths=st.integers(700, 1_400),
        age_ms=st.sampled_from([0, 0, 0, 30_000, 30_001, -1]),
        venue=st.sampled_from([True, True, False]),
    )
    def set_mark(self, symbol: str, thousandths: int, age_ms: int, venue: bool) -> None:
        """Set a mark, fresh or stale or from the future."""
        price = BASES[symbol] * thousandths // 1_000
        self.scene.marks = {**self.scene.marks, symbol: (price, START - age_ms, venue)}

    @rule(symbol=SYMBOLS)
    def lose_mark(self, symbol: str) -> None:
        """Take the mark of a symbol that nothing is held in."""
        if not self.scene.held.get(symbol):
            self.scene.marks = {name: mark for name, mark in self.scene.marks.items() if name != symbol}

    @rule(symbol=SYMBOLS, tenths=st.integers(-120, 120))
    def hold(self, symbol: str, tenths: int) -> None:
        """Hold so many tens of dollars at the usual price."""
        units = 10 * DOLLAR * tenths // (BASES[symbol] * 10**10)
        step = 10 ** (8 - LISTED[symbol].size_decimals)
        held = {**self.scene.held, symbol: units // step * step}
        if symbol in self.scene.marks:
            self.scene.held = {name: size for name, size in held.items() if size}

    @rule(symbol=SYMBOLS, side=SIDES, tenths=st.integers(1, 60), reduces=st.booleans())
    def leave_order(self, symbol: str, side: int, tenths: int, reduces: bool) -> None:
        """Leave an order open; the third makes room for a new one."""
        units = 10 * DOLLAR * tenths // (BASES[symbol] * 10**10)
        order = Order(len(self.scene.orders), symbol, side, units, BASES[symbol], reduces)
        self.scene.orders = [*self.scene.orders[-2:], order]

    @rule(
        equity=st.integers(-2, 40),
        baseline=st.sampled_from([100, 105, 90, 0, -10, 112]),
        peak=st.sampled_from([100, 130, 90, 140]),
    )
    def set_equity(self, equity: int, baseline: int, peak: int) -> None:
        """Be worth some hundreds of dollars, after a gain or a loss of so many percent."""
        worth = equity * 100 * DOLLAR
        self.scene.equity, self.scene.baseline = worth, worth * baseline // 100
        self.scene.peak = max(DOLLAR, worth * peak // 100)

    @rule(day=st.integers(0, 30), minute=st.integers(0, 3))
    def count_orders(self, day: int, minute: int) -> None:
        """Have sent so many orders."""
        self.scene.day_orders, self.scene.minute_orders = max(day, minute), minute

    @rule(
        state=st.sampled_from(["active", "active", "active", "active", "reducing", "halted"]),
        unresolved=st.sampled_from([0, 0, 0, 1]),
    )
    def set_state(self, state: str, unresolved: int) -> None:
        """Trade or not."""
        self.scene.state, self.scene.unresolved = state, unresolved

    @rule(age_ms=st.sampled_from([0, 0, 60_000, 60_001, -1]))
    def age_account(self, age_ms: int) -> None:
        """See an account of another time."""
        self.scene.account_time = START - age_ms

    @rule(symbol=OPENED, usd=DOLLARS, beyond=BEYOND, legal_limit=st.booleans())
    def open_for_dollars(self, symbol: str, usd: int, beyond: int | None, legal_limit: bool) -> None:
        """Propose to open for so many dollars, long and short."""
        for side in (1, -1):
            limit = self._limit(symbol, side, beyond, legal=legal_limit)
            self._judge(Action("open", symbol, side, None, usd * 10**6, limit))

    @rule(symbol=OPENED, usd=DOLLARS, beyond=BEYOND, legal_limit=st.booleans())
    def open_units(self, symbol: str, usd: int, beyond: int | None, legal_limit: bool) -> None:
        """Propose to open as many units as so many dollars buy at the usual price, long and short."""
        units = usd * 10**14 // BASES.get(symbol, 10**6)
        for side in (1, -1):
            self._judge(Action("open", symbol, side, units, None, self._limit(symbol, side, beyond, legal=legal_limit)))

    @rule(symbol=SYMBOLS, side=SIDES, units=st.integers(1, 10**6))
    def open_dust(self, symbol: str, side: int, units: int) -> None:
        """Propose to open next to nothing."""
        self._judge(Action("open", symbol, side, units))

    def _limit(self, symbol: str, side: int, beyond: int | None, *, legal: bool) -> int | None:
        if beyond is None:
            return None
        mark = self.scene.marks.get(symbol, (BASES.get(symbol, 10**6), 0, True))[0]
        limit = mark * (10_000 + side * beyond) // 10_000
        return max(1, limit // 100_000) * 100_000 if legal else limit

    @rule(symbol=SYMBOLS, usd=st.one_of(st.none(), st.integers(1, 30), st.integers(1, 1_500)), in_dollars=st.booleans())
    def close(self, symbol: str, usd: int | None, in_dollars: bool) -> None:
        """Propose to close, or to close a part."""
        if usd is None:
            self._judge(Action("close", symbol))
        elif in_dollars:
            self._judge(Action("close", symbol, usd=usd * 10**6))
        elif symbol in self.scene.marks:
            self._judge(Action("close", symbol, size=usd * 10**14 // BASES[symbol]))

    @rule(
        kind=st.sampled_from(["open", "close"]),
        side=st.sampled_from([None, 1, -1]),
        sizes=st.tuples(*[st.sampled_from([None, 10**8, 0, -1])] * 2),
        limit=st.sampled_from([None, 100_000_000, 0, -1]),
        word=st.sampled_from([None, "NaN", "Infinity", "-Infinity", "sNaN"]),
    )
    def propose_nonsense(
        self, kind: str, side: int | None, sizes: tuple[int | None, int | None], limit: int | None, word: str | None
    ) -> None:
        """Propose what may have no meaning; what is no number counts as one that is not positive."""
        size, usd = sizes
        self._judge(Action(kind, "BTC", side, size if word is None else 0, usd, limit), word)

    def _judge(self, action: Action, word: str | None = None) -> None:
        expected = verdict(action, self.scene, self.caps)
        proposal = proposal_of(action)
        if word is not None:
            proposal = msgspec.structs.replace(proposal, size=Size(Decimal(word)))
        market = self._market()
        judged = process(proposal, self._account(market), market, limits_of(self.caps), TradingState(self.scene.state))
        assert verdict_shipped(judged) == expected
        kind, rule_id, _, adjusted = expected
        if rule_id[:2] not in {"R1", "R2", "R3", "R4"} and action.kind == "open":
            numbers = numbers_shipped(judged, self.scene.numbers)
            assert numbers == {name: self.scene.numbers[name] for name in numbers}
        JUDGED.update([f"{kind} {rule_id}".strip(), *adjusted])

    def _market(self) -> MarketByHand:
        market = MarketByHand(at=Instant(START))
        market.listed = {Symbol(name): instrument_of(name, contract) for name, contract in self.listed.items()}
        market.marks = {
            Symbol(name): Mark(
                symbol=Symbol(name),
                price=Price(exactly(price, 6)),
                as_of=Instant(time),
                source=MarkSource.VENUE if venue else MarkSource.CANDLE_CLOSE,
            )
            for name, (price, time, venue) in self.scene.marks.items()
        }
        return market

    def _account(self, market: MarketByHand) -> AccountByHand:
        scene = self.scene
        account = AccountByHand(market, equity=exactly(scene.equity, 24), at=Instant(scene.account_time))
        account.peak, account.unresolved = Usd(exactly(scene.peak, 24)), scene.unresolved
        account.day = DayCounters(
            day=START // 86_400_000,
            baseline=Usd(exactly(scene.baseline, 24)),
            orders=scene.day_orders,
            minute=START // 60_000,
            minute_orders=scene.minute_orders,
        )
        account.hold(
            *(
                Position(symbol=Symbol(name), size=Size(exactly(size, 8)), entry_cost=Usd(ZERO))
                for name, size in scene.held.items()
            )
        )
        account.open_intents = tuple(
            OpenIntent(
                cloid=cloid(order.name),
                symbol=Symbol(order.symbol),
                side=Side.BUY if order.side > 0 else Side.SELL,
                size=Size(exactly(order.size, 8)),
                limit_price=Price(exactly(order.limit, 6)),
                reduce_only=order.reduces,
                resting=True,
            )
            for order in scene.orders
        )
        return account
