"""The recorded signing vectors, read without the library."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

__all__ = ["VECTORS_FILE", "alterations", "as_file", "vectors_of"]

VECTORS_FILE = Path(__file__).parents[1] / "vectors" / "hyperliquid_signing.json"

_WORDS_ONLY = ("name", "origin", "note")
"""What a vector says about itself."""


def vectors_of(*kinds: str) -> list[dict[str, Any]]:
    """Return the vectors of some kinds; of every kind, where none is named."""
    vectors: list[dict[str, Any]] = json.loads(VECTORS_FILE.read_bytes())["vectors"]
    return [vector for vector in vectors if vector["kind"] in kinds or not kinds]


def as_file(*vectors: dict[str, Any]) -> bytes:
    """Return what stands in a file of these vectors."""
    return json.dumps({"vectors": vectors}).encode()


def alterations(vector: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the vector with one value altered, and where, for every value in it."""
    for path, value in _leaves(vector, ()):
        if path[0] not in _WORDS_ONLY:
            altered = deepcopy(vector)
            inside: Any = altered
            for step in path[:-1]:
                inside = inside[step]
            inside[path[-1]] = _another(value)
            yield "/".join(map(str, path)), altered


def _leaves(inside: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:  # noqa: ANN401 - JSON
    if isinstance(inside, dict | list):
        for step, value in inside.items() if isinstance(inside, dict) else enumerate(inside):
            yield from _leaves(value, (*path, step))
    else:
        yield path, inside


def _another(value: Any) -> object:  # noqa: ANN401 - JSON
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if value is None:
        return 1_234_567_890_123
    if value.startswith("0x") and len(value) > 4:
        return value[:-1] + ("1" if value.endswith("0") else "0")
    return f"{value}1"
