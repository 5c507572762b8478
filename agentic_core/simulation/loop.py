"""An event loop on virtual time: hours pass in milliseconds, and nothing real can be reached from inside.

It is asyncio's own loop with three parts replaced: the clock, which only jumps to the next timer when nothing is ready;
the selector, which never blocks; and the queue of what is ready, which may be drawn from at random. There is no socket
in it, not even the pair that wakes a real loop up. This is the one module outside `system` that touches asyncio.
"""

import asyncio
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from contextvars import Context
from functools import partial
from itertools import count
from typing import Any, ClassVar, NoReturn, TypeVar, TypeVarTuple, Unpack, cast

import anyio

from agentic_core.errors import UsageError
from agentic_core.simulation.chance import Chance

__all__ = ["Deadlock", "Timeline", "VirtualLoop", "after", "run", "wait"]

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")

_RESOLUTION_S = 1e-7
"""Below a millisecond by far, and above what a double can still tell apart after ten years."""

_MS_PER_S = 1_000
_MS_TOLERANCE = 1e-3
"""A timer set for a whole millisecond must not be read as the one before it: doubles are off by far less than this."""

_OUTSIDE = {
    "os.fork": "start a process",
    "os.posix_spawn": "start a process",
    "os.system": "start a process",
    "socket.__new__": "open a socket",
    "socket.getaddrinfo": "ask a name server",
    "subprocess.Popen": "start a process",
    "time.sleep": "block in time.sleep",
}
"""Audit events of the interpreter that mean something real is being touched."""

_REFUSED = (
    "add_reader",
    "add_signal_handler",
    "add_writer",
    "connect_accepted_socket",
    "connect_read_pipe",
    "connect_write_pipe",
    "create_connection",
    "create_datagram_endpoint",
    "create_server",
    "create_unix_connection",
    "create_unix_server",
    "getaddrinfo",
    "getnameinfo",
    "run_in_executor",
    "sendfile",
    "set_default_executor",
    "sock_accept",
    "sock_connect",
    "sock_recv",
    "sock_recv_into",
    "sock_sendall",
    "start_tls",
    "subprocess_exec",
    "subprocess_shell",
)


class Deadlock(UsageError):
    """Everything waits and no timer is set, so nothing could ever happen again."""


