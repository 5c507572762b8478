"""What the pre-trade bench asks: a live paper account with two positions, and proposals that pass or break a cap."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import anyio
import msgspec

from agentic_core.backtest.columns import CandleColumns, PriceColumns, VolumeColumn
from agentic_core.backtest.cursor import Cursor
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.funding import constant_funding
from agentic_core.brokers import PaperLedger
from agentic_core.domain import (
    ActionKind,
    Bps,
    Candle,
    Fill,
    Instant,
    Instrument,
    Interval,
    Liquidity,
    MarginTier,
    Mark,
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
)
from agentic_core.domain.ids import ClientOrderId
from agentic_core.runtime.desk import MarketDesk

__all__ = [
    "LIMITS",
    "USUAL_LIMITS",
    "MovingScene",
    "Scene",
    "moving_scene",
    "proposal",
    "proposal_json",
    "protective_stops",
    "scene",
]

BTC, ETH = Symbol("BTC"), Symbol("ETH")
AT = Instant(1_640_995_260_500)
"""2022-01-01 00:01:00.5Z, half a second after the marks."""

_MARKED_AT = Instant(AT - 500)
_PRICES = {BTC: Price(Decimal("50000.5")), ETH: Price(Decimal("2500.25"))}
_REASON = "closed above the highest high of the last twenty hours on rising volume"


def _tier(lower_bound: int, leverage_max: int) -> MarginTier:
    return MarginTier(lower_bound=Usd(Decimal(lower_bound)), leverage_max=leverage_max)


_LISTED: Mapping[Symbol, Instrument] = {
    BTC: Instrument(symbol=BTC, size_decimals=5, leverage_max=40, tiers=(_tier(0, 40), _tier(150_000_000, 20))),
    ETH: Instrument(symbol=ETH, size_decimals=4, leverage_max=25, tiers=(_tier(0, 25), _tier(100_000_000, 15))),
}
LIMITS = RiskLimits(
    position_bps_max=Bps(5_000),
    exposure_bps_max=Bps(10_000),
    orders_per_day_max=100,
    leverage_max=3,
    order_usd_min=Usd(Decimal(10)),
    symbols_allowed=frozenset({BTC, ETH}),
    cost_usd_month_max=Usd(Decimal(0)),
    daily_loss_bps_max=Bps(500),
    drawdown_bps_max=Bps(2_500),
    stop_bps=Bps(200),
    venue_marks_only=True,
)
"""Every rule is on: also the ones that need a drawdown cap, a stop, and the venue's own marks."""

