"""What payloads of the venue look like: the keys that have to be there, those that may, and the type of each value.

A shape is the name of a type, a list of one shape, a tuple of shapes for a list of fixed length, or a mapping; a key
that ends in `?` may be missing, a type that ends in `?` may be null.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["Shape", "differences", "shape_of"]

Json = Any
Shape: TypeAlias = Any
"""`dec`, `int`, `text`, `flag`, `any`, or a structure of them."""

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.([0-9]*[1-9]|0)")
"""As the venue writes them: always a point, no further zeros."""
_LOOSE_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def differences(value: Json, shape: Shape, at: str = "") -> list[str]:
    """Say where a value is not of its shape."""
    if isinstance(shape, str):
        return [] if _is(value, shape) else [f"{at}: {value!r} is no {shape}"]
    if isinstance(shape, Mapping):
        return _of_mapping(value, shape, at)
    if not isinstance(value, list):
        return [f"{at}: {value!r} is no list"]
    if isinstance(shape, tuple):
        if len(value) != len(shape):
            return [f"{at}: {len(value)} entries for {len(shape)}"]
        return [found for index, one in enumerate(shape) for found in differences(value[index], one, f"{at}[{index}]")]
    return [found for index, one in enumerate(value) for found in differences(one, shape[0], f"{at}[{index}]")]


def _of_mapping(value: Json, shape: Mapping[str, Shape], at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at}: {value!r} is no object"]
    known = {key.removesuffix("?"): inner for key, inner in shape.items()}
    needed = {key for key in shape if not key.endswith("?")}
    found = [f"{at}.{key} is missing" for key in sorted(needed - set(value))]
    if "*" in shape:
        known, found = dict.fromkeys(value, shape["*"]), []
    found += [f"{at}.{key} is not known" for key in sorted(set(value) - set(known))]
    return found + [one for key in value if key in known for one in differences(value[key], known[key], f"{at}.{key}")]


def _is(value: Json, kind: str) -> bool:
    if value is None:
        return kind.endswith("?")
    match kind.removesuffix("?"):
        case "dec":
            return isinstance(value, str) and _DECIMAL.fullmatch(value) is not None and value != "-0.0"
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "flag":
            return isinstance(value, bool)
        case "text":
            return isinstance(value, str)
        case _:
            return True


def shape_of(recorded: Json, at: str = "") -> dict[str, str]:
    """Return the type of every path in a payload; entries of lists are taken together, and null has no type."""
    match recorded:
        case dict():
            return {
                path: kind for key, value in recorded.items() for path, kind in shape_of(value, f"{at}.{key}").items()
            }
        case list():
            return {path: kind for value in recorded for path, kind in shape_of(value, f"{at}[]").items()}
        case None:
            return {}
        case str() if _LOOSE_DECIMAL.fullmatch(recorded):
            return {at: "dec"}
        case _:
            return {at: type(recorded).__name__}
