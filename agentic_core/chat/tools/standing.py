"""`get_portfolio` and `get_funding`: what is held, and what holding it costs."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from agentic_core.chat.showing.figures import price, rounded, usd
from agentic_core.chat.showing.untrusted import plain_name
from agentic_core.chat.tools.read_tool import ReadTool, schema_of
from agentic_core.domain.position import Position
from agentic_core.domain.times import HOUR_MS, MINUTE_MS
from agentic_core.ports.chat_model import ToolSpec
from agentic_core.ports.chat_tools import ToolContext

__all__ = ["get_funding", "get_portfolio"]

_RATE_FIGURES: Final = 6
_HOURS_A_YEAR: Final = 24 * 365
_SECOND_MS: Final = 1_000

_PORTFOLIO: Final = ToolSpec(
    name="get_portfolio",
    description="The account now: equity, margin, exposure, orders of the day, and every position with its profit.",
    parameters=schema_of({}),
)
_FUNDING: Final = ToolSpec(
    name="get_funding",
    description=(
        "The funding rates of the skill's symbols, in percent an hour and a year as last published; "
        "a positive rate is paid by longs to shorts."
    ),
    parameters=schema_of({}),
)


class _Nothing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


def get_portfolio() -> ReadTool[_Nothing]:
    """Return the tool."""
    return ReadTool(_PORTFOLIO, _Nothing, _portfolio)


def get_funding() -> ReadTool[_Nothing]:
    """Return the tool."""
    return ReadTool(_FUNDING, _Nothing, _funding)


async def _portfolio(_: _Nothing, context: ToolContext) -> Mapping[str, object]:
    account = context.account
    return {
        "equityUsd": usd(account.equity),
        "marginUsedUsd": usd(account.margin_used),
        "exposureUsd": usd(account.exposure()),
        "ageSeconds": max(0, context.as_of - account.as_of) // _SECOND_MS,
        "dayBeganWithUsd": usd(account.day.baseline),
        "ordersToday": account.day.orders,
        "ordersUnderWay": len(account.open_intents),
        "ordersOfUnknownFate": account.unresolved,
        "positions": [_position(account.positions[symbol], context) for symbol in sorted(account.positions)],
    }


def _position(position: Position, context: ToolContext) -> dict[str, object]:
    told: dict[str, object] = {
        "symbol": plain_name(position.symbol),
        "direction": position.direction.value,
        "size": price(abs(position.size)),
        "entryPrice": None if position.entry_price is None else price(position.entry_price),
    }
    mark = context.market.mark(position.symbol)
    if mark is None:
        return told | {"mark": None, "notionalUsd": None, "openProfitUsd": None}
    return told | {
        "mark": price(mark.price),
        "notionalUsd": usd(position.notional(mark.price)),
        "openProfitUsd": usd(position.unrealised_pnl(mark.price)),
    }


async def _funding(_: _Nothing, context: ToolContext) -> Mapping[str, object]:
    rates = {symbol: context.market.funding_rate(symbol) for symbol in context.symbols}
    return {
        "nextPaymentMinutes": (HOUR_MS - context.as_of % HOUR_MS) // MINUTE_MS,
        "rates": [
            {"symbol": plain_name(symbol), "percentPerHour": _percent(rate, 1), "percentPerYear": _percent(rate, None)}
            for symbol, rate in rates.items()
        ],
    }


def _percent(rate: Decimal | None, hours: int | None) -> str | None:
    return None if rate is None else rounded(rate * 100 * (hours or _HOURS_A_YEAR), _RATE_FIGURES)
