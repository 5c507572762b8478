"""What a paper account's venue keeps: a real one has books of its own, which outlive every runner."""

from typing import Protocol

import msgspec

from agentic_core.domain.ids import AccountKey
from agentic_core.domain.order import Fence
from agentic_core.domain.times import Instant

__all__ = ["PaperBooks", "PaperRecord"]


class PaperRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row of `paper_accounts`."""

    account: AccountKey
    as_of: Instant
    """Until when, in the time of its market, the account was lived."""
    state: str
    """What rests, and what executed that the ledger may not have yet, as JSON."""


class PaperBooks(Protocol):
    """The books of paper accounts."""

    async def read(self, account: AccountKey) -> PaperRecord | None:
        """Return what was written last; None where nothing was."""

    async def write(self, fence: Fence, record: PaperRecord) -> None:
        """Replace the books of an account.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            UsageError: the record is another account's.
        """
