"""Units of work in memory: a copy is written to, and what changed in it is carried over at the end, all or nothing.

Tables are dicts, lists and sets of values that never change, or of such tables; only they and the objects of this
package are copied, so that a unit costs a look at every table and none at the values in it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import partial
from types import MethodType
from typing import NoReturn, TypeVar, cast

from msgspec import Struct

from agentic_core.errors import StoreUnavailable

__all__ = ["carry_over", "copied"]

_Root = TypeVar("_Root")

_ABSENT = object()


def copied(root: _Root) -> _Root:
    """Copy an object of this package with all its tables; what is one thing in the original is one in the copy."""
    return cast("_Root", _Copy().of(root))


def carry_over(live: object, before: object, after: object) -> None:
    """Make in one object the changes that lie between two copies of it.

    Raises:
        StoreUnavailable: somebody else changed the same since the first copy was made; nothing was carried over.
    """
    difference = _Difference()
    difference.find(live, before, after)
    for change in difference.changes:
        change()


class _Copy:
    def __init__(self) -> None:
        self._made: dict[int, object] = {}

    def of(self, value: object) -> object:
        if id(value) in self._made:
            return self._made[id(value)]
        match value:
            case dict():
                copy: object = self._table(value)
            case list():
                copy = [self.of(each) for each in value] if value and _has_parts(value[0]) else value.copy()
            case set():
                copy = value.copy()
            case MethodType() if _is_ours(value.__self__):
                copy = MethodType(value.__func__, self.of(value.__self__))
            case _ if _is_ours(value):
                return self._object(value)
            case _:
                return value
        self._made[id(value)] = copy
        return copy

    def _table(self, table: dict[object, object]) -> dict[object, object]:
        # All values of a table are of one kind.
        if table and _has_parts(next(iter(table.values()))):
            content = {key: self.of(value) for key, value in table.items()}
        else:
            content = dict(table)
        return defaultdict(table.default_factory, content) if isinstance(table, defaultdict) else content

    def _object(self, value: object) -> object:
        copy = self._made[id(value)] = object.__new__(type(value))
        for name, part in _parts(value):
            setattr(copy, name, self.of(part))
        return copy


class _Difference:
    def __init__(self) -> None:
        self.changes: list[Callable[[], object]] = []
        self._seen: set[int] = set()

    def find(self, live: object, before: object, after: object) -> None:
        if id(live) in self._seen:
            return
        self._seen.add(id(live))
        match live, before, after:
            case dict(), dict(), dict():
                self._in_table(live, before, after)
            case list(), list(), list():
                self._in_list(live, before, after)
            case set(), set(), set():
                self.changes += [partial(live.update, after - before), partial(live.difference_update, before - after)]
            case MethodType(), MethodType(), MethodType():
                self.find(live.__self__, before.__self__, after.__self__)
            case _ if _is_ours(live):
                self._in_object(live, dict(_parts(before)), dict(_parts(after)))
            case _:
                pass

    def _in_table(
        self, live: dict[object, object], before: Mapping[object, object], after: Mapping[object, object]
    ) -> None:
        if before == after:
            return
        for key, value in after.items():
            old, here = before.get(key, _ABSENT), live.get(key, _ABSENT)
            if old is value or (here is _ABSENT and old == value):
                continue
            if _has_parts(value) and here is not _ABSENT:
                self.find(here, _empty(here) if old is _ABSENT else old, value)
            elif here is old:
                self.changes.append(partial(live.__setitem__, key, value))
            else:
                _refuse(key)
        for key in before.keys() - after.keys():
            if not _has_parts(before[key]) and live.get(key, _ABSENT) is not before[key]:
                _refuse(key)
            self.changes.append(partial(live.pop, key, None))

    def _in_list(self, live: list[object], before: list[object], after: list[object]) -> None:
        if before == after:
            return
        if live != before:
            _refuse(type((after or before)[-1]).__name__)
        self.changes.append(partial(live.__setitem__, slice(None), after))

    def _in_object(self, live: object, before: Mapping[str, object], after: Mapping[str, object]) -> None:
        for name, value in after.items():
            here, old = getattr(live, name, _ABSENT), before.get(name, _ABSENT)
            if _has_parts(value) and here is not _ABSENT:
                self.find(here, old, value)
            elif value is not old and value != old:
                if here is not old:
                    _refuse(name)
                self.changes.append(partial(setattr, live, name, value))


def _parts(value: object) -> Iterator[tuple[str, object]]:
    names = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    names += getattr(value, "__dict__", ())
    return ((name, getattr(value, name)) for name in names if hasattr(value, name))


def _has_parts(value: object) -> bool:
    return isinstance(value, dict | list | set | MethodType) or _is_ours(value)


def _empty(table: object) -> object:
    # A row of two halves that both made at the same moment is nobody's to put together.
    return type(table)() if isinstance(table, dict | list | set) else _refuse(table)


def _is_ours(value: object) -> bool:
    return type(value).__module__.startswith(f"{__package__}.") and not isinstance(value, Struct | Enum)


def _refuse(what: object) -> NoReturn:
    message = (
        f"another task changed {what!r} while this unit of work was open; nothing of it was stored, so say it again"
    )
    raise StoreUnavailable(message)
