"""`get_order_book`: what stands in a book right now, where there are books."""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from agentic_core.chat.showing.figures import price
from agentic_core.chat.showing.untrusted import plain_name
from agentic_core.chat.tools.read_tool import ReadTool, Refusal, schema_of
from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Level
from agentic_core.ports.chat_model import ToolSpec
from agentic_core.ports.chat_tools import ToolContext

__all__ = ["get_order_book"]

_DEPTH_MAX: Final = 20

_SPEC: Final = ToolSpec(
    name="get_order_book",
    description="The best levels of one symbol's order book now, best first, as [price, size]; none in a backtest.",
    parameters=schema_of(
        {
            "symbol": {"type": "string", "description": "one of the skill's symbols"},
            "depth": {"type": "integer", "minimum": 1, "maximum": _DEPTH_MAX, "description": "levels a side"},
        }
    ),
)


class _Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    symbol: str
    depth: Annotated[int, msgspec.Meta(ge=1, le=_DEPTH_MAX)]


def get_order_book() -> ReadTool[_Wanted]:
    """Return the tool."""
    return ReadTool(_SPEC, _Wanted, _answer)


async def _answer(wanted: _Wanted, context: ToolContext) -> Mapping[str, object] | Refusal:
    symbol = Symbol(wanted.symbol)
    if symbol not in context.symbols:
        return Refusal(reason="the skill does not look at that symbol; take one that it was shown")
    if context.books is None:
        return Refusal(reason="there are no order books of that time")
    book = await context.books.book(symbol)
    if book is None:
        return Refusal(reason="the symbol has no order book now")
    return {
        "symbol": plain_name(symbol),
        "bids": _levels(book.bids[: wanted.depth]),
        "asks": _levels(book.asks[: wanted.depth]),
    }


def _levels(levels: tuple[Level, ...]) -> list[tuple[str, str]]:
    return [(price(level.price), price(level.size)) for level in levels]
