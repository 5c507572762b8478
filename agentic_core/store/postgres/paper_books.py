"""The books of paper accounts."""

import msgspec

from agentic_core.domain.ids import AccountKey
from agentic_core.domain.order import Fence
from agentic_core.errors import UsageError
from agentic_core.ports.paper_books import PaperRecord
from agentic_core.store.postgres.connection import Database
from agentic_core.store.postgres.fencing import run_fenced

__all__ = ["PostgresPaperBooks"]


class PostgresPaperBooks:
    """One record for each account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, account: AccountKey) -> PaperRecord | None:
        """Return what was written last; None where nothing was."""
        return await self._database.row("read_paper_books", PaperRecord, {"account": account})

    async def write(self, fence: Fence, record: PaperRecord) -> None:
        """Replace the books of an account.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            UsageError: the record is another account's.
        """
        if record.account != fence.account:
            raise UsageError(f"the lease is of account {fence.account!r}, and the books of {record.account!r}")
        await run_fenced(self._database, "write_paper_books", fence, msgspec.structs.asdict(record))
