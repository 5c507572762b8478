"""What this process sent or gave up, so that no order is ever sent twice."""

from collections import OrderedDict
from typing import Final

import anyio

from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.order import PreparedIntent, SendOutcome, Unresolved

__all__ = ["Sending", "Sendings"]

_KEPT: Final = 10_000
"""Older ones have long expired, and their nonces are too low for the venue."""


class Sending:
    """One order on its way, and what is known of it so far."""

    def __init__(self, prepared: PreparedIntent, cause: str) -> None:
        """Begin with nothing known."""
        self.prepared: Final = prepared
        self.outcome: SendOutcome = Unresolved(cloid=prepared.intent.cloid, cause=cause)
        self.oid: int | None = None
        self.ended: Final = anyio.Event()


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
        return self._keep(Sending(prepared, "the sending was broken off"))

    def forbid(self, prepared: PreparedIntent) -> None:
        """Let an order never be sent from here, because its nonce goes into a noop."""
        if prepared.intent.cloid not in self._kept:
            self._keep(Sending(prepared, "its nonce was given to a noop, so it was not sent")).ended.set()

    def drop(self, prepared: PreparedIntent) -> None:
        """Forget an order of which nothing left."""
        self._kept.pop(prepared.intent.cloid, None)

    def _keep(self, sending: Sending) -> Sending:
        self._kept[sending.prepared.intent.cloid] = sending
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return sending
