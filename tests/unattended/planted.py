"""Mistakes of a runtime with its account, its lease and its end; each takes the place of what is shipped."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final, cast

import anyio
from msgspec.structs import replace

from agentic_core.domain import DeploymentId, Instant
from agentic_core.runtime.guarding import TickGuards, no_guards
from agentic_core.runtime.pace import Pace
from agentic_core.runtime.runner import Ended
from agentic_core.runtime.runner_ports import RunnerPorts
from agentic_core.runtime.session import Flattened, OpenSession, Session, SessionContext
from agentic_core.runtime.standing import Standing
from agentic_hl.rest import HttpOutcome
from agentic_hl.rest.transport import Unclear
from agentic_hl.stream.transport import NotConnected, StreamLink
from tests.unattended.mistakes import Mistake, Run
from tests.unattended.planted_stores import PLANTED_STORES
from tests.unattended.plants import Plant
from tests.unattended.wire import WatchedLink

__all__ = ["PLANTED"]


_OBSERVING_MS = 40
"""So much later the account shows what was so."""


class _Around:
    # A session that is the shipped one, but for what a mistake puts in its place.
    def __init__(self, session: Session) -> None:
        self._session = session

    def __getattr__(self, name: str) -> object:
        return getattr(self._session, name)


class _Session(Mistake):
    def around(self, session: Session) -> _Around:
        return _Around(session)

    def context(self, context: SessionContext) -> SessionContext:
        return context

    def session(self, opened: OpenSession) -> OpenSession:
        """Return what opens the changed session."""

        @asynccontextmanager
        async def open_changed(context: SessionContext) -> AsyncGenerator[Session]:
            async with opened(self.context(context)) as session:
                yield cast("Session", self.around(session))

        return open_changed


class _Momentary(_Around):
    @property
    def pace(self) -> Pace:
        return cast("Pace", _MomentPace(self._session.pace))


class _MomentPace:
    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    def __getattr__(self, name: str) -> object:
        return getattr(self._pace, name)

    async def next_mark(self) -> Instant:
        await self._pace.next_mark()
        return Instant(self._pace.now + _OBSERVING_MS)


class MarkOfTheMoment(_Session):
    """The mark of a turn is the moment in which it begins."""

    def around(self, session: Session) -> _Around:
        """Return the changed one."""
        return _Momentary(session)


class _Careless(_Around):
    async def flatten(self, cause: str) -> Flattened:
        assert cause
        return Flattened(closed=0)


class FlatBySaying(_Session):
    """Closing everything is said to be done, and nothing is done."""

    def around(self, session: Session) -> _Around:
        """Return the changed one."""
        return _Careless(session)


class AnyPayload(Mistake):
    """The version that was deployed is not compared with what is stored."""

    def ports(self, ports: RunnerPorts) -> RunnerPorts:
        """Return them without guards."""

        def none(context: SessionContext, _standing: Standing) -> TickGuards:
            return no_guards(context.mandate)

        return replace(ports, guards=none)


class _Insistent:
    # Posts what had no answer once more, as a client does that repeats by itself.
    def __init__(self, link: WatchedLink) -> None:
        self._link = link

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        outcome = await self._link.post(path, body, timeout_ms)
        return await self._link.post(path, body, timeout_ms) if isinstance(outcome, Unclear) else outcome

    async def connect(self) -> StreamLink | NotConnected:
        return await self._link.connect()


class SentAgain(Mistake):
    """A request without an answer is sent again."""

    def link(self, link: WatchedLink) -> WatchedLink:
        """Return a way that insists."""
        return cast("WatchedLink", _Insistent(link))


class DeafToTheEnd(Mistake):
    """A process that is told to end goes on."""

    async def run(self, run: Run, deployment: DeploymentId, ports: RunnerPorts, stop: anyio.Event) -> Ended:
        """Run without the event."""
        del stop
        return await run(deployment, ports, stop=anyio.Event())


PLANTED: Final = (
    *PLANTED_STORES,
    Plant(MarkOfTheMoment(), ("prices",), "is no mark"),
    Plant(FlatBySaying(), ("commands",), "units were held"),
    Plant(AnyPayload(), ("payload",), "the payload was another one"),
    Plant(SentAgain(), ("commits",), "left 2 times"),
    Plant(DeafToTheEnd(), ("terms",), "ms to end when it was told to"),
)
"""Every one is caught by the same judge that finds nothing wrong with the shipped runtime."""