USUAL_LIMITS = msgspec.structs.replace(LIMITS, stop_bps=None)
"""The same as a skill comes that writes no `stopPct`: the rule about the stop has nothing to compare."""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the risk engine is handed beside the proposal, as a paper run hands it."""

    account: PaperLedger
    market: MarketDesk
    limits: RiskLimits = LIMITS
    state: TradingState = TradingState.ACTIVE


class MovingScene(msgspec.Struct, frozen=True, kw_only=True):
    """The same as a backtest hands it: the view can be moved to the next mark."""

    account: PaperLedger
    market: Cursor
    limits: RiskLimits
    marks: int
    """How many marks there are."""
    state: TradingState = TradingState.ACTIVE

    def move(self, index: int) -> None:
        """Stand at a mark, with the day opened as the engine opens it."""
        self.market.move(index)
        self.account.open_day(self.market.as_of)


class _VenueMarks:
    # Market data that knows marks and nothing else.

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        return _LISTED

    async def candles(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> Sequence[Candle]:
        return ()

    async def marks(self, symbols: Sequence[Symbol]) -> Mapping[Symbol, Mark]:
        return {
            symbol: Mark(symbol=symbol, price=_PRICES[symbol], as_of=_MARKED_AT, source=MarkSource.VENUE)
            for symbol in symbols
        }

    async def funding(self, symbol: Symbol, *, after: Instant, until: Instant) -> Mapping[Instant, Decimal]:
        return {}


def scene() -> Scene:
    """Build 100,000 dollars at two fresh marks: 0.2 BTC long, 5 ETH short, two orders already sent today."""
    desk = MarketDesk(
        _VenueMarks(), symbols=(BTC, ETH), interval=Interval.M1, instruments=_LISTED, history_from=_MARKED_AT
    )
    anyio.run(desk.refresh, AT)
    ledger = PaperLedger(starting_equity=Usd(Decimal(100_000)), instruments=_LISTED, marks=desk.mark, leverage=3, at=AT)
    _hold_two(ledger)
    return Scene(account=ledger, market=desk)


def moving_scene(marks: int = 1_000) -> MovingScene:
    """Build the same account on recorded candles, with as many marks as asked for; their source is no venue."""
    free = constant_funding(Decimal(0))
    dataset = Dataset([_candles(BTC, 50_000, marks), _candles(ETH, 2_500, marks)], {BTC: free, ETH: free})
    cursor = Cursor(dataset, _LISTED)
    cursor.move(0)
    ledger = PaperLedger(
        starting_equity=Usd(Decimal(100_000)), instruments=_LISTED, marks=cursor.mark, leverage=3, at=cursor.as_of
    )
    _hold_two(ledger)
    limits = msgspec.structs.replace(LIMITS, venue_marks_only=False)
    return MovingScene(account=ledger, market=cursor, limits=limits, marks=marks)


def proposal(number: int = 0, *, whole: int = 0) -> ProposedAction:
    """Return the wish to buy a little more than 0.1 BTC at 50,100 or better, each number another size.

    With `whole` units on top it breaks the caps.
    """
    return ProposedAction(
        kind=ActionKind.OPEN,
        symbol=BTC,
        side=Side.BUY,
        size=Size(Decimal(_size(number, whole))),
        limit_price=Price(Decimal(50_100)),
        reason=_REASON,
    )


def proposal_json(number: int = 0, *, limit: str = '"limitPrice": "50100", ') -> bytes:
    """Return the same wish as a chat model writes it; most name no limit price of their own."""
    text = (
        f'{{"kind": "open", "symbol": "BTC", "side": "buy", "size": "{_size(number)}", {limit}"reason": "{_REASON}"}}'
    )
    return text.encode()


def protective_stops() -> tuple[OpenIntent, ...]:
    """Return the resting stops of the two positions."""
    return (_stop(1, BTC, Side.SELL, "0.2", "49000"), _stop(2, ETH, Side.BUY, "5", "2550"))


def _size(number: int, whole: int = 0) -> str:
    return f"{whole}.1{number % 10_000:04}"


def _hold_two(ledger: PaperLedger) -> None:
    for symbol, side, size, price in ((BTC, Side.BUY, "0.2", "49800"), (ETH, Side.SELL, "5", "2510")):
        units, paid = Size(Decimal(size)), Price(Decimal(price))
        position, gain = ledger.position(symbol).after(side, units, paid)
        fill = Fill(
            fill_id=f"{symbol}:0",
            cloid=None,
            symbol=symbol,
            side=side,
            size=units,
            price=paid,
            fee=Usd(Decimal("4.5")),
            liquidity=Liquidity.TAKER,
            time=ledger.as_of,
            closed_pnl=gain,
        )
        ledger.book(fill, position)
        ledger.count_order()
    ledger.open_day(ledger.as_of)


def _stop(number: int, symbol: Symbol, side: Side, size: str, limit: str) -> OpenIntent:
    return OpenIntent(
        cloid=ClientOrderId(f"0x{number:032x}"),
        symbol=symbol,
        side=side,
        size=Size(Decimal(size)),
        limit_price=Price(Decimal(limit)),
        reduce_only=True,
        resting=True,
    )


def _candles(symbol: Symbol, price: int, count: int) -> CandleColumns:
    prices = [price + index % 2 for index in range(count)]
    step = Interval.M1.ms
    return CandleColumns(
        symbol,
        range(_MARKED_AT, _MARKED_AT + count * step, step),
        PriceColumns(0, prices, prices, prices, prices),
        VolumeColumn(0, [1] * count),
    )
