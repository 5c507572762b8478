"""Several methods of a store as one transaction, and a store that acts for one person."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol, Self

from agentic_core.domain.ids import UserId
from agentic_core.domain.order import Fence
from agentic_core.ports.repositories import Store

__all__ = ["UnitStore"]


class UnitStore(Store, Protocol):
    """A store whose methods can be put together to one transaction."""

    def unit(self, fence: Fence | None = None) -> AbstractAsyncContextManager[Self]:
        """Open a unit of work: what is called on the store it yields is stored together at its end, or not at all.

        With a fence, the lease is looked at first and stays with its holder until the end; nothing but calls of the
        store belongs inside, because renewing it waits as well. A call that raises has written nothing and the others
        go on; an error that leaves the unit, and the cancellation of a call, undo all of it. A unit inside a unit is
        undone alone.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            StoreUnavailable: the database was lost; with `commit_unknown` it was while all of it was being stored, and
                whether it is can only be read: look for one of its ids before anything is said again.
        """

    def acting_for(self, user: UserId) -> Self:
        """Return the same store for what this person may see and do, wherever its connections belong to nobody."""
