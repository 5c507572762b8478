"""What a chat model is shown in one turn: the stable text of its skill, and one message about now.

Everything in the message is a number, a word of ours, or the name of an instrument that is no more than a name; odd
names stand in marked envelopes. The same question gives the same bytes. However much there is to show, candles and
positions are left out before there are more than `CONTEXT_BYTES_MAX`; what may be done is never cut.
"""

from collections.abc import Iterator, Sequence

import msgspec

from agentic_core.chat.showing.context_parts import account_lines, last_turn_lines, position_lines, wish_lines
from agentic_core.chat.showing.leash import narrowed
from agentic_core.chat.showing.market_tables import candle_table, market_lines
from agentic_core.chat.showing.reply_schema import describe
from agentic_core.chat.showing.untrusted import enclosed, plain_name
from agentic_core.chat.thinking import Thinking
from agentic_core.chat.thought import Question
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import show
from agentic_core.ports.chat_model import ChatMessage, ChatRole
from agentic_core.ports.untrusted_text import TextChannel
from agentic_core.skills.chat_consistency import CANDLES_SHOWN_MAX
from agentic_core.skills.fields import PLAIN_NAME

__all__ = ["CONTEXT_BYTES_MAX", "opening", "situation"]

CONTEXT_BYTES_MAX = 256_000
"""UTF-8 bytes of the message about now, unless what may be done alone takes more."""

_ODD_NAMES_MAX = 10


def opening(thinking: Thinking, question: Question) -> tuple[ChatMessage, ChatMessage]:
    """Return the messages a turn begins with: the stable text, then what is true now."""
    return (
        ChatMessage(role=ChatRole.SYSTEM, content=thinking.system),
        ChatMessage(role=ChatRole.USER, content=situation(thinking, question)),
    )


def situation(thinking: Thinking, question: Question) -> str:
    """Write what is true now; candles are left out from the oldest on where they would be too many."""
    symbols = question.context.symbols
    rows = min(thinking.lookback, CANDLES_SHOWN_MAX // max(1, len(symbols)))
    before, after = [*_before_candles(question)], [*_after_candles(thinking, question)]
    while True:
        text = "\n".join((*before, *_candles(question, symbols, rows), *after)) + "\n"
        if len(text.encode()) <= CONTEXT_BYTES_MAX or rows == 0:
            return text
        rows //= 2


def _before_candles(question: Question) -> Iterator[str]:
    context = question.context
    yield f"# Now\n\nIt is {show(context.as_of)}."
    yield from _section("The account", account_lines(context.account, question.limits, context.as_of))
    yield from _section("Positions", position_lines(context.account, context.market))
    yield from _section("The market", market_lines(context.market, context.symbols, context.as_of))
    odd = _odd_names(question)
    if odd:
        yield from _section("Names that strangers chose", odd)


def _after_candles(thinking: Thinking, question: Question) -> Iterator[str]:
    yield from _section("The turn before", last_turn_lines(question.last))
    if thinking.signal is not None:
        yield from _section("The rules' wish", wish_lines(question.signal))
    # Last, because it is what an answer is measured by.
    yield from _section("What you may do", (describe(narrowed(thinking, question)),))


def _section(title: str, lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    yield f"\n# {title}\n"
    yield from lines


def _candles(question: Question, symbols: Sequence[Symbol], rows: int) -> Iterator[str]:
    if rows == 0:
        return
    market = question.context.market
    yield "\n# Candles"
    for symbol in symbols:
        yield ""
        yield from candle_table(symbol, market.interval, market.candles(symbol, rows))


def _odd_names(question: Question) -> list[str]:
    named = sorted({*question.context.symbols, *question.context.account.positions})
    odd = [symbol for symbol in named if not PLAIN_NAME.fullmatch(symbol)]
    return [f"- {plain_name(symbol)}: {_json(symbol)}" for symbol in odd[:_ODD_NAMES_MAX]]


def _json(symbol: Symbol) -> str:
    return msgspec.json.encode(enclosed(TextChannel.SYMBOL_NAME, symbol)).decode()
