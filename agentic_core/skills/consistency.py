"""What has to hold between the sections of a skill.

Every check works with the sections that are known, so that one wrong number in `risk` does not hide that the rules
name a symbol which is not allowed.
"""

from collections.abc import Iterator

import msgspec

from agentic_core.skills.fields import Problem, nearest, shown
from agentic_core.skills.policies import OpeningRules
from agentic_core.skills.sections import Context, Risk, SkillMode

__all__ = ["Draft", "inconsistencies"]

_NO_CHAT_MODEL = "a rules skill asks no chat model; remove it, or set mode to hybrid"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a skill as far as they could be read; None is absent or unreadable."""

    mode: SkillMode | None
    chat_model: str | None
    texts: dict[str, str]
    """The thesis fields by their names in the file."""
    context: Context | None
    rules: OpeningRules | None
    risk: Risk | None
    unreadable: frozenset[str] = frozenset()
    """Fields that are there, with a problem of their own."""


def inconsistencies(draft: Draft) -> Iterator[Problem]:
    """List what does not fit together."""
    if draft.mode is not None:
        yield from _fields_of_the_mode(draft, draft.mode)
    if draft.rules is not None:
        yield from _symbols_of_the_rules(draft, draft.rules)


def _fields_of_the_mode(draft: Draft, mode: SkillMode) -> Iterator[Problem]:
    if mode is SkillMode.RULES:
        yield from _without_chat_model(draft)
    else:
        yield from _with_chat_model(draft, mode)
    if mode is SkillMode.THESIS:
        if draft.rules is not None or "rules" in draft.unreadable:
            yield Problem(
                path="rules", message="a thesis skill has no rules; remove them, or set mode to rules or hybrid"
            )
    elif draft.rules is None and "rules" not in draft.unreadable:
        example = '{"policy": "sma-cross", "symbol": "BTC", "fast": 10, "slow": 30, "sizePct": 10}'
        yield Problem(path="rules", message=f"is missing; mode {mode} needs a policy, such as {example}")


def _without_chat_model(draft: Draft) -> Iterator[Problem]:
    if draft.chat_model is not None:
        yield Problem(path="model", message=f"was {shown(draft.chat_model)}; {_NO_CHAT_MODEL}")
    for name, text in draft.texts.items():
        if text:
            yield Problem(path=name, message=f"was {shown(text)}; {_NO_CHAT_MODEL}")


def _with_chat_model(draft: Draft, mode: SkillMode) -> Iterator[Problem]:
    if draft.chat_model is None and "model" not in draft.unreadable:
        cure = 'write a chat model\'s id, such as "vendor/name", or set mode to rules'
        yield Problem(path="model", message=f"is missing; mode {mode} asks a chat model: {cure}")
    if not draft.texts.get("thesis", "").strip() and "thesis" not in draft.unreadable:
        yield Problem(
            path="thesis", message=f"is missing; mode {mode} needs what the chat model should follow, in words"
        )
    if draft.risk is not None and draft.risk.max_monthly_cost_usd == 0:
        message = "was 0; a chat model that may cost nothing is never asked: raise it, or set mode to rules"
        yield Problem(path="risk.maxMonthlyCostUsd", message=message)


def _symbols_of_the_rules(draft: Draft, rules: OpeningRules) -> Iterator[Problem]:
    symbol, context, risk = rules.symbol, draft.context, draft.risk
    if risk is not None and symbol not in risk.allowed_symbols:
        yield _not_among(symbol, "risk.allowedSymbols", risk.allowed_symbols)
    elif context is not None and symbol not in context.symbols:
        yield _not_among(symbol, "context.symbols", context.symbols)
    if context is not None and context.interval is not None:
        message = f"was {context.interval}; a rule policy sees the candles of its schedule: remove it"
        yield Problem(path="context.interval", message=message)


def _not_among(symbol: str, where: str, symbols: tuple[str, ...]) -> Problem:
    guess = nearest(symbol, symbols)
    cure = f"did you mean {guess}?" if guess else f"add {symbol} there, or write one of these"
    return Problem(
        path="rules.symbol", message=f"was {shown(symbol)}, which is not in {where} ({', '.join(symbols)}); {cure}"
    )
