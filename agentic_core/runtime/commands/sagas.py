"""Flatten, stop and kill: taken up at once, then carried out in steps that the next lease goes on with.

Nothing is remembered between two leases but the rows: a step that was done finds nothing left to do. One is carried out
at a time, the strongest first; a stop that waits makes room for what is stronger.
"""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import chain, repeat
from typing import Final

import anyio

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.deployment_states import FINAL_STATUSES, DeploymentEvent
from agentic_core.domain.money import plain
from agentic_core.domain.records import Command, CommandKind, CommandState
from agentic_core.domain.trading import BrokerKind, DeploymentStatus, Desired, Restriction
from agentic_core.errors import VenueUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.commands.plan import PRECEDENCE, SAGAS, saga_due
from agentic_core.runtime.commands.ports import CommandPorts
from agentic_core.runtime.session import Flattened, Session
from agentic_core.runtime.together import first_of

__all__ = ["Sagas"]

_MS_PER_S: Final = 1_000
_SAY_EVERY_MS: Final = 60_000
_AGAIN_MS_MAX: Final = 10_000
"""How long a kill rests at most before it closes again what is left."""

_UNREAD: Final = "the account could not be read, so look at the venue for what is open"
_AFTER_STOP: Final = {
    BrokerKind.PAPER: "nothing happens any more to what is open on paper",
    BrokerKind.HYPERLIQUID_MAINNET: "their stops rest at the venue, and nobody else watches them",
}
_CLOSING: Final = "no turns are taken; closing what is held"
_UNOPENED: Final = "the account is not open yet"
_CLOSING_KINDS: Final = frozenset({CommandKind.KILL, CommandKind.FLATTEN})
_ENDED: Final = "the deployment has stopped before this was looked at"


