"""What has to hold in a skill that asks a chat model, beyond that it names one."""

import unicodedata
from collections.abc import Iterator, Mapping

import msgspec

from agentic_core.domain.money import Usd
from agentic_core.skills.chat_options import ChatOptions
from agentic_core.skills.fields import PLAIN_NAME, Problem, shown

__all__ = ["CANDLES_SHOWN_MAX", "TEXT_BYTES_MAX", "ChatDraft", "chat_inconsistencies", "hidden_character"]

TEXT_BYTES_MAX = 40_000
"""UTF-8 bytes of all thesis fields together: they are paid for with every call."""

CANDLES_SHOWN_MAX = 2_000
"""Candles of all symbols together that one question shows."""

_JOINERS = frozenset("\u200c\u200d")


class ChatDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks look at, as far as it could be read; None is absent or unreadable."""

    chat_model: str | None
    texts: Mapping[str, str]
    """The thesis fields by their names in the file."""
    symbols: Mapping[str, tuple[str, ...]]
    """Lists of symbols by their paths in the file."""
    lookback: int | None
    options: ChatOptions | None
    tools: tuple[str, ...] | None
    cost_usd_day_max: Usd | None


def chat_inconsistencies(draft: ChatDraft) -> Iterator[Problem]:
    """List what does not fit together."""
    yield from _texts(draft.texts)
    yield from _names(draft.symbols)
    yield from _candles(draft)
    yield from _options(draft)
    if draft.cost_usd_day_max == 0:
        message = "was 0; a chat model that may cost nothing is never asked: raise it, or set mode to rules"
        yield Problem(path="risk.maxDailyCostUsd", message=message)


def hidden_character(text: str) -> str | None:
    """Return the first character of a text that nobody sees who reads it, or None.

    Joiners are allowed, for the scripts and the emoji that need them.
    """
    return next((one for one in text if unicodedata.category(one) == "Cf" and one not in _JOINERS), None)


def _texts(texts: Mapping[str, str]) -> Iterator[Problem]:
    for name, text in texts.items():
        hidden = hidden_character(text)
        if hidden is not None:
            where = f"holds the invisible character U+{ord(hidden):04X} at place {text.index(hidden) + 1}"
            yield Problem(path=name, message=f"{where}; remove it, so that people read what the chat model reads")
    size = sum(len(text.encode()) for text in texts.values())
    if size > TEXT_BYTES_MAX:
        message = (
            f"is {size:,} bytes long together with the other texts, which every call would cost; "
            f"shorten them to {TEXT_BYTES_MAX:,}"
        )
        yield Problem(path="thesis", message=message)


def _names(lists: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    for path, symbols in lists.items():
        odd = next((symbol for symbol in symbols if not PLAIN_NAME.fullmatch(symbol)), None)
        if odd is not None:
            message = f"names {shown(odd)}, which is more than a name, and no chat model is shown it: remove it"
            yield Problem(path=path, message=message)


def _candles(draft: ChatDraft) -> Iterator[Problem]:
    count = len(dict.fromkeys(symbol for symbols in draft.symbols.values() for symbol in symbols))
    if draft.lookback is not None and count and draft.lookback * count > CANDLES_SHOWN_MAX:
        message = (
            f"was {draft.lookback}, which is {draft.lookback * count:,} candles for {count} symbols; a chat model is "
            f"shown {CANDLES_SHOWN_MAX:,} at most: lower it to {CANDLES_SHOWN_MAX // count}"
        )
        yield Problem(path="context.lookback", message=message)


def _options(draft: ChatDraft) -> Iterator[Problem]:
    options = draft.options
    if options is None:
        return
    if draft.chat_model is not None and draft.chat_model in options.fallbacks:
        message = f"names {shown(draft.chat_model)}, which is the model itself; remove it"
        yield Problem(path="modelOptions.fallbacks", message=message)
    if options.max_steps == 1 and draft.tools:
        message = "was 1, so that no answer of a tool is ever read; raise it to 2 or more, or set tools to []"
        yield Problem(path="modelOptions.maxSteps", message=message)
