"""What the risk engine is asked: one proposal in a market and an account described by a few numbers."""

from decimal import Decimal

import msgspec

from agentic_core.domain import (
    MINUTE_MS,
    AccountSnapshot,
    ActionKind,
    Approved,
    Bps,
    ClientOrderId,
    DayCounters,
    Denied,
    Instant,
    Instrument,
    MarginTier,
    MarkSource,
    OpenIntent,
    Price,
    ProposedAction,
    RiskLimits,
    Side,
    Size,
    Symbol,
    TradingState,
    Usd,
    Verdict,
)
from agentic_core.risk import process
from tests.support.markets import AT, BTC, ETH, LISTED, AccountByHand, MarketByHand, held

__all__ = ["Elsewhere", "Scene", "approved", "denied", "judge", "opening", "scene"]


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """A holding in another symbol."""

    symbol: Symbol
    size: Decimal = Decimal(0)
    """Signed units."""
    mark: Decimal | None = Decimal(100)


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """By default an open of 0.01 BTC at 50,000 on 10,000 dollars, which every rule lets pass."""

    kind: ActionKind = ActionKind.OPEN
    symbol: Symbol = BTC
    side: Side | None = Side.BUY
    size: Decimal | None = Decimal("0.01")
    size_usd: Decimal | None = None
    limit_price: Decimal | None = None

    listed: bool = True
    size_decimals: int = 5
    venue_leverage: int = 40
    """The venue's highest leverage of the symbol."""
    tiers: tuple[MarginTier, ...] = ()
    mark: Decimal | None = Decimal(50_000)
    mark_age_ms: int = 0
    """Below zero the mark is ahead."""
    mark_source: MarkSource = MarkSource.VENUE
    at: Instant = AT
    """When all this is."""

    equity: Decimal = Decimal(10_000)
    baseline: Decimal = Decimal(10_000)
    peak: Decimal = Decimal(10_000)
    held: Decimal = Decimal(0)
    """Signed units of the symbol."""
    elsewhere_usd: Decimal = Decimal(0)
    """Notional held in ETH at a mark of one dollar."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """What else is held, or at least marked."""
    open_intents: tuple[OpenIntent, ...] = ()
    orders: int = 0
    minute_orders: int = 0
    minutes_ago: int = 0
    """How many UTC minutes ago those were sent."""
    unresolved: int = 0
    account_age_ms: int = 0
    """Below zero the account is newer than the market."""
    state: TradingState = TradingState.ACTIVE

    symbols_allowed: frozenset[Symbol] = frozenset({BTC})
    position_bps_max: int = 5_000
    exposure_bps_max: int = 10_000
    leverage_max: int = 2
    orders_per_day_max: int = 10
    orders_per_minute_max: int = 10
    order_usd_min: Decimal = Decimal(10)
    daily_loss_bps_max: int = 1_000
    drawdown_bps_max: int | None = None
    reserve_bps: int = 50
    stop_bps: int | None = None
    collar_bps: int = 100
    mark_age_ms_max: int = 30_000
    account_age_ms_max: int = 60_000
    venue_marks_only: bool = False

    @property
    def action(self) -> ProposedAction:
        """What is proposed."""
        return ProposedAction(
            kind=self.kind,
            symbol=self.symbol,
            side=self.side,
            size=None if self.size is None else Size(self.size),
            size_usd=None if self.size_usd is None else Usd(self.size_usd),
            limit_price=None if self.limit_price is None else Price(self.limit_price),
        )

    @property
    def limits(self) -> RiskLimits:
        """The caps."""
        return RiskLimits(
            position_bps_max=Bps(self.position_bps_max),
            exposure_bps_max=Bps(self.exposure_bps_max),
            orders_per_day_max=self.orders_per_day_max,
            orders_per_minute_max=self.orders_per_minute_max,
            leverage_max=self.leverage_max,
            order_usd_min=Usd(self.order_usd_min),
            symbols_allowed=self.symbols_allowed,
            cost_usd_month_max=Usd(Decimal(0)),
            daily_loss_bps_max=Bps(self.daily_loss_bps_max),
            drawdown_bps_max=None if self.drawdown_bps_max is None else Bps(self.drawdown_bps_max),
            reserve_bps=Bps(self.reserve_bps),
            stop_bps=None if self.stop_bps is None else Bps(self.stop_bps),
            collar_bps=Bps(self.collar_bps),
            mark_age_ms_max=self.mark_age_ms_max,
            account_age_ms_max=self.account_age_ms_max,
            venue_marks_only=self.venue_marks_only,
        )

    @property
    def instrument(self) -> Instrument:
        """The rules of the symbol."""
        return Instrument(
            symbol=self.symbol, size_decimals=self.size_decimals, leverage_max=self.venue_leverage, tiers=self.tiers
        )

    @property
    def market(self) -> MarketByHand:
        """The market."""
        market = MarketByHand({ETH: "1"}, at=self.at)
        market.listed = {ETH: LISTED[ETH]}
        for other in self.elsewhere:
            if other.mark is not None:
                market.set(other.symbol, other.mark)
        if self.listed:
            market.listed[self.symbol] = self.instrument
        if self.mark is not None:
            market.set(self.symbol, self.mark, age_ms=self.mark_age_ms, source=self.mark_source)
        return market

    def account(self, market: MarketByHand) -> AccountByHand:
        """Return the account."""
        account = AccountByHand(market, equity=self.equity, at=Instant(self.at - self.account_age_ms))
        account.day = DayCounters(
            day=0,
            baseline=Usd(self.baseline),
            orders=self.orders,
            minute=self.at // MINUTE_MS - self.minutes_ago,
            minute_orders=self.minute_orders,
        )
        account.peak = Usd(self.peak)
        others = [held(other.symbol, other.size) for other in self.elsewhere]
        account.hold(held(self.symbol, self.held), held(ETH, self.elsewhere_usd), *others)
        account.unresolved = self.unresolved
        account.open_intents = self.open_intents
        return account

    def snapshot(self, market: MarketByHand) -> AccountSnapshot:
        """Return the account as a copy."""
        return self.account(market).freeze()


def opening(
    side: Side, size: str, *, limit: str = "50000", symbol: Symbol = BTC, reduce_only: bool = False
) -> OpenIntent:
    """Return an order of the account that may still execute."""
    return OpenIntent(
        cloid=ClientOrderId(f"{symbol}:{side}:{size}"),
        symbol=symbol,
        side=side,
        size=Size(Decimal(size)),
        limit_price=Price(Decimal(limit)),
        reduce_only=reduce_only,
        resting=True,
    )


def scene(**changes: object) -> Scene:
    """Return the default scene with some of its numbers changed."""
    return msgspec.structs.replace(Scene(), **changes)


def judge(asked: Scene) -> Verdict:
    """Ask the risk engine."""
    market = asked.market
    return process(asked.action, asked.account(market), market, asked.limits, asked.state)


def approved(asked: Scene) -> Approved:
    """Ask the risk engine, which says yes."""
    verdict = judge(asked)
    assert isinstance(verdict, Approved), verdict
    return verdict


def denied(asked: Scene) -> Denied:
    """Ask the risk engine, which says no."""
    verdict = judge(asked)
    assert isinstance(verdict, Denied), verdict
    return verdict
