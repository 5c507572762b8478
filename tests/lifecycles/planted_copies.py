"""Mistakes with a machine's copy of the journal, with the trouble in which each has to come to light."""

from pathlib import Path
from typing import Final

from agentic_core.domain import PreparedIntent, SendOutcome
from agentic_core.errors import DatabaseRestored, JournalBroken
from agentic_core.logevents import Say
from agentic_core.ports.broker import Broker
from agentic_core.ports.continuity import ContinuityReads
from agentic_core.ports.files import Files
from agentic_core.runtime.orders import BeforeSending, send_at_once
from agentic_core.store.journal_copy import JournalCatchUp, JournalCopy
from tests.lifecycles.bugs import Bug
from tests.lifecycles.disks import FOLDER, Disk, SpoiledFile
from tests.lifecycles.places import DEPLOYMENT
from tests.lifecycles.plants import Plant
from tests.lifecycles.wrappers import BrokerAround

__all__ = ["PLANTED_COPIES"]


class CopiedAfterwards(Bug):
    """The copy is brought up to the database once the order is out."""

    def __init__(self) -> None:
        self._catch_up: BeforeSending = send_at_once

    def before_sending(self, catch_up: JournalCatchUp) -> BeforeSending:
        """Return what waits for nothing."""
        self._catch_up = catch_up
        return send_at_once

    def broker(self, broker: Broker) -> Broker:
        """Return a broker that copies what it has sent."""

        async def send(prepared: PreparedIntent) -> SendOutcome:
            outcome = await broker.send(prepared)
            await self._catch_up()
            return outcome

        return BrokerAround(broker, send=send)


class BurnsUncopied(Bug):
    """Orders wait for the copy, and burns do not."""

    def __init__(self) -> None:
        self._catch_up: BeforeSending = send_at_once

    def before_sending(self, catch_up: JournalCatchUp) -> BeforeSending:
        """Return what waits for nothing."""
        self._catch_up = catch_up
        return send_at_once

    def broker(self, broker: Broker) -> Broker:
        """Return a broker that copies before it sends."""

        async def send(prepared: PreparedIntent) -> SendOutcome:
            await self._catch_up()
            return await broker.send(prepared)

        return BrokerAround(broker, send=send)


class SentRegardless(Bug):
    """A copy that is broken holds nothing back."""

    def before_sending(self, catch_up: JournalCatchUp) -> BeforeSending:
        """Return what goes on without it."""

        async def try_to_copy() -> None:
            try:
                await catch_up()
            except JournalBroken:
                return

        return try_to_copy


class RestoredIsTrusted(Bug):
    """A database that has lost what the copy knows is believed, and the copy put away."""

    async def open_copy(self, files: Files, reads: ContinuityReads, say: Say) -> JournalCopy:
        """Return a copy that begins anew where the old one does not fit."""
        try:
            return await super().open_copy(files, reads, say)
        except DatabaseRestored:
            JournalCopy.open(FOLDER, DEPLOYMENT, files=files, say=say).set_aside(files)
            return await super().open_copy(files, reads, say)


class _Careless(SpoiledFile):
    def append(self, content: bytes) -> None:
        try:
            super().append(content)
        except OSError:
            self._is_usable = True


class _CarelessDisk(Disk):
    def open_appendable(self, path: Path, *, mode: int = 0o600) -> SpoiledFile:
        return _Careless(self, path, self.contents.setdefault(path, bytearray()))


class FlushErrorIgnored(Bug):
    """A disk that reports an error counts as one that wrote."""

    def disk(self) -> Disk:
        """Return a disk of which nobody hears anything."""
        return _CarelessDisk()


class _Uncut(SpoiledFile):
    def cut(self, size: int) -> None:
        pass


class _UncutDisk(Disk):
    def open_appendable(self, path: Path, *, mode: int = 0o600) -> SpoiledFile:
        return _Uncut(self, path, self.contents.setdefault(path, bytearray()))


class TornTailStays(Bug):
    """What a write left that never came to its end is taken for whole, and written on behind."""

    def disk(self) -> Disk:
        """Return a disk that cuts nothing off."""
        return _UncutDisk()


PLANTED_COPIES: Final = (
    Plant(CopiedAfterwards(), ("marks",), "was not on the disk when it was sent"),
    Plant(BurnsUncopied(), ("commits",), "was burned, and that was not on the disk when it was sent"),
    Plant(SentRegardless(), ("disk",), "was not on the disk when it was sent"),
    Plant(RestoredIsTrusted(), ("restore",), "was given twice"),
    Plant(FlushErrorIgnored(), ("disk",), "was not on the disk when it was sent"),
    Plant(TornTailStays(), ("disk",), "damaged"),
)