class Timeline:
    """Virtual time since its beginning."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.seconds = 0.0

    @property
    def ms(self) -> int:
        """Whole milliseconds that have passed."""
        return int(self.seconds * _MS_PER_S + _MS_TOLERANCE)


class VirtualLoop(asyncio.BaseEventLoop):
    """asyncio's loop without a machine below it."""

    def __init__(self, timeline: Timeline | None = None, chance: Chance | None = None) -> None:
        """Take the time to move and what picks among the ready; without chance the ready go first in, first out."""
        super().__init__()
        self._timeline = timeline or Timeline()
        self._selector = _Jumping(self._timeline, self)
        self._ready = _Ready(chance)
        self._clock_resolution = _RESOLUTION_S  # the machine's own is lost in rounding after a month
        self._thread = threading.get_ident()
        self.set_task_factory(_Births())
        for name in _REFUSED:
            setattr(self, name, partial(_refuse, name))

    def time(self) -> float:
        """Return virtual seconds."""
        return self._timeline.seconds

    def run_forever(self) -> None:
        """Run until stopped, with everything real out of reach."""
        with _Sealed():
            super().run_forever()

    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[_Arguments]], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Call soon, for code that does not know where it runs; another thread is refused.

        Raises:
            UsageError: another thread called.
        """
        if threading.get_ident() != self._thread:
            raise UsageError("another thread called into a simulation; its timing cannot be repeated, so use tasks")
        return self.call_soon(callback, *args, context=context)

    def _process_events(self, events: Iterable[object]) -> None:
        # Of BaseEventLoop: what a selector found. Ours never finds anything.
        assert not list(events), "the selector of a simulation has no files"


def run(main: Callable[[], Awaitable[_Result]], timeline: Timeline, chance: Chance | None) -> _Result:
    """Run a coroutine function to its end on virtual time.

    Raises:
        Deadlock: everything waits and no timer is set.
    """
    options = {"loop_factory": partial(VirtualLoop, timeline, chance)}
    return anyio.run(main, backend="asyncio", backend_options=options)


async def wait(seconds: float) -> None:
    """Wait for virtual seconds; cancellation ends the wait at once."""
    await anyio.sleep(seconds)


def after(seconds: float, action: Callable[[], object]) -> None:
    """Do something at a later virtual time, whatever becomes of the task that asked for it."""
    asyncio.get_running_loop().call_later(seconds, action)


class _Jumping:
    # A selector without files: it answers at once, and lets time jump instead of waiting for it.
    def __init__(self, timeline: Timeline, loop: VirtualLoop) -> None:
        self._timeline = timeline
        self._loop = loop

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise Deadlock(_who_waits(self._loop, self._timeline))
        if timeout > 0:
            self._timeline.seconds += timeout
        return []


class _Ready:
    # What BaseEventLoop keeps in a deque. Tasks that one callback woke run oldest first: anyio cancels the tasks of a
    # set in the order of their addresses, which no seed can repeat.
    def __init__(self, chance: Chance | None) -> None:
        self._chance = chance
        self._settled: deque[asyncio.Handle] = deque()
        self._fresh: list[asyncio.Handle] = []

    def __len__(self) -> int:
        return len(self._settled) + len(self._fresh)

    def append(self, handle: asyncio.Handle) -> None:
        self._fresh.append(handle)

    def clear(self) -> None:
        self._settled.clear()
        self._fresh.clear()

    def popleft(self) -> asyncio.Handle:
        self._settle()
        settled = self._settled
        if self._chance is None or len(settled) == 1:
            return settled.popleft()
        index = self._chance.below(len(settled))
        settled[index], settled[-1] = settled[-1], settled[index]
        return settled.pop()

    def _settle(self) -> None:
        fresh = self._fresh
        if len(fresh) > 1:
            born = {index: task.born for index, handle in enumerate(fresh) if (task := _task_of(handle)) is not None}
            by_age = sorted(born, key=lambda index: (born[index], index))
            sorted_handles = [fresh[index] for index in by_age]
            for index, handle in zip(born, sorted_handles, strict=True):
                fresh[index] = handle
        self._settled.extend(fresh)
        fresh.clear()


class _Task(asyncio.Task[Any]):
    # A task that knows how many were made before it in its loop; names count over all loops of the process.
    born = 0


class _Births:
    def __init__(self) -> None:
        self._births = count()

    def __call__(
        self,
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
        *,
        name: str | None = None,
        context: Context | None = None,
        **_: object,
    ) -> _Task:
        task = _Task(cast("Coroutine[Any, Any, Any]", coroutine), loop=loop, name=name, context=context)
        task.born = next(self._births)
        return task


class _Sealed:
    # While a simulation runs in a thread, the interpreter's audit events tell when it reaches outside. A hook cannot be
    # removed, so there is one for all simulations, and it looks at the running ones only. Starting a thread raises no
    # event before Python 3.12, so that door is closed by hand, and opened again after the last simulation.
    _running: ClassVar[set[int]] = set()
    _watching: ClassVar[bool] = False
    _start: ClassVar[Callable[[threading.Thread], None]] = threading.Thread.start

    def __enter__(self) -> None:
        if not _Sealed._watching:
            sys.addaudithook(_audit)
            _Sealed._watching = True
        _Sealed._running.add(threading.get_ident())
        _replace_start(_start_unless_sealed)

    def __exit__(self, *_: object) -> None:
        _Sealed._running.discard(threading.get_ident())
        if not _Sealed._running:
            _replace_start(_Sealed._start)

    @classmethod
    def holds(cls) -> bool:
        return threading.get_ident() in cls._running


def _replace_start(start: Callable[[threading.Thread], None], *, name: str = "start") -> None:
    setattr(threading.Thread, name, start)


def _start_unless_sealed(thread: threading.Thread) -> None:
    if _Sealed.holds():
        raise UsageError(f"a simulation tried to start the thread {thread.name!r}; use tasks, whose order has a seed")
    _Sealed._start(thread)  # noqa: SLF001 - the same mechanism


def _audit(event: str, _arguments: tuple[object, ...]) -> None:
    what = _OUTSIDE.get(event)
    if what is not None and _Sealed.holds():
        raise UsageError(f"a simulation tried to {what} ({event}); hand it a port that stays inside the world")


def _refuse(name: str, *_: object, **__: object) -> NoReturn:
    raise UsageError(f"loop.{name} reaches outside the simulation; hand the code a port that stays inside the world")


def _task_of(handle: asyncio.Handle) -> _Task | None:
    owner = getattr(getattr(handle, "_callback", None), "__self__", None)
    return owner if isinstance(owner, _Task) else None


def _who_waits(loop: asyncio.AbstractEventLoop, timeline: Timeline) -> str:
    names = sorted(task.get_name() for task in asyncio.all_tasks(loop))
    return (
        f"nothing is ready and no timer is set {timeline.seconds:.3f} s into the simulation; "
        f"waiting: {', '.join(names) or 'no task at all'}"
    )
