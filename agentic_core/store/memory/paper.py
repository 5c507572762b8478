"""The books of paper accounts in memory."""

from agentic_core.domain.ids import AccountKey
from agentic_core.domain.order import Fence
from agentic_core.errors import UsageError
from agentic_core.ports.paper_books import PaperRecord
from agentic_core.store.memory.leases import MemoryLeases

__all__ = ["MemoryPaperBooks"]


class MemoryPaperBooks:
    """One record for each account."""

    def __init__(self, leases: MemoryLeases) -> None:
        self._check = leases.check
        self._records: dict[AccountKey, PaperRecord] = {}

    async def read(self, account: AccountKey) -> PaperRecord | None:
        """Return what was written last; None where nothing was."""
        return self._records.get(account)

    async def write(self, fence: Fence, record: PaperRecord) -> None:
        """Replace the books of an account.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            UsageError: the record is another account's.
        """
        self._check(fence)
        if record.account != fence.account:
            raise UsageError(f"the lease is of account {fence.account!r}, and the books of {record.account!r}")
        self._records[record.account] = record
