"""The one gate every order passes on its way to a broker.

The tick has already asked the risk engine; between its answer and the sending, trading may have been halted, the mark
may have aged, and the position may have moved. So the gate asks again, with what is true at this moment: trading state,
staleness, drift, all rules, the intent's own time, then submit. Orders that only shrink a position always pass.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ActionKind, Approved, Denied, ProposedAction
from agentic_core.domain.figures import Figures
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.market import Book, Candle, IndicatorSpec, Mark, MarketSnapshot, MarketView, MarkSource
from agentic_core.domain.money import Price
from agentic_core.domain.order import IntentKind, OrderIntent, PreparedIntent, SendOutcome
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import BrokerKind, TradingState
from agentic_core.errors import VenueUnavailable
from agentic_core.execution import Stale, check_mark
from agentic_core.ports.broker import Broker
from agentic_core.ports.market_data import ExecutionBooks
from agentic_core.risk import deny, process

__all__ = ["GuardedBroker"]

_NEVER_GROWS = frozenset({IntentKind.CANCEL, IntentKind.NOOP})
_REAL_MONEY = frozenset({BrokerKind.HYPERLIQUID_MAINNET})
_TIME_TO_ARRIVE_MS = 3_000
"""An order with less time left before it expires is not sent; it could expire on its way, or just after."""


class GuardedBroker:
    """A broker behind its gate; nothing else may call a broker's `send`."""

    def __init__(
        self,
        broker: Broker,
        *,
        state: Callable[[], TradingState],
        now: Callable[[], Instant],
        market: MarketView,
        limits: RiskLimits,
        books: ExecutionBooks,
    ) -> None:
        """Put a gate before a broker.

        Args:
            broker: what executes.
            state: what may be traded at this moment.
            now: the venue's time.
            market: the newest marks, and the instruments.
            limits: the caps.
            books: where a close finds its price when the mark is missing or too old.
        """
        self.broker = broker
        self._state = state
        self._now = now
        self._market = market
        self._limits = limits
        self._books = books

    async def submit(
        self, prepared: PreparedIntent, *, begin: Callable[[], Awaitable[None]] | None = None
    ) -> SendOutcome | Denied:
        """Send a durable intent, or deny it if what it was approved on no longer holds.

        Args:
            prepared: what is sent.
            begin: awaited once nothing denies it, before anything leaves; what it raises keeps everything here.
        """
        intent = prepared.intent
        if not intent.reduce_only and intent.kind not in _NEVER_GROWS:
            denied = await self._ask(prepared)
            if denied is not None:
                return denied
        if begin is not None:
            await begin()
        return await self.broker.send(prepared)

    def held_back(self, intent: OrderIntent) -> Denied | None:
        """Return why an open may not be sent whatever the account is like, or None where nothing holds it back."""
        state = self._state()
        return None if state is TradingState.ACTIVE else deny(f"R3_{state.name}", _as_action(intent), Figures())

    async def price(self, symbol: Symbol) -> Mark | None:
        """Return a price to close at: the mark where it is young, else the middle of the book, else the old mark."""
        mark = self._market.mark(symbol)
        if not isinstance(check_mark(mark, self._now(), self._limits.mark_age_ms_max), Stale):
            return mark
        book = await self._books.book(symbol)
        return _middle(book) or mark if book is not None else mark

    async def _ask(self, prepared: PreparedIntent) -> Denied | None:
        try:
            account = await self.broker.account()
        except VenueUnavailable:
            return deny("R4_NO_ACCOUNT", _as_action(prepared.intent), Figures())
        if prepared.intent.kind is IntentKind.LEVERAGE:
            return self._deny_leverage(prepared.intent, account)
        return self._deny(prepared, account)

    def _deny_leverage(self, intent: OrderIntent, account: AccountView) -> Denied | None:
        held, leverage_max = account.position(intent.symbol).size, self._limits.leverage_max
        within = intent.leverage is not None and 0 < intent.leverage <= leverage_max
        if within and not held and not account.unresolved:
            return None
        figures = Figures(held=held, unresolved=account.unresolved, leverage_max=leverage_max)
        return deny("R6_LEVERAGE_CHANGE", _as_action(intent), figures)

    def _deny(self, prepared: PreparedIntent, account: AccountView) -> Denied | None:
        intent, now = prepared.intent, self._now()
        action, held_back = _as_action(intent), self.held_back(intent)
        if held_back is not None:
            return held_back
        unfit = self._deny_mark(action, now)
        if unfit is not None:
            return unfit
        held = account.position(intent.symbol).size
        if intent.position_before is not None and held != intent.position_before:
            return deny("R3_STATE_MOVED", action, Figures(held=held, position_before=intent.position_before))
        if prepared.expires_at is not None and prepared.expires_at - now < _TIME_TO_ARRIVE_MS:
            return deny("R4_TOO_LATE", action, Figures())
        # The account was read after the tick's market: what is true of both is judged at the later moment.
        market = self._market if account.as_of <= self._market.as_of else _Later(self._market, account.as_of)
        verdict = process(action, account, market, self._limits, TradingState.ACTIVE)
        if isinstance(verdict, Approved):
            return verdict.withheld
        assert isinstance(verdict, Denied), "an open is approved or denied"
        return verdict

    def _deny_mark(self, action: ProposedAction, now: Instant) -> Denied | None:
        # A mark that is missing altogether is found by the rules.
        mark, age_ms_max = self._market.mark(action.symbol), self._limits.mark_age_ms_max
        if mark is None:
            return None
        fresh = check_mark(mark, now, age_ms_max)
        if isinstance(fresh, Stale):
            figures = Figures(mark=mark.price, mark_age_ms=fresh.age_ms, mark_age_ms_max=age_ms_max)
            return deny("R4_STALE_MARK", action, figures)
        if mark.source is not MarkSource.VENUE and self.broker.capabilities.kind in _REAL_MONEY:
            return deny("R4_MARK_SOURCE", action, Figures(mark=mark.price))
        return None


class _Later:
    # The same market at a later moment.
    def __init__(self, market: MarketView, as_of: Instant) -> None:
        self._market = market
        self.as_of = as_of
        self.interval = market.interval

    def instrument(self, symbol: Symbol) -> Instrument | None:
        return self._market.instrument(symbol)

    def mark(self, symbol: Symbol) -> Mark | None:
        return self._market.mark(symbol)

    def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        return self._market.candles(symbol, count)

    def indicator(self, symbol: Symbol, spec: IndicatorSpec, *, back: int = 0) -> float | None:
        return self._market.indicator(symbol, spec, back=back)

    def funding_rate(self, symbol: Symbol) -> Decimal | None:
        return self._market.funding_rate(symbol)

    def freeze(self, lookback: int) -> MarketSnapshot:
        return self._market.freeze(lookback)


def _as_action(intent: OrderIntent) -> ProposedAction:
    return ProposedAction(
        kind=ActionKind.OPEN,
        symbol=intent.symbol,
        side=intent.side,
        size=intent.size,
        limit_price=intent.limit_price,
    )


def _middle(book: Book) -> Mark | None:
    best = [level.price for levels in (book.bids, book.asks) for level in levels[:1]]
    if not best:
        return None
    price = Price(sum(best[1:], best[0]) / len(best))
    return Mark(symbol=book.symbol, price=price, as_of=book.as_of, source=MarkSource.BOOK)
