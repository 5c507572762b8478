"""Finds out whose something at the venue is; a second writer halts trading, once for each name it uses."""

from collections.abc import Iterable
from typing import Final, assert_never

from agentic_core.domain.fill import FillKind
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.trading import HaltReason
from agentic_core.errors import Fenced
from agentic_core.execution.attribution import LeaseLost, Owner, Rightful, SecondWriter, standing_of
from agentic_core.execution.life import Life, life_of
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.watch.watched import Watched

__all__ = ["Writers"]


class Writers:
    """Tells the one who may write orders on the account from everybody else who does."""

    def __init__(self, watched: Watched) -> None:
        """Answer for one account."""
        self._watched: Final = watched
        self._named: set[ClientOrderId] = set()

    def expect(self, cloids: Iterable[ClientOrderId]) -> None:
        """Raise no alarm about these: it was raised before."""
        self._named.update(cloids)

    async def owner(
        self, cloid: ClientOrderId | None, what: str, *, kind: FillKind | None = None, alarm: bool = True
    ) -> Owner:
        """Say whose something is; where it gives a second writer away, latch a halt and say so.

        Args:
            cloid: the name it bears.
            what: it in words, for people.
            kind: of a fill, what the venue calls it; None for an order.
            alarm: whether it is of our time.

        Raises:
            Fenced: it is of a later lease.
        """
        known = None if cloid is None else await self.life(cloid)
        standing = standing_of(cloid, known, epoch=self._watched.fence.epoch, kind=kind)
        match standing:
            case Rightful():
                return standing.owner
            case SecondWriter():
                if alarm and standing.cloid not in self._named:
                    await self._raise_alarm(standing, what)
                return standing.owner
            case LeaseLost():
                message = (
                    f"{what} bears {standing.cloid}, an intent of epoch {standing.epoch}; the lease of "
                    f"{self._watched.fence.account} held here has epoch {self._watched.fence.epoch}: send nothing"
                )
                raise Fenced(message)
            case _:
                assert_never(standing)

    async def life(self, cloid: ClientOrderId) -> Life | None:
        """Return what is known of an intent of the account, however long ago it ended; None where it has none."""
        life = self._watched.orders.lives.get(cloid)
        if life is not None:
            return life
        record = await self._watched.store.find(self._watched.fence.account, cloid)
        return None if record is None else life_of(record)

    async def _raise_alarm(self, found: SecondWriter, what: str) -> None:
        detail = f"{what} bears {found.cloid}: {found.how}"
        await self._watched.halt(HaltReason.SECOND_WRITER, detail)
        self._named.add(found.cloid)
        message = f"somebody else writes orders on this account: {detail}; stop it, then clear the halt"
        self._watched.say(
            LogEvent.SECOND_WRITER, message, level=LogLevel.ERROR, cloid=found.cloid, owner=found.owner.value
        )
