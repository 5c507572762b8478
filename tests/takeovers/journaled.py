"""The journal of the deployment they fight for: one whole chain, and every record in the epoch it tells of."""

from collections.abc import Iterator, Sequence

from agentic_core.domain.journal import JournalEntry, JournalKind
from agentic_core.journal.chain import Broken, empty_chain, read_record, verify_chain
from tests.takeovers.marks import RUN

__all__ = ["journal_faults"]

_MARKS = {
    JournalKind.FILL: "fill_id",
    JournalKind.FUNDING: "amount_usd",
    JournalKind.INTENT: "epoch",
    JournalKind.LEASE: "epoch",
    JournalKind.TRANSFER: "transfer_id",
}
"""What of a record begins with the epoch it was written under."""


def journal_faults(entries: Sequence[JournalEntry]) -> Iterator[str]:
    """Name what is wrong with a journal."""
    verdict = verify_chain(empty_chain(RUN), entries)
    if isinstance(verdict, Broken):
        yield f"the journal is broken: {verdict.detail}"
    for entry in entries:
        record = read_record(entry.record)
        mark = _MARKS.get(JournalKind(entry.kind))
        if record is None or mark is None:
            continue
        told, _, _ = str(record.body[mark]).partition("/")
        if told != str(entry.epoch):
            yield f"record {entry.seq}, a {entry.kind} of epoch {told}, stands in epoch {entry.epoch}"
