"""What has to hold between the sections of a skill.

Every check works with the sections that are known, so that one wrong number in `risk` does not hide that the rules
name a symbol which is not allowed.
"""

from collections.abc import Iterator

import msgspec

from agentic_core.domain.money import Usd
from agentic_core.domain.times import Interval
from agentic_core.skills.chat_consistency import ChatDraft, chat_inconsistencies
from agentic_core.skills.chat_options import ChatOptions
from agentic_core.skills.fields import Problem, nearest, shown
from agentic_core.skills.sections import SkillMode

__all__ = ["Draft", "inconsistencies"]

_NO_CHAT_MODEL = "a rules skill asks no chat model: remove it, or set mode to hybrid"
_RULES_EXAMPLE = '{"policy": "sma-cross", "symbol": "BTC", "fast": 10, "slow": 30, "sizePct": 10}'


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks look at, as far as it could be read; None is absent or unreadable."""

    written: frozenset[str]
    """The top-level fields that the file has, readable or not."""
    mode: SkillMode | None
    chat_model: str | None
    texts: dict[str, str]
    """The thesis fields by their names in the file."""
    symbol: str | None
    """What the rules are about."""
    symbols_watched: tuple[str, ...] | None
    symbols_allowed: tuple[str, ...] | None
    context_interval: Interval | None
    lookback: int | None
    options: ChatOptions | None
    tools: tuple[str, ...] | None
    cost_usd_month_max: Usd | None
    cost_usd_day_max: Usd | None


def inconsistencies(draft: Draft) -> Iterator[Problem]:
    """List what does not fit together."""
    if draft.mode is not None:
        yield from _chat_model_of(draft, draft.mode)
        yield from _rules_of(draft, draft.mode)
    if draft.symbol is not None:
        yield from _symbol_of(draft, draft.symbol)


def _chat_model_of(draft: Draft, mode: SkillMode) -> Iterator[Problem]:
    if mode is SkillMode.RULES:
        yield from _without_chat_model(draft)
    else:
        yield from _with_chat_model(draft, mode)
        yield from chat_inconsistencies(_chat_draft(draft))


def _chat_draft(draft: Draft) -> ChatDraft:
    lists = {"context.symbols": draft.symbols_watched, "risk.allowedSymbols": draft.symbols_allowed}
    return ChatDraft(
        chat_model=draft.chat_model,
        texts=draft.texts,
        symbols={path: symbols for path, symbols in lists.items() if symbols is not None},
        lookback=draft.lookback,
        options=draft.options,
        tools=draft.tools,
        cost_usd_day_max=draft.cost_usd_day_max,
    )


def _without_chat_model(draft: Draft) -> Iterator[Problem]:
    if draft.chat_model is not None:
        yield Problem(path="model", message=f"was {shown(draft.chat_model)}; {_NO_CHAT_MODEL}")
    for name, text in draft.texts.items():
        if text:
            yield Problem(path=name, message=f"was {shown(text)}; {_NO_CHAT_MODEL}")
    for name in ("modelOptions", "tools"):
        if name in draft.written:
            yield Problem(path=name, message=_NO_CHAT_MODEL)


def _with_chat_model(draft: Draft, mode: SkillMode) -> Iterator[Problem]:
    if "model" not in draft.written:
        cure = 'write a chat model\'s id, such as "vendor/name", or set mode to rules'
        yield Problem(path="model", message=f"is missing; mode {mode} asks a chat model: {cure}")
    if "thesis" not in draft.written or draft.texts.get("thesis", "unread").isspace():
        message = f"is missing; mode {mode} needs what the chat model should follow, in words"
        yield Problem(path="thesis", message=message)
    if draft.cost_usd_month_max == 0:
        message = "was 0; a chat model that may cost nothing is never asked: raise it, or set mode to rules"
        yield Problem(path="risk.maxMonthlyCostUsd", message=message)


def _rules_of(draft: Draft, mode: SkillMode) -> Iterator[Problem]:
    written = "rules" in draft.written
    if mode is SkillMode.THESIS and written:
        yield Problem(path="rules", message="a thesis skill has no rules; remove them, or set mode to rules or hybrid")
    if mode is not SkillMode.THESIS:
        if not written:
            yield Problem(path="rules", message=f"is missing; mode {mode} needs a policy, such as {_RULES_EXAMPLE}")
        if draft.context_interval is not None:
            message = f"was {draft.context_interval}; a rule policy sees the candles of its schedule: remove it"
            yield Problem(path="context.interval", message=message)


def _symbol_of(draft: Draft, symbol: str) -> Iterator[Problem]:
    allowed, watched = draft.symbols_allowed, draft.symbols_watched
    if allowed is not None and symbol not in allowed:
        yield _not_among(symbol, "risk.allowedSymbols", allowed)
    elif watched is not None and symbol not in watched:
        yield _not_among(symbol, "context.symbols", watched)


def _not_among(symbol: str, where: str, symbols: tuple[str, ...]) -> Problem:
    guess = nearest(symbol, symbols)
    cure = f"did you mean {guess}?" if guess else f"add {symbol} there, or write one of these"
    return Problem(
        path="rules.symbol", message=f"was {shown(symbol)}, which is not in {where} ({', '.join(symbols)}); {cure}"
    )
