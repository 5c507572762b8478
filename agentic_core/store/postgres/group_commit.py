"""Statements asked for at the same moment share one commit: waiting for the disk is most of what one costs.

There is no task in the background: whoever comes while nobody is at it leads, takes along all that gathered until a
connection was there, and hands on to the next in line. Nothing is answered before its commit, and a lone statement is
sent as it always was.
"""

from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from itertools import zip_longest
from typing import TypeVar

import anyio
import msgspec
from psycopg.rows import DictRow

from agentic_core.errors import AgenticError, StoreUnavailable
from agentic_core.store.postgres.codec import encode
from agentic_core.store.postgres.connection import Session, Step, Values
from agentic_core.store.postgres.pool import PooledDatabase

__all__ = ["GROUPED", "GroupedDatabase", "Merged"]

_Row = TypeVar("_Row")

_TAKEN_ALONG_MAX = 128
"""So that what the first of them has locked is soon free again."""

_CALLED_OFF = "the task that sent this together with its own was called off; it may be stored or not, so read it first"


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """The statement that does at once what another does one by one: its parameter `rows` is a list of their values."""

    name: str
    json: frozenset[str]
    """Values that are JSON already."""

    def step(self, values: Sequence[Values]) -> Step:
        """Return it for these values; it answers with a row for each, in their order."""
        return self.name, {"rows": encode([self._row(each) for each in values])}

    def _row(self, values: Values) -> Mapping[str, object]:
        return {
            name: msgspec.Raw(value.encode()) if name in self.json and isinstance(value, str) else value
            for name, value in values.items()
        }


GROUPED: Mapping[str, Merged | None] = {
    "record_decision": Merged(
        name="record_decisions", json=frozenset({"action", "verdict", "result", "marks", "steps"})
    ),
    "append_logs": None,
}
"""What shares commits, with what does many of it in one statement."""


class _Turn(Enum):
    WAITS = "waits"
    LEADS = "leads"
    STORED = "stored"
    ALONE = "alone"
    """One of those it was sent with failed, and all were undone: each is sent by itself."""
    LOST = "lost"


class _Asked:
    __slots__ = ("called", "error", "name", "row", "turn", "values")

    def __init__(self, name: str, values: Values) -> None:
        self.name = name
        self.values = values
        self.turn = _Turn.WAITS
        self.called = anyio.Event()
        self.row: DictRow | None = None
        self.error: StoreUnavailable | None = None

    def call(self, turn: _Turn) -> None:
        self.turn = turn
        self.called.set()

    def lose(self, error: AgenticError) -> None:
        # One of its own for each, because many are told of the same loss.
        is_open = isinstance(error, StoreUnavailable) and error.commit_unknown
        self.error = StoreUnavailable(str(error), commit_unknown=is_open)
        self.call(_Turn.LOST)


class _Batch:
    """Those who are sent together."""

    def __init__(self, line: deque[_Asked], grouped: Mapping[str, Merged | None]) -> None:
        self._line = line
        self._grouped = grouped
        self._answered: list[list[_Asked]] = []
        self.taken: list[_Asked] = []

    def take(self) -> list[Step]:
        self.taken = [self._line.popleft() for _ in range(min(len(self._line), _TAKEN_ALONG_MAX))]
        named: defaultdict[str, list[_Asked]] = defaultdict(list)
        for asked in self.taken:
            named[asked.name].append(asked)
        steps: list[Step] = []
        for name, many in named.items():
            merged = self._grouped[name]
            if merged is not None and len(many) > 1:
                try:
                    steps.append(merged.step([asked.values for asked in many]))
                except (TypeError, ValueError):
                    # A value that cannot be written down is its sender's trouble, and nothing was sent yet.
                    for asked in many:
                        asked.call(_Turn.ALONE)
                else:
                    self._answered.append(many)
            else:
                steps += [(name, asked.values) for asked in many]
                self._answered += [[asked] for asked in many]
        return steps

    def tell(self, answers: Sequence[Sequence[DictRow]]) -> None:
        for many, rows in zip(self._answered, answers, strict=True):
            for asked, row in zip_longest(many, rows):
                asked.row = row
                asked.call(_Turn.STORED)

    def fail(self, error: AgenticError) -> None:
        for asked in self.taken:
            if asked.turn in {_Turn.STORED, _Turn.ALONE}:
                continue
            if isinstance(error, StoreUnavailable) and error.commit_unknown:
                asked.lose(error)
            else:
                asked.call(_Turn.ALONE)


class GroupedDatabase:
    """A pool of connections, on which some statements share their commits with others of their kind."""

    def __init__(self, database: PooledDatabase, grouped: Mapping[str, Merged | None] = GROUPED) -> None:
        """Take the pool and the statements; each of these writes, and answers with one row or with none."""
        self._database = database
        self._grouped = grouped
        self._line: deque[_Asked] = deque()
        self._is_led = False

    async def rows(self, name: str, row: type[_Row], values: Values) -> tuple[_Row, ...]:
        """Run one statement as a transaction of its own and return its rows as values."""
        return await self._database.rows(name, row, values)

    async def row(self, name: str, row: type[_Row], values: Values) -> _Row | None:
        """Run one statement, all or nothing, and return its row, or None when there was none."""
        if name in self._grouped:
            asked = await self._sent(name, values)
            if asked.turn is _Turn.STORED:
                return None if asked.row is None else msgspec.convert(asked.row, row)
        return await self._database.row(name, row, values)

    async def run(self, name: str, values: Values) -> None:
        """Run one statement, all or nothing."""
        if name not in self._grouped or (await self._sent(name, values)).turn is _Turn.ALONE:
            await self._database.run(name, values)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Session]:
        """Hold a connection in one transaction; nothing but SQL may happen inside."""
        async with self._database.transaction() as session:
            yield session

    async def _sent(self, name: str, values: Values) -> _Asked:
        asked = _Asked(name, values)
        self._line.append(asked)
        if self._is_led:
            await self._wait(asked)
        else:
            self._is_led, asked.turn = True, _Turn.LEADS
        if asked.turn is _Turn.LEADS:
            await self._lead(asked)
        if asked.error is not None:
            raise asked.error
        return asked

    async def _wait(self, asked: _Asked) -> None:
        try:
            await asked.called.wait()
        except BaseException:
            if asked in self._line:
                self._line.remove(asked)
            if asked.turn is _Turn.LEADS:
                self._hand_on()
            raise

    async def _lead(self, leader: _Asked) -> None:
        batch = _Batch(self._line, self._grouped)
        try:
            await self._database.together(batch.take, batch.tell)
        except AgenticError as error:
            if batch.taken == [leader]:
                raise
            if batch.taken:
                batch.fail(error)
            else:
                self._give_up(error)
        except BaseException:
            if leader in self._line:
                self._line.remove(leader)
            batch.fail(StoreUnavailable(_CALLED_OFF, commit_unknown=True))
            raise
        finally:
            self._hand_on()

    def _give_up(self, error: AgenticError) -> None:
        # There was no connection to be had, and the others waited for one as long as their leader.
        for asked in self._line:
            asked.lose(error)
        self._line.clear()

    def _hand_on(self) -> None:
        if self._line:
            self._line[0].call(_Turn.LEADS)
        else:
            self._is_led = False