class Sagas:
    """What was taken up and has not ended, and who carries it out."""

    def __init__(self, ports: CommandPorts, look: Callable[[], Awaitable[None]]) -> None:
        """Begin with nothing taken up under this lease; `look` answers what was ordered meanwhile."""
        self._ports: Final = ports
        self._look: Final = look
        self._taken: Final[dict[str, Command]] = {}
        self._woken = anyio.Event()
        self._giving_way = anyio.CancelScope()
        self._said_at: int | None = None

    @property
    def under_way(self) -> frozenset[str]:
        """Ids of the commands that were taken up."""
        return frozenset(self._taken)

    @property
    def closes(self) -> bool:
        """Whether something is due that closes what is held."""
        return self._due() in _CLOSING_KINDS

    def take(self, command: Command) -> None:
        """Take up a command that was claimed under this lease."""
        self._taken[command.id] = command
        self.wake()

    def wake(self) -> None:
        """Look again at what is due."""
        self._woken.set()
        if self._due() is not CommandKind.STOP:
            self._giving_way.cancel()

    async def run(self) -> None:
        """Carry out what is due until the deployment has come to its end.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        while self._ports.standing.status not in FINAL_STATUSES:
            if self._due() is None:
                await self._woken.wait()
                self._woken = anyio.Event()
                continue
            async with self._ports.turns.suspended():
                while (kind := self._due()) is not None:
                    await self._carry_out(kind)

    def _due(self) -> CommandKind | None:
        standing = self._ports.standing
        kinds = (command.kind for command in self._taken.values())
        return saga_due(kinds, standing.status, standing.deployment.desired)

    async def _carry_out(self, kind: CommandKind) -> None:
        self._said_at = None
        if kind is CommandKind.STOP:
            await self._stop()
        elif kind is CommandKind.FLATTEN:
            await self._flatten()
        else:
            await self._kill()

    async def _flatten(self) -> None:
        kind = CommandKind.FLATTEN
        session = await self._opened(kind)
        await self._note(kind, _CLOSING)
        flattened = await self._closed(session, kind)
        said = f"flat; {flattened.closed} position(s) closed"
        if flattened.left:
            said = f"closed what could be closed; {_still(flattened.left)}"
            self._ports.call_human(f"{kind}: {_still(flattened.left)}")
        await self._note(kind, said)
        await self._read(session)
        async with self._ports.standing.changing:
            await self._finish(frozenset({kind}), f"{said}; {self._ports.standing.status}")

    async def _stop(self) -> None:
        kind = CommandKind.STOP
        with anyio.CancelScope() as self._giving_way:
            session = await self._opened(kind)
            await self._note(kind, "waiting until nothing is under way")
            while left := await session.drain(wait_ms=self._ports.timings.settle_ms):
                self._say_waiting(kind, left)
                await self._ports.clock.sleep(self._ports.timings.again_ms / _MS_PER_S)
            account = await self._read(session)
        if self._giving_way.cancel_called:
            return
        await self._end(kind, f"stopped; {self._open(account)}")

    async def _kill(self) -> None:
        kind, standing = CommandKind.KILL, self._ports.standing
        # That it shall be flat may be known from its row before anybody looked for the command.
        standing.hold(Restriction.KILL_LATCH)
        await standing.follow(DeploymentEvent.KILL)
        session = await self._opened(kind)
        await self._note(kind, _CLOSING)
        closed = 0
        for pause_ms in self._pauses():
            flattened = await self._closed(session, kind)
            closed += flattened.closed
            if not flattened.left:
                break
            await self._rest(kind, flattened.left, pause_ms)
        await self._note(kind, f"flat; {closed} position(s) closed")
        await self._read(session)
        await self._end(kind, f"flat; {closed} position(s) closed; stopped")

    async def _opened(self, kind: CommandKind) -> Session:
        ports, opened = self._ports, list[Session]()

        async def ask() -> None:
            opened.append(await ports.session())

        while not opened:
            await first_of(ask, partial(ports.clock.sleep, _SAY_EVERY_MS / _MS_PER_S))
            if not opened and self._say_waiting(kind, (_UNOPENED,)) and kind in _CLOSING_KINDS:
                ports.call_human(f"{kind}: {_UNOPENED}")
        return opened[0]

    async def _closed(self, session: Session, kind: CommandKind) -> Flattened:
        lead = self._lead(kind)
        cause = f"command:{kind if lead is None else lead.id}"
        for pause_ms in self._pauses():
            try:
                return await session.flatten(cause)
            except VenueUnavailable as trouble:
                await self._rest(kind, (str(trouble),), pause_ms)
        raise AssertionError(cause)

    async def _rest(self, kind: CommandKind, left: tuple[str, ...], pause_ms: int) -> None:
        # A human may be the only one who can close what is left, so one is called at once and every minute.
        if self._say_waiting(kind, left):
            self._ports.call_human(f"{kind}: {_still(left)}")
        await self._note(kind, f"it is tried again; {_still(left)}")
        await self._ports.clock.sleep(pause_ms / _MS_PER_S)

    async def _read(self, session: Session) -> AccountSnapshot | None:
        # What is written at the end should be what was true then.
        try:
            account = await session.account()
        except VenueUnavailable:
            return None
        self._ports.turns.heard(account)
        return account

    async def _end(self, kind: CommandKind, outcome: str) -> None:
        ports = self._ports
        try:
            async with ports.standing.changing:
                if self._due() is kind:  # a kill was taken up while the stop was waiting for this
                    await self._finish(SAGAS, outcome, ends=kind)
        except _Overtaken:
            await self._look()

    async def _finish(self, kinds: frozenset[CommandKind], outcome: str, *, ends: CommandKind | None = None) -> None:
        ports, at = self._ports, self._ports.now()
        ended = [command for command in self._taken.values() if command.kind in kinds]
        state, moved, expired = ports.state(), ports.standing.deployment, tuple[Command, ...]()
        async with ports.store.unit(ports.fence) as unit:
            if state is not None:
                await unit.states.write(ports.fence, state)
            for command in ended:
                await unit.commands.ack(command, CommandState.APPLIED, outcome, at=at, fence=ports.fence)
            if ends is not None:
                await unit.deployments.move(ports.deployment, DeploymentStatus.STOPPED, at=at)
                moved = await unit.deployments.set_desired(ports.deployment, Desired.STOPPED)
                expired = await unit.commands.expire_rest(ports.deployment, _ENDED, at=at)
                if any(_counts_beside(command.kind, ends) for command in expired):
                    raise _Overtaken
        for command in ended:
            del self._taken[command.id]
            ports.tell_applied(command, outcome)
        for command in expired:
            ports.tell_refused(command, _ENDED)
        ports.standing.adopt(moved)

    async def _note(self, kind: CommandKind, text: str) -> None:
        lead, ports = self._lead(kind), self._ports
        if lead is not None:
            await ports.store.commands.step(lead, text, fence=ports.fence, at=ports.now())

    def _lead(self, kind: CommandKind) -> Command | None:
        return next((command for command in self._taken.values() if command.kind is kind), None)

    def _say_waiting(self, kind: CommandKind, left: tuple[str, ...]) -> bool:
        ports, now = self._ports, self._ports.clock.boottime_ms()
        if self._said_at is not None and now - self._said_at < _SAY_EVERY_MS:
            return False
        self._said_at = now
        ports.say(LogEvent.ORDER_UNRESOLVED, f"{kind} waits: {'; '.join(left)}", level=LogLevel.WARN, command=kind)
        return True

    def _pauses(self) -> Iterator[int]:
        first = self._ports.timings.again_ms
        growing = [min(first * 2**tries, _AGAIN_MS_MAX) for tries in range(8)]
        return chain(growing, repeat(growing[-1]))

    def _open(self, account: AccountSnapshot | None) -> str:
        if account is None:
            return _UNREAD
        held = ", ".join(f"{symbol} {plain(position.size)}" for symbol, position in sorted(account.positions.items()))
        after = _AFTER_STOP[self._ports.standing.deployment.broker_kind]
        return f"still open: {held}; {after}" if held else "flat"


class _Overtaken(Exception):  # No error: it keeps an end from being stored before what was just ordered is taken up.
    pass


def _counts_beside(kind: CommandKind, ends: CommandKind) -> bool:
    return kind in SAGAS and PRECEDENCE[kind] <= PRECEDENCE[ends]


def _still(left: tuple[str, ...]) -> str:
    return f"still open: {', '.join(left)}"
