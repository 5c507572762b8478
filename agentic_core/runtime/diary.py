"""Log lines of one deployment, into `agent_logs` and to whoever listens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agentic_core.domain.ids import DeploymentId, TickId, TraceId
from agentic_core.domain.records import LogLine
from agentic_core.domain.times import Instant
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.repositories import LogStore

__all__ = ["Diary"]

_Listener = Callable[[LogLine], None]


class Diary:
    """Collects the lines of a turn and writes them together; every line carries a trace id."""

    def __init__(
        self, deployment: DeploymentId, logs: LogStore, *, now: Callable[[], Instant], listener: _Listener | None = None
    ) -> None:
        """Keep the diary of a deployment."""
        self._deployment = deployment
        self._logs = logs
        self._now = now
        self._listener = listener or (lambda _line: None)
        self._waiting: list[LogLine] = []
        self._trace = TickId(deployment=deployment, mark=now(), cause="boot").trace

    @property
    def trace(self) -> TraceId:
        """The trace id lines carry now."""
        return self._trace

    def begin(self, tick: TickId) -> None:
        """Give the following lines the trace id of a turn."""
        self._trace = tick.trace

    @contextmanager
    def during(self, tick: TickId) -> Iterator[None]:
        """Give the lines said meanwhile the trace id of a turn within, or between, the scheduled ones."""
        before, self._trace = self._trace, tick.trace
        try:
            yield
        finally:
            self._trace = before

    def say(self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
        """Add a line."""
        line = LogLine(
            deployment_id=self._deployment,
            ts=self._now(),
            level=level,
            event=event,
            message=message,
            trace_id=self._trace,
            data=facts,
        )
        self._waiting.append(line)
        self._listener(line)

    async def flush(self) -> None:
        """Write the lines collected so far; what could not be written is kept for the next time."""
        lines, self._waiting = self._waiting, []
        if not lines:
            return
        try:
            await self._logs.append(lines)
        except BaseException:
            self._waiting = [*lines, *self._waiting]
            raise
