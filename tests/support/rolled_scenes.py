"""Risk scenes rolled with dice: nearly everything passes most of the time, so that every rule has its turn."""

from decimal import Decimal

import msgspec

from agentic_core.domain import ActionKind, MarginTier, MarkSource, OpenIntent, Side, Symbol, TradingState, Usd
from tests.support.dice import OFF_ON, Dice
from tests.support.markets import BTC, ETH
from tests.support.risk_scenes import Elsewhere, Scene, opening

__all__ = ["BYTES", "closing_scenes", "open_scenes"]

BYTES = 160
"""What a scene and a few more choices need."""

SOL = Symbol("SOL")
TIERS = (
    MarginTier(lower_bound=Usd(Decimal(0)), leverage_max=20),
    MarginTier(lower_bound=Usd(Decimal(3_000)), leverage_max=5),
    MarginTier(lower_bound=Usd(Decimal(9_000)), leverage_max=1),
)


def _market(dice: Dice) -> dict[str, object]:
    decimals = dice.any_of(5, 2, 0, 4)
    marks = (dice.number(200_000, 999_999, places=1), dice.number(1, 99_999, places=2), dice.number(1, 9_999, places=4))
    return {
        "size_decimals": decimals,
        "venue_leverage": dice.any_of(40, 3, 1),
        "tiers": dice.any_of((), (), TIERS),
        "mark": dice.any_of(*marks),
        "mark_age_ms": dice.mostly(30_000, 30_001, -1),
        "mark_source": dice.any_of(*MarkSource),
        "venue_marks_only": dice.mostly(*OFF_ON),
    }


def _account(dice: Dice, mark: Decimal) -> dict[str, object]:
    return {
        "equity": dice.mostly(dice.number(8_500_000, 20_000_000, places=3), Decimal(0), Decimal("-0.01")),
        "baseline": dice.mostly(Decimal(9_000), dice.number(8_000_000, 20_000_000, places=3), Decimal(0)),
        "peak": dice.any_of(Decimal(11_000), dice.number(8_000_000, 20_000_000, places=3)),
        "held": _units(dice.any_of(Decimal(0), dice.number(-6_000, 6_000)), mark),
        "elsewhere_usd": dice.mostly(Decimal("250.55"), Decimal(-4_000)),
        "elsewhere": dice.any_of((), (), (Elsewhere(symbol=SOL, size=dice.number(-2_000, 2_000, places=2)),)),
        "open_intents": dice.any_of((), (), _intents(dice, mark)),
        "orders": dice.whole(0, 11),
        "minute_orders": dice.whole(0, 11),
        "minutes_ago": dice.any_of(0, 1),
        "unresolved": dice.mostly(0, 1),
        "account_age_ms": dice.mostly(60_000, 60_001, -1),
        "state": dice.mostly(TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED),
    }


def _intents(dice: Dice, mark: Decimal) -> tuple[OpenIntent, ...]:
    symbol = dice.any_of(BTC, ETH, SOL)
    size = {BTC: _units(dice.number(1, 4_000), mark), ETH: Decimal(300), SOL: dice.number(1, 900, places=2)}[symbol]
    limit = dice.number(1, 9_000, places=2)
    one = opening(dice.any_of(*Side), str(size), symbol=symbol, limit=str(limit), reduce_only=dice.any_of(*OFF_ON))
    return (one, opening(Side.SELL, "0.5", symbol=SOL, limit="120"))


def _limits(dice: Dice) -> dict[str, object]:
    return {
        "position_bps_max": dice.mostly(15_000, 1, 2_500, 500_000),
        "exposure_bps_max": dice.mostly(20_000, 1, 5_000, 500_000),
        "leverage_max": dice.any_of(1, 2, 5),
        "order_usd_min": dice.any_of(Decimal(0), Decimal(10), Decimal("99.5")),
        "daily_loss_bps_max": dice.mostly(1_000, 1, 10_000),
        "drawdown_bps_max": dice.any_of(None, 2_500, 10_000),
        "orders_per_day_max": dice.any_of(12, 10),
        "orders_per_minute_max": dice.any_of(12, 10),
        "reserve_bps": dice.any_of(50, 0, 777),
        "stop_bps": dice.any_of(None, 200, 5_000, 9_000),
        "collar_bps": dice.any_of(100, 7, 1),
    }


def open_scenes(dice: Dice) -> Scene:
    """Roll a well-formed open of up to three times equity."""
    market = _market(dice)
    mark = Decimal(str(market["mark"]))
    most, little = dice.number(20_000, 2_000_000, places=2), dice.number(900, 20_000, places=2)
    dollars = dice.any_of(most, most, most, most, little, Decimal(10))
    sizes: tuple[dict[str, object], ...] = ({"size": _units(dollars, mark)}, {"size": None, "size_usd": dollars})
    sized = dice.any_of(*sizes)
    side = dice.any_of(*Side)
    away = dice.number(-110, 110) * side.sign
    near = (mark * (1 + away / 10_000)).quantize(mark if mark.as_tuple().exponent else Decimal(1))
    limit = dice.any_of(None, near if near > 0 else None)
    named = {"side": side, "limit_price": limit, **sized}
    return msgspec.structs.replace(Scene(), **market, **_account(dice, mark), **_limits(dice), **named)


def closing_scenes(dice: Dice) -> Scene:
    """Roll a well-formed close, whole or of a part, of what may be held, in an account and market of any kind."""
    asked = open_scenes(dice)
    mark = asked.mark or Decimal(1)
    dollars = dice.any_of(dice.number(1, 700_000, places=2), dice.number(1, 3_000, places=2))
    units = _units(dollars, mark) or Decimal("0.000001")
    sizes: tuple[dict[str, object], ...] = ({"size": None}, {"size": units}, {"size": None, "size_usd": dollars})
    sized = dice.any_of(*sizes)
    step = asked.instrument.size_step
    held = dice.any_of(asked.held, dice.number(-40, 40, places=0)).quantize(step)
    wanted = {"size_usd": None, **sized, "held": held, "mark": dice.mostly(asked.mark, None)}
    return msgspec.structs.replace(asked, kind=ActionKind.CLOSE, side=None, **wanted, listed=not dice.mostly(*OFF_ON))


def _units(dollars: Decimal, mark: Decimal) -> Decimal:
    return (dollars / mark).quantize(Decimal("0.000001"))
