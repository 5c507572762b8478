"""`fetch_recent_bars`: closed candles up to the turn, at the interval of the skill or merged into longer ones."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Final

import msgspec

from agentic_core.chat.showing.market_tables import candle_table
from agentic_core.chat.showing.untrusted import plain_name
from agentic_core.chat.tools.read_tool import ReadTool, Refusal, schema_of
from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Candle
from agentic_core.domain.money import ZERO
from agentic_core.domain.times import Instant, Interval
from agentic_core.ports.chat_model import ToolSpec
from agentic_core.ports.chat_tools import ToolContext

__all__ = ["LOOKBACK_MAX", "merged", "recent_candles"]

LOOKBACK_MAX: Final = 500

_OFFERED: Final = (Interval.M1, Interval.M5, Interval.M15, Interval.H1, Interval.H4, Interval.D1)
_READ_MAX: Final = 20_000
"""Candles that are merged at most; more would keep the turn waiting."""

_SPEC: Final = ToolSpec(
    name="fetch_recent_bars",
    description=(
        "Closed candles of one symbol up to now, oldest first: open, high, low, close and volume. "
        "The interval is that of the skill or a longer one; fewer come back where fewer are known."
    ),
    parameters=schema_of(
        {
            "symbol": {"type": "string", "description": "one of the skill's symbols"},
            "interval": {"type": "string", "enum": [interval.value for interval in _OFFERED]},
            "lookback": {"type": "integer", "minimum": 1, "maximum": LOOKBACK_MAX, "description": "how many candles"},
        }
    ),
)


class _Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    symbol: str
    interval: Interval
    lookback: Annotated[int, msgspec.Meta(ge=1, le=LOOKBACK_MAX)]


def recent_candles() -> ReadTool[_Wanted]:
    """Return the tool."""
    return ReadTool(_SPEC, _Wanted, _answer)


def merged(candles: Sequence[Candle], have: Interval, want: Interval) -> list[Candle]:
    """Merge candles into whole longer ones on the grid since the epoch; a group that lacks one is left out."""
    groups: dict[int, list[Candle]] = {}
    for candle in candles:
        groups.setdefault(candle.open_time // want.ms, []).append(candle)
    whole = want.ms // have.ms
    return [_one(number * want.ms, group) for number, group in groups.items() if len(group) == whole]


async def _answer(wanted: _Wanted, context: ToolContext) -> Mapping[str, object] | Refusal:
    symbol, have, want = Symbol(wanted.symbol), context.market.interval, wanted.interval
    if symbol not in context.symbols:
        return Refusal(reason="the skill does not look at that symbol; take one that it was shown")
    if want not in _OFFERED and want is not have:
        return Refusal(reason="that interval is not offered")
    if want.ms % have.ms:
        return Refusal(reason=f"candles of {have} are kept, which cannot be merged into that interval")
    size = want.ms // have.ms
    # The newest group may be under way, and the oldest begin before what is read.
    count = min(wanted.lookback * size + 2 * (size - 1), max(_READ_MAX, wanted.lookback))
    seen = [one for one in context.market.candles(symbol, count) if one.open_time + have.ms <= context.as_of]
    candles = (seen if size == 1 else merged(seen, have, want))[-wanted.lookback :]
    return {
        "symbol": plain_name(symbol),
        "interval": want.value,
        "candles": len(candles),
        "table": [*candle_table(symbol, want, candles)],
    }


def _one(open_time: int, group: Sequence[Candle]) -> Candle:
    volume: Decimal = sum((candle.volume for candle in group), ZERO)
    return Candle(
        open_time=Instant(open_time),
        open=group[0].open,
        high=max(candle.high for candle in group),
        low=min(candle.low for candle in group),
        close=group[-1].close,
        volume=volume,
    )
