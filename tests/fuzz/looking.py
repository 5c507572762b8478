"""A look at everything a read value holds and tells, for floats and for errors nobody announced."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any

import msgspec

from agentic_hl.wire.units import WireError

__all__ = ["FloatFound", "look"]


class FloatFound(AssertionError):
    """A float came out of a parser."""


_PLAIN = frozenset({str, int, bool, NoneType, Decimal, msgspec.Raw})
_KNOWN: dict[type, tuple[str, ...] | None] = {}
"""By type the attributes to visit; None for what holds nothing."""


def look(value: object) -> None:
    """Visit every field and every property of a value.

    A property may refuse a text with `WireError`, because it reads the text only then.

    Raises:
        FloatFound: there is one.
    """
    waiting: list[Any] = [value]
    while waiting:
        found = waiting.pop()
        kind = type(found)
        names = _KNOWN[kind] if kind in _KNOWN else _KNOWN.setdefault(kind, _names(kind))
        if names is None:
            continue
        if kind is float:
            raise FloatFound(repr(found))
        if isinstance(found, tuple | list | frozenset):
            waiting.extend(found)
        elif isinstance(found, Mapping):
            waiting.extend(found)
            waiting.extend(found.values())
        waiting.extend(held for name in names if type(held := _told(found, name)) not in _PLAIN)


def _told(found: object, name: str) -> object:
    try:
        return getattr(found, name)
    except WireError:
        return None


def _names(kind: type) -> tuple[str, ...] | None:
    if issubclass(kind, str | bytes | bool | int | NoneType | Decimal | Enum | msgspec.Raw):
        return None
    if issubclass(kind, msgspec.Struct):
        told = [name for base in kind.__mro__ for name, held in vars(base).items() if isinstance(held, property)]
        return (*kind.__struct_fields__, *(name for name in told if not name.startswith("_")))
    assert issubclass(kind, float | tuple | list | frozenset | Mapping), f"a parser returned a {kind}"
    return ()
