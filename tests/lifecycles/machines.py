"""The machines that processes run on, and what left each of them."""

import json
from typing import NamedTuple

from agentic_core.store.journal_copy import JournalCopy, copy_path
from tests.lifecycles.disks import FOLDER, Disk
from tests.lifecycles.places import DEPLOYMENT

__all__ = ["PATH", "Machine", "Sent"]

PATH = copy_path(FOLDER, DEPLOYMENT)
_ORDER = "order"


class Sent(NamedTuple):
    """One signed request, as it left."""

    machine: int
    durable: int
    """How much of the machine's copy was on its disk."""
    kind: str
    nonce: int
    cloids: tuple[str, ...]
    """The orders in it."""


class Machine:
    """A disk, and the process that works there."""

    def __init__(self, number: int, disk: Disk) -> None:
        self.number = number
        self.disk = disk
        self.copy: JournalCopy | None = None
        """The newest that was opened here."""

    @property
    def seen(self) -> int:
        """The newest record of which this machine's copy knows."""
        return 0 if self.copy is None else self.copy.head.seq

    def sent(self, body: bytes) -> Sent:
        """Look at a request that is about to leave."""
        request = json.loads(body)
        action = request["action"]
        orders = action["orders"] if action["type"] == _ORDER else ()
        cloids = tuple(order["c"] for order in orders)
        return Sent(self.number, self.disk.size(PATH), action["type"], request["nonce"], cloids)
