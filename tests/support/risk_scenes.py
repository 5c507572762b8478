"""What the risk engine is asked: one proposal in a market and an account described by a few numbers."""

from decimal import Decimal

import msgspec

from agentic_core.domain import (
    ActionKind,
    Bps,
    DayCounters,
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
from tests.support.markets import BTC, ETH, LISTED, AccountByHand, MarketByHand, held

__all__ = ["Scene", "judge"]


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """By default an open of 0.01 BTC at 50,000 on 10,000 dollars, which every rule lets pass."""

    kind: ActionKind = ActionKind.OPEN
    symbol: Symbol = BTC
    side: Side | None = Side.BUY
    size: Decimal | None = Decimal("0.01")
    size_usd: Decimal | None = None

    listed: bool = True
    mark: Decimal | None = Decimal(50_000)
    mark_age_ms: int = 0

    equity: Decimal = Decimal(10_000)
    baseline: Decimal = Decimal(10_000)
    held: Decimal = Decimal(0)
    """Signed units of the symbol."""
    elsewhere_usd: Decimal = Decimal(0)
    """Notional held in another symbol."""
    orders: int = 0
    unresolved: int = 0
    state: TradingState = TradingState.ACTIVE

    symbols_allowed: frozenset[Symbol] = frozenset({BTC})
    position_bps_max: int = 5_000
    exposure_bps_max: int = 10_000
    leverage_max: int = 2
    orders_per_day_max: int = 10
    order_usd_min: Decimal = Decimal(10)
    daily_loss_bps_max: int = 1_000
    mark_age_ms_max: int = 30_000

    @property
    def action(self) -> ProposedAction:
        """What is proposed."""
        return ProposedAction(
            kind=self.kind,
            symbol=self.symbol,
            side=self.side,
            size=None if self.size is None else Size(self.size),
            size_usd=None if self.size_usd is None else Usd(self.size_usd),
        )

    @property
    def limits(self) -> RiskLimits:
        """The caps."""
        return RiskLimits(
            position_bps_max=Bps(self.position_bps_max),
            exposure_bps_max=Bps(self.exposure_bps_max),
            orders_per_day_max=self.orders_per_day_max,
            leverage_max=self.leverage_max,
            order_usd_min=Usd(self.order_usd_min),
            symbols_allowed=self.symbols_allowed,
            cost_usd_month_max=Usd(Decimal(0)),
            daily_loss_bps_max=Bps(self.daily_loss_bps_max),
            mark_age_ms_max=self.mark_age_ms_max,
        )

    @property
    def market(self) -> MarketByHand:
        """The market; the other symbol stands at one dollar."""
        market = MarketByHand({ETH: "1"})
        market.listed = {self.symbol: LISTED[BTC]} if self.listed else {}
        if self.mark is not None:
            market.set(self.symbol, self.mark, age_ms=self.mark_age_ms)
        return market

    def account(self, market: MarketByHand) -> AccountByHand:
        """Return the account."""
        account = AccountByHand(market, equity=self.equity)
        account.day = DayCounters(day=0, baseline=Usd(self.baseline), orders=self.orders)
        account.hold(held(self.symbol, self.held), held(ETH, self.elsewhere_usd))
        account.unresolved = self.unresolved
        return account


def judge(scene: Scene) -> Verdict:
    """Ask the risk engine."""
    market = scene.market
    return process(scene.action, scene.account(market), market, scene.limits, scene.state)
