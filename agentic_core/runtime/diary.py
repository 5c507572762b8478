"""Log lines of one deployment, into `agent_logs` and to whoever listens."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Final, NoReturn

import anyio

from agentic_core.domain.ids import DeploymentId, TickId, TraceId, derived_uuid
from agentic_core.domain.records import LogLine
from agentic_core.domain.times import Instant
from agentic_core.errors import StoreError
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.clock import Clock
from agentic_core.ports.messages import LogStore
from agentic_core.runtime.together import first_of

__all__ = ["LINES_MAX", "Diary"]

LINES_MAX: Final = 10_000
"""How many lines wait for a database that is away; the oldest make room for the newest."""

_MANY: Final = 500
"""So many lines are written at once, and as soon as they are there."""

_EVERY_S: Final = 1.0

_Listener = Callable[[LogLine], None]

_TRACE: ContextVar[tuple["Diary", TraceId] | None] = ContextVar("trace", default=None)
"""Of the turn or command that this task works for: what others say meanwhile is not part of it."""


class Diary:
    """Collects lines and writes them in their order; every line carries a trace id."""

    def __init__(
        self,
        deployment: DeploymentId,
        logs: LogStore,
        *,
        now: Callable[[], Instant],
        listener: _Listener | None = None,
        process: str = "",
    ) -> None:
        """Keep the diary of a deployment; `process` is what no other process that does says of itself."""
        self._deployment = deployment
        self._logs = logs
        self._now = now
        self._listener = listener or (lambda _line: None)
        self._keys = (f"{process}:{number}" for number in count())
        self._waiting: deque[LogLine] = deque()
        self._dropped = 0
        self._many = anyio.Event()
        self._writing = anyio.Lock()
        self._boot = TickId(deployment=deployment, mark=now(), cause="boot").trace

    @property
    def trace(self) -> TraceId:
        """The trace id lines of this task carry now."""
        owned = _TRACE.get()
        return owned[1] if owned is not None and owned[0] is self else self._boot

    def begin(self, tick: TickId) -> None:
        """Give the following lines of this task the trace id of a turn."""
        _TRACE.set((self, tick.trace))

    @contextmanager
    def during(self, tick: TickId) -> Iterator[None]:
        """Give the lines this task says meanwhile the trace id of a turn."""
        before = _TRACE.get()
        _TRACE.set((self, tick.trace))
        try:
            yield
        finally:
            _TRACE.set(before)

    def say(self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
        """Add a line; where too many wait already, the oldest one is dropped, and how many were is said later."""
        line = self._line(event, message, level, facts)
        self._waiting.append(line)
        if len(self._waiting) > LINES_MAX:
            self._waiting.popleft()
            self._dropped += 1
        if len(self._waiting) >= _MANY:
            self._many.set()
        self._listener(line)

    async def keep(self, clock: Clock) -> NoReturn:
        """Write lines every second and where many wait, until cancelled; while the database is away they wait."""
        while True:
            await first_of(lambda: clock.sleep(_EVERY_S), self._many.wait)
            try:
                await self.flush()
            except StoreError:
                await clock.sleep(_EVERY_S)

    async def flush(self) -> None:
        """Write the lines collected so far; what could not be written is kept for the next time.

        Raises:
            StoreError: the database did not take them.
        """
        async with self._writing:
            self._many = anyio.Event()
            if self._dropped and self._waiting:
                self._tell_dropped()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(_MANY, len(self._waiting)))]
                try:
                    await self._logs.append(batch)
                except BaseException:
                    self._waiting.extendleft(reversed(batch))
                    raise

    def _tell_dropped(self) -> None:
        # In the place where they are missing.
        message = f"{self._dropped} older line(s) were dropped while the database was away"
        line = self._line(LogEvent.LINES_DROPPED, message, LogLevel.WARN, {"dropped": self._dropped})
        self._waiting.appendleft(line)
        self._dropped = 0

    def _line(self, event: LogEvent, message: str, level: LogLevel, facts: dict[str, str | int | None]) -> LogLine:
        return LogLine(
            deployment_id=self._deployment,
            ts=self._now(),
            level=level,
            event=event,
            message=message,
            trace_id=self.trace,
            data=facts,
            line_key=derived_uuid("line", self._deployment, next(self._keys)),
        )
