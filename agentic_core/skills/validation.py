"""Reading a skill file: every problem at once, each with the value it has and what to write instead."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, TypeVar

from pydantic import TypeAdapter, ValidationError

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Usd
from agentic_core.domain.times import Interval
from agentic_core.errors import SkillInvalid
from agentic_core.skills.chat_options import ChatOptions, ToolNames
from agentic_core.skills.consistency import Draft, inconsistencies
from agentic_core.skills.exact_json import parse_exact
from agentic_core.skills.fields import Dollars, IntervalText, Problem, Symbols, SymbolText, choice
from agentic_core.skills.refusals import problems_of
from agentic_core.skills.schema import THESIS_FIELDS, Skill, derived
from agentic_core.skills.sections import SkillMode

__all__ = ["load_skill", "validate_payload"]

_MODE: TypeAdapter[SkillMode] = TypeAdapter(Annotated[SkillMode, choice(SkillMode)])
_INTERVAL: TypeAdapter[Interval] = TypeAdapter(IntervalText)
_SYMBOL: TypeAdapter[Symbol] = TypeAdapter(SymbolText)
_SYMBOLS: TypeAdapter[tuple[Symbol, ...]] = TypeAdapter(Symbols)
_DOLLARS: TypeAdapter[Usd] = TypeAdapter(Dollars)
_OPTIONS = TypeAdapter(ChatOptions)
_TOOLS: TypeAdapter[tuple[str, ...]] = TypeAdapter(ToolNames)
_LOOKBACK = TypeAdapter(int)
_TEXT = TypeAdapter(str)
_Read = TypeVar("_Read")


def load_skill(text: str, *, source: str) -> Skill:
    """Read a skill from the text of its file; `source` names the file in messages.

    Raises:
        SkillInvalid: the text is not JSON or not a skill; one line per problem, `source: field: was …; what to do`.
    """
    return validate_payload(parse_exact(text, source=source), source=source)


def validate_payload(payload: object, *, source: str) -> Skill:
    """Check an already parsed skill whose numbers are int or Decimal.

    Raises:
        SkillInvalid: it is not a skill; one line per problem.
    """
    try:
        return Skill.model_validate(payload)
    except ValidationError as exc:
        problems = list(_own(problems_of(exc), payload))
        if isinstance(payload, dict) and not any(error["loc"] == () for error in exc.errors()):
            # The check between sections has not run; it runs on those that could be read.
            problems += inconsistencies(_draft(payload, problems))
        raise SkillInvalid("\n".join(_lines(problems, source))) from exc


def _lines(problems: Iterable[Problem], source: str) -> Iterator[str]:
    for problem in problems:
        place = f"{source}: {problem.path}" if problem.path else source
        yield f"{place}: {problem.message}"


def _own(problems: Iterable[Problem], payload: object) -> Iterator[Problem]:
    # What was derived is not held against the person: its cause is a problem of its own, except for a nameless slug.
    if not isinstance(payload, dict):
        yield from problems
        return
    context, name = payload.get("context", {}), payload.get("name")
    symbols_written = not isinstance(context, dict) or "symbols" in context
    slug_written = payload.get("slug") is not None
    for problem in problems:
        if problem.path == "slug" and not slug_written:
            if isinstance(name, str) and name:
                message = (
                    f'cannot be derived from the name "{name}"; write it, in lower-case letters, digits and hyphens'
                )
                yield Problem(path="slug", message=message)
        elif symbols_written or not problem.path.startswith("context.symbols"):
            yield problem


def _draft(payload: Mapping[str, object], problems: Iterable[Problem]) -> Draft:
    wrong = {problem.path for problem in problems}
    filled = derived(payload)

    def leaf(kind: TypeAdapter[_Read], *path: str) -> _Read | None:
        found = filled
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        try:
            return None if ".".join(path) in wrong else kind.validate_python(found)
        except ValidationError:
            return None

    texts = {name: leaf(_TEXT, name) for name in THESIS_FIELDS}
    return Draft(
        written=frozenset(name for name, value in payload.items() if value is not None and value != ""),
        mode=leaf(_MODE, "mode") if "mode" in payload else SkillMode.THESIS,
        chat_model=leaf(_TEXT, "model"),
        texts={name: text for name, text in texts.items() if text is not None},
        symbol=leaf(_SYMBOL, "rules", "symbol"),
        symbols_watched=leaf(_SYMBOLS, "context", "symbols"),
        symbols_allowed=leaf(_SYMBOLS, "risk", "allowedSymbols"),
        context_interval=leaf(_INTERVAL, "context", "interval"),
        lookback=leaf(_LOOKBACK, "context", "lookback"),
        options=leaf(_OPTIONS, "modelOptions"),
        tools=leaf(_TOOLS, "tools"),
        cost_usd_month_max=leaf(_DOLLARS, "risk", "maxMonthlyCostUsd"),
        cost_usd_day_max=leaf(_DOLLARS, "risk", "maxDailyCostUsd"),
    )
