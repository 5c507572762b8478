"""Turns pydantic's errors into sentences a person can act on."""

from collections.abc import Callable, Iterator
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from agentic_core.skills.chat_options import ChatOptions, Providers
from agentic_core.skills.fields import INCONSISTENT, Problem, nearest, shown
from agentic_core.skills.policies import Rules
from agentic_core.skills.schema import Skill
from agentic_core.skills.sections import Context, Review, Risk, Schedule

__all__ = ["POLICY_NAMES", "problems_of"]

_POLICIES: dict[str, type[BaseModel]] = {
    get_args(rules.model_fields["policy"].annotation)[0]: rules for rules in get_args(get_args(Rules)[0])
}
POLICY_NAMES = tuple(sorted(_POLICIES))
"""What `rules.policy` may name."""

_SECTIONS: dict[str, type[BaseModel]] = {
    "schedule": Schedule,
    "context": Context,
    "modelOptions": ChatOptions,
    "modelOptions.providers": Providers,
    "risk": Risk,
    "review": Review,
}
_HOMES: dict[str, list[type[BaseModel]]] = {
    "the top level": [Skill],
    "rules": [*_POLICIES.values()],
    **{name: [schema] for name, schema in _SECTIONS.items()},
}


def problems_of(exc: ValidationError) -> Iterator[Problem]:
    """List the problems in a validation error, with the paths and names of the file."""
    for error in exc.errors(include_url=False):
        path = ".".join(str(part) for part in error["loc"] if part not in _POLICIES)
        if error["type"].startswith("union_tag"):
            yield Problem(path=f"{path}.policy", message=_no_policy(error))
        elif error["type"] == INCONSISTENT:
            yield from (problem.under(path) for problem in error["ctx"]["problems"])
        else:
            yield Problem(path=path, message=_SENTENCES.get(error["type"], _other)(error))


def _written(error: ErrorDetails) -> str:
    return str(error["ctx"]["error"])


def _missing(error: ErrorDetails) -> str:
    name = str(error["loc"][-1])
    field = next((field for field in _schema(error).model_fields.values() if field.alias == name), None)
    field = field or _schema(error).model_fields.get(name)
    examples = field.examples if field is not None else None
    return f'is missing; add it, such as "{name}": {examples[0]}' if examples else "is missing; add it"


def _unknown(error: ErrorDetails) -> str:
    name, schema = str(error["loc"][-1]), _schema(error)
    guess = nearest(name, _names(schema))
    if guess is not None:
        return f"there is no such field; did you mean {guess}?"
    for place, schemas in _HOMES.items():
        if schema not in schemas and any(name in _names(other) for other in schemas):
            return f"there is no such field here; move it to {place}"
    return f"there is no such field; remove it, or write one of {', '.join(_names(schema))}"


def _no_object(error: ErrorDetails) -> str:
    return f"was {shown(error['input'])}; write an object in braces"


def _no_policy(error: ErrorDetails) -> str:
    raw = error["input"]
    policy = raw.get("policy") if isinstance(raw, dict) else None
    known = f"write one of {', '.join(POLICY_NAMES)}"
    if policy is None:
        return f"is missing; {known}"
    guess = nearest(policy, POLICY_NAMES) if isinstance(policy, str) else None
    hint = f" (did you mean {guess}?)" if guess else ""
    return f"was {shown(policy)}; {known}{hint}"


def _other(error: ErrorDetails) -> str:
    return f"was {shown(error['input'])}; {error['msg'][0].lower()}{error['msg'][1:]}"


def _schema(error: ErrorDetails) -> type[BaseModel]:
    # The section that holds, or should hold, the field the error is about.
    parents = [str(part) for part in error["loc"][:-1]]
    if not parents:
        return Skill
    return _POLICIES[parents[1]] if parents[0] == "rules" else _SECTIONS[".".join(parents)]


def _names(schema: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in schema.model_fields.items()]


_SENTENCES: dict[str, Callable[[ErrorDetails], str]] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "model_attributes_type": _no_object,
    "model_type": _no_object,
    "value_error": _written,
}
