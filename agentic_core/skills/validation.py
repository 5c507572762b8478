"""Reading a skill file: every problem at once, each with the value it has and what to write instead."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from agentic_core.errors import SkillInvalid
from agentic_core.skills.consistency import Draft, inconsistencies
from agentic_core.skills.exact_json import parse_exact
from agentic_core.skills.fields import Problem
from agentic_core.skills.policies import OpeningRules, Rules
from agentic_core.skills.refusals import problems_of
from agentic_core.skills.schema import THESIS_FIELDS, Skill, derived
from agentic_core.skills.sections import Context, Risk, SkillMode

__all__ = ["load_skill", "validate_payload"]

_RULES: TypeAdapter[OpeningRules] = TypeAdapter(Rules)
_CONTEXT, _RISK, _MODE = TypeAdapter(Context), TypeAdapter(Risk), TypeAdapter(SkillMode)
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
    filled = derived(payload)
    assert isinstance(filled, dict), "a mapping stays one"
    chat_model = payload.get("model")
    texts = {name: payload.get(name) for name in THESIS_FIELDS}
    wrong = {problem.path.split(".")[0] for problem in problems}
    return Draft(
        mode=_read(_MODE, payload.get("mode", SkillMode.THESIS.value), strict=False),
        chat_model=chat_model if isinstance(chat_model, str) else None,
        texts={name: text for name, text in texts.items() if isinstance(text, str)},
        context=_read(_CONTEXT, filled.get("context")),
        rules=_read(_RULES, filled.get("rules")),
        risk=_read(_RISK, filled.get("risk")),
        unreadable=frozenset(name for name in wrong if payload.get(name) is not None),
    )


def _read(section: TypeAdapter[_Read], raw: object, *, strict: bool | None = None) -> _Read | None:
    try:
        return section.validate_python(raw, strict=strict)
    except ValidationError:
        return None
