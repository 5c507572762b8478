"""What this process sent or gave up, so that no order is ever sent twice."""

from collections import OrderedDict
from typing import Final

import anyio

from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.order import PreparedIntent, SendOutcome, Unresolved

__all__ = ["Sending", "Sendings"]

_KEPT: Final = 500
"""Older ones have long expired, and their nonces are too low for the venue."""


class Sending:
    """One order on its way, and what is known of it so far."""

    def __init__(self, prepared: PreparedIntent, cause: str) -> None:
        """Begin with nothing known, and nothing left."""
        self.prepared: Final = prepared
        self.outcome: SendOutcome = Unresolved(cloid=prepared.intent.cloid, cause=cause, left=False)
        self.oid: int | None = None
        self.is_burned = False
        self.ended: Final = anyio.Event()

    @property
    def never_left(self) -> bool:
        """Whether provably nothing of it left this process."""
        return isinstance(self.outcome, Unresolved) and not self.outcome.left

    def stay_unresolved(self, cause: str, *, left: bool) -> None:
        """Note what is true from now on, in case time ends the call."""
        self.outcome = Unresolved(cloid=self.prepared.intent.cloid, cause=cause, left=left)


class Sendings:
    """The newest of them by client order id."""

    def __init__(self) -> None:
        """Start with none."""
        self._kept: Final[OrderedDict[ClientOrderId, Sending]] = OrderedDict()

    def get(self, cloid: ClientOrderId) -> Sending | None:
        """Return the one of an order, if there was one."""
        return self._kept.get(cloid)

    def begin(self, prepared: PreparedIntent) -> Sending:
        """Note that an order is being sent."""
        return self._keep(Sending(prepared, "the sending was broken off before anything left"))

    def forbid(self, prepared: PreparedIntent) -> None:
        """Let an order never be sent from here again, because its nonce goes into a noop."""
        sending = self._kept.get(prepared.intent.cloid)
        if sending is None:
            sending = self._keep(Sending(prepared, "its nonce was given to a noop, so it was not sent"))
            sending.ended.set()
        sending.is_burned = True

    def end(self, sending: Sending) -> None:
        """Let those who wait for it go on; one of which nothing left is forgotten, so that it may be sent again."""
        sending.ended.set()
        if sending.never_left and not sending.is_burned:
            self._kept.pop(sending.prepared.intent.cloid, None)

    def _keep(self, sending: Sending) -> Sending:
        self._kept[sending.prepared.intent.cloid] = sending
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return sending
