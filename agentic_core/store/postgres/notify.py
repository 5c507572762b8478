"""LISTEN for the commands of a deployment, on a connection of its own, and find out whether it is any use.

Behind a pooler that lends connections for one transaction, LISTEN succeeds and nothing is ever heard. So a word is sent
from another connection and listened for, at first and again and again; where it is not heard, the table is polled.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import anyio
import msgspec
from psycopg.sql import Identifier

from agentic_core.domain.ids import DeploymentId
from agentic_core.errors import StoreError
from agentic_core.ports.clock import Clock
from agentic_core.ports.notices import POLL_MS, Delivery, Hint, Listening, Polling
from agentic_core.store.postgres.connection import Connection, Database
from agentic_core.store.postgres.pooler import look_around, reach
from agentic_core.store.postgres.statements import statement
from agentic_core.store.postgres.translation import place_of, translated

__all__ = ["HearingTerms", "PostgresNotices", "channel_of", "listening"]

_MS_PER_S = 1_000
_SELF_TEST = "self-test "

_UNHEARD = "a word sent to this channel was not heard, as behind a pooler that lends connections for one transaction"


class HearingTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How long what may take, in milliseconds."""

    heard_within: int = 2_000
    """A word of our own, from sending it to hearing it."""
    test_every: int = 30_000
    due_after: int = 1_000
    """Without a hint; the table is looked at all the same."""
    together: int = 100
    """What is told in less than this is one hint."""
    poll_every: int = POLL_MS
    lost_again: int = 250
    """Before another connection is tried; the double each time, up to `lost_again_most`."""
    lost_again_most: int = 5_000
    unheard_again: int = 300_000
    """Before listening is tried again where it was no use; polling rests while it is."""


def channel_of(deployment: DeploymentId) -> str:
    """Return the name of the channel on which a deployment's commands are told."""
    return f"agent_commands_{deployment}"


class PostgresNotices:
    """Hints for one deployment, as long as somebody asks for the next."""

    def __init__(self, dsn: str, sender: Database, deployment: DeploymentId, clock: Clock, terms: HearingTerms) -> None:
        """Take where to listen, what to send the words of the self-test with, and whose commands it is about."""
        self.delivery: Delivery = Polling(every_ms=terms.poll_every, why="nobody listened yet")
        self._dsn = dsn
        self._place = place_of(dsn)
        self._sender = sender
        self._channel = channel_of(deployment)
        self._clock = clock
        self._terms = terms
        self._ear: Connection | None = None
        self._pid = 0
        self._words = 0
        self._hint: Hint | None = Hint.STARTED
        self._hinted_at = self._tested_at = self._again_at = clock.boottime_ms()
        self._told_until = 0
        self._lost_again = terms.lost_again

    def __aiter__(self) -> "PostgresNotices":
        """Return itself."""
        return self

    async def __anext__(self) -> Hint:
        """Wait until the table is worth a look."""
        while self._hint is None:
            if self._ear is None:
                await self._poll()
            else:
                await self._listen(self._ear)
        hint, self._hint = self._hint, None
        self._hinted_at = self._clock.boottime_ms()
        if hint is Hint.TOLD:  # after any other, the first that is told is no repetition
            self._told_until = self._hinted_at + self._terms.together
        return hint

    async def start(self) -> None:
        """Listen and test it, or note why that is no use."""
        try:
            with translated(self._place):
                self._ear = ear = await reach(self._dsn)
                self._pid = (await look_around(ear)).pid
                await ear.execute(statement("listen") + b" " + Identifier(self._channel).as_bytes(ear))
                if not await self._is_heard(ear):
                    return
        except StoreError as error:
            await self._lose(error)
            return
        self.delivery = Listening()
        self._lost_again = self._terms.lost_again
        self._hint = Hint.STARTED

    async def stop(self) -> None:
        """Listen no more."""
        if self._ear is not None:
            await self._ear.close()
            self._ear = None

    async def _poll(self) -> None:
        await self._clock.sleep(self._terms.poll_every / _MS_PER_S)
        self._hint = Hint.DUE
        if self._clock.boottime_ms() >= self._again_at:
            await self.start()

    async def _listen(self, ear: Connection) -> None:
        due_at, test_at = self._hinted_at + self._terms.due_after, self._tested_at + self._terms.test_every
        try:
            with translated(self._place):
                if self._left(test_at) == 0:
                    await self._is_heard(ear)
                elif await self._hear(ear, self._left(min(due_at, test_at))):
                    await self._clock.sleep(self._left(self._told_until) / _MS_PER_S)
                    await self._hear(ear, 0)
                    self._hint = Hint.TOLD
        except StoreError as error:
            await self._lose(error)
        if self._hint is None and self._left(due_at) == 0:
            self._hint = Hint.DUE

    async def _is_heard(self, ear: Connection) -> bool:
        self._words += 1
        word = f"{_SELF_TEST}{self._pid} {self._words}"
        await self._sender.run("tell", {"channel": self._channel, "words": word})
        until = self._clock.boottime_ms() + self._terms.heard_within
        heard: list[str] = []
        while word not in heard and self._left(until) > 0:
            heard += await self._hear(ear, self._left(until))
        if any(not each.startswith(_SELF_TEST) for each in heard):
            self._hint = Hint.TOLD
        self._tested_at = self._clock.boottime_ms()
        is_heard = word in heard and (await look_around(ear)).pid == self._pid
        if not is_heard:
            await self.stop()
            self.delivery = Polling(every_ms=self._terms.poll_every, why=_UNHEARD)
            self._again_at = self._clock.boottime_ms() + self._terms.unheard_again
        return is_heard

    async def _hear(self, ear: Connection, for_ms: int) -> list[str]:
        async with aclosing(ear.notifies(timeout=for_ms / _MS_PER_S, stop_after=1)) as notifies:
            return [notify.payload async for notify in notifies]

    async def _lose(self, error: StoreError) -> None:
        await self.stop()
        self.delivery = Polling(every_ms=self._terms.poll_every, why=str(error))
        self._again_at = self._clock.boottime_ms() + self._lost_again
        self._lost_again = min(2 * self._lost_again, self._terms.lost_again_most)

    def _left(self, until: int) -> int:
        return max(0, until - self._clock.boottime_ms())


@asynccontextmanager
async def listening(
    dsn: str, sender: Database, deployment: DeploymentId, clock: Clock, terms: HearingTerms | None = None
) -> AsyncGenerator[PostgresNotices]:
    """Listen for the commands of a deployment; whether that is any use is known at once."""
    notices = PostgresNotices(dsn, sender, deployment, clock, terms or HearingTerms())
    try:
        await notices.start()
        yield notices
    finally:
        with anyio.CancelScope(shield=True):
            await notices.stop()
