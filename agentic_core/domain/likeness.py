"""How alike two requests are, and where they differ: so that a miss on a tape can name what changed."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TypeVar

import msgspec

__all__ = ["differences", "likeness", "most_alike"]

_Entry = TypeVar("_Entry")
_SHOWN = 48
_ABSENT = object()


def likeness(one: bytes, other: bytes) -> int:
    """Return how many bytes of lines and JSON members two requests share.

    >>> likeness(b'{"a":"x","b":"y"}', b'{"a":"x","b":"z"}') > likeness(b'{"a":"x","b":"y"}', b'{"c":"y"}')
    True
    """
    return sum(map(len, _pieces(one) & _pieces(other)))


def most_alike(request: bytes, entries: Iterable[tuple[bytes, _Entry]]) -> _Entry | None:
    """Return the entry whose request is most like a given one, the last one of several; None without entries."""
    wanted = _pieces(request)
    best: _Entry | None = None
    most = -1
    for body, entry in entries:
        shared = sum(map(len, wanted & _pieces(body)))
        if shared >= most:
            best, most = entry, shared
    return best


def differences(before: bytes, after: bytes, *, most: int = 4) -> tuple[str, ...]:
    """Name the first places in which two JSON requests differ, each as `path: before → after`.

    Of a text the lines are shown that only one of the two has, shortened, with what steers a terminal replaced.

    >>> differences(b'{"seed":1,"model":"m"}', b'{"seed":2,"model":"m"}')
    ('seed: 1 → 2',)
    """
    try:
        old, new = msgspec.json.decode(before), msgspec.json.decode(after)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return () if before == after else ("the bytes of the request",)
    return tuple(line for line, _ in zip(_walk("", old, new), range(most), strict=False))


def _pieces(request: bytes) -> set[bytes]:
    return set(request.replace(b"\\n", b"\n").replace(b',"', b'\n"').split(b"\n"))


def _walk(path: str, old: object, new: object) -> Iterator[str]:
    if old == new:
        return
    match old, new:
        case dict(), dict():
            for name in dict.fromkeys((*old, *new)):
                yield from _walk(
                    f"{path}.{name}" if path else str(name), old.get(name, _ABSENT), new.get(name, _ABSENT)
                )
        case list(), list():
            for index, (left, right) in enumerate(zip_longest(old, new, fillvalue=_ABSENT)):
                yield from _walk(f"{path}[{index}]", left, right)
        case str(), str():
            yield from _lines_of(path, old, new)
        case _:
            yield f"{path or 'the request'}: {_shown(old)} → {_shown(new)}"


def _lines_of(path: str, old: str, new: str) -> Iterator[str]:
    left, right = old.split("\n"), new.split("\n")
    if len(left) == len(right) == 1:
        yield f"{path}: {_both(old, new)}"
        return
    kept = set(left) & set(right)
    gone = ((number, line) for number, line in enumerate(left, 1) if line not in kept)
    come = ((number, line) for number, line in enumerate(right, 1) if line not in kept)
    pairs = list(zip_longest(gone, come, fillvalue=(0, _ABSENT)))
    if not pairs:
        yield f"{path}: the same lines in another order"
    for (before, one), (after, other) in pairs:
        yield f"{path} line {after or before}: {_both(one, other)}"


def _both(one: object, other: object) -> str:
    left, right = _from_the_difference(one, other)
    return f"{_shown(left)} → {_shown(right)}"


def _from_the_difference(left: object, right: object) -> tuple[object, object]:
    # Of two long lines that begin alike, what stands behind the common beginning.
    if not isinstance(left, str) or not isinstance(right, str):
        return left, right
    same = next((at for at, (one, other) in enumerate(zip(left, right, strict=False)) if one != other), None)
    start = max(0, (min(len(left), len(right)) if same is None else same) - _SHOWN // 3)
    return left[start:], right[start:]


def _shown(value: object) -> str:
    if value is _ABSENT:
        return "nothing"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    text = "".join(character if character.isprintable() else "�" for character in text)
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f'"{text}"' if isinstance(value, str) else text
