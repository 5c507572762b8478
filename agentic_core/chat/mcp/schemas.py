"""What remains of a stranger's JSON schema: its structure, and none of its prose.

Titles, descriptions, examples and defaults of a schema are read by a chat model like everything else it is shown, so
they are a door for instructions. Names of fields and words of an enumeration stay where they are single short words,
and not too many: a schema that needs more cannot be offered.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

__all__ = ["BYTES_MAX", "plain_schema"]

BYTES_MAX: Final = 8_000
"""Of a schema that is offered."""

_DEPTH_MAX: Final = 8
_WORDS_MAX: Final = 48
"""Names of fields and words of enumerations in one schema."""
_FIELD: Final = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_WORD: Final = re.compile(r"[A-Za-z0-9_.:/-]{0,32}")
_REFERENCE: Final = re.compile(r"#/\$defs/[A-Za-z0-9_]{1,32}")
_TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_BOUNDS: Final = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
)
_MANY: Final = ("properties", "$defs")
_ONE: Final = ("items", "additionalProperties")
_SOME: Final = ("anyOf", "oneOf", "allOf")
_QUOTED: Final = re.compile(rb'"([^"]*)"')
_OURS: Final = {
    word.encode() for word in (*_MANY, *_ONE, *_SOME, *_BOUNDS, *_TYPES, "type", "required", "enum", "const", "$ref")
}


def plain_schema(schema: Mapping[str, object]) -> bytes | None:
    """Return the structure of a schema; None where it cannot be told without a stranger's words, or is too large."""
    try:
        plain = msgspec.json.encode(_plain(schema, 0))
    except _TooOdd:
        return None
    words = {*_QUOTED.findall(plain)} - _OURS
    is_small = len(plain) <= BYTES_MAX and len(words) <= _WORDS_MAX
    return plain if schema.get("type") == "object" and is_small else None


class _TooOdd(Exception):
    pass


def _plain(schema: object, depth: int) -> object:
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict) or depth > _DEPTH_MAX:
        raise _TooOdd
    kept: dict[str, object] = {}
    for name, value in schema.items():
        if name in _MANY:
            kept[name] = _named(value, depth)
        elif name in _ONE:
            kept[name] = _plain(value, depth + 1)
        elif name in _SOME:
            kept[name] = [_plain(one, depth + 1) for one in _list(value)]
        elif _is_told(name, value):
            kept[name] = value
    return kept


def _named(value: object, depth: int) -> dict[str, object]:
    if not isinstance(value, dict) or not all(_FIELD.fullmatch(str(name)) for name in value):
        raise _TooOdd
    return {str(name): _plain(one, depth + 1) for name, one in value.items()}


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise _TooOdd
    return value


def _is_told(name: str, value: object) -> bool:
    # What makes a schema narrower may not get lost unseen: a word that is not plain makes the schema unusable.
    match name:
        case "type":
            return _need(all(one in _TYPES for one in (value if isinstance(value, list) else [value])))
        case "required":
            return _need(all(isinstance(one, str) and _FIELD.fullmatch(one) for one in _list(value)))
        case "enum":
            return _need(all(_is_plain(one) for one in _list(value)))
        case "const":
            return _need(_is_plain(value))
        case "$ref":
            return _need(isinstance(value, str) and _REFERENCE.fullmatch(value) is not None)
        case _:
            return name in _BOUNDS and _need(isinstance(value, int | float))


def _need(condition: bool) -> bool:  # noqa: FBT001 - what is checked is its only argument
    if not condition:
        raise _TooOdd
    return True


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return _WORD.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int | float)
