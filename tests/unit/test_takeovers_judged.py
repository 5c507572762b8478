"""The judge of the takeovers sees what it is there for."""

import msgspec
import pytest

from agentic_core.domain.journal import JournalEntry, JournalHead, JournalKind, record_hash, record_text
from agentic_core.journal.chain import empty_chain
from tests.support.stored_values import AT
from tests.takeovers.journaled import journal_faults
from tests.takeovers.judging import Change, miscounted, not_refused, out_of_order
from tests.takeovers.marks import RUN
from tests.takeovers.reports import Lost
from tests.takeovers.stale import STALE_CALLS


def _lease(state: str, epoch: int, *, was_live: bool = False) -> Change:
    return Change(what=state, marked=None, epoch=epoch, holder="anna", was_live=was_live)


def _row(epoch: int, what: str = "fills") -> Change:
    return Change(what=what, marked=str(epoch), epoch=None, holder=None, was_live=None)


def _lost(epoch: int, **acked: int) -> Lost:
    refused = dict.fromkeys(STALE_CALLS, 1)
    return Lost(epoch=epoch, acked=acked, caught={}, refused=refused, let_through=(), troubles=())


def test_judge_finds_nothing_where_each_writes_in_its_time() -> None:
    """Taken, taken over, revoked, allowed, taken again."""
    changes = [
        _lease("held", 2),
        _row(2),
        _lease("held", 3),
        _row(3),
        _lease("revoked", 4, was_live=True),
        _lease("free", 4),
        _lease("held", 5),
        _row(5),
        _lease("free", 5),
    ]
    assert list(out_of_order(changes)) == []
    assert list(miscounted(changes, [_lost(2, fills=1), _lost(3, fills=1), _lost(5, fills=1)])) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ([_lease("held", 2), _lease("held", 3), _row(2)], "fills of epoch 2 was written while 3 was held"),
        ([_lease("held", 2), _lease("revoked", 3), _row(3)], "fills of epoch 3 was written while 3 was revoked"),
        ([_row(1)], "fills of epoch 1 was written while 1 was free"),
        ([_lease("held", 2), _lease("free", 1)], "the epoch fell from 2 to 1"),
        ([_lease("held", 3)], "anna took epoch 3 after 1, which was free, live: False"),
        (
            [_lease("held", 2), _lease("held", 3, was_live=True)],
            "anna took epoch 3 after 2, which was held, live: True",
        ),
        (
            [_lease("held", 2), _lease("revoked", 3), _lease("held", 4)],
            "anna took epoch 4 after 3, which was revoked, live: False",
        ),
        ([_lease("held", 2), _lease("free", 2, was_live=True)], "epoch 2 was given back by another"),
    ],
)
def test_judge_names_what_happened_out_of_its_time(changes: list[Change], fault: str) -> None:
    """A stale row, a fallen epoch, a lease that was not to be had, one that somebody else gave back."""
    assert next(out_of_order(changes)) == fault


def test_judge_compares_what_is_stored_with_what_was_told() -> None:
    """Neither more rows than acknowledgements nor fewer."""
    changes = [_lease("held", 2), _row(2), _row(2), _row(2, "state")]
    assert list(miscounted(changes, [_lost(2, fills=1, state=1, acked=1)])) == [
        "epoch 2 stored 1 of fills more than it was told",
        "epoch 2 was told 1 of acked that are not stored",
    ]


def test_judge_names_stale_calls_that_were_let_through_or_not_tried() -> None:
    """Each of them has to be refused each time."""
    refused = {what: 1 for what in STALE_CALLS if what not in {"note", "ack"}}
    report = Lost(epoch=7, acked={}, caught={}, refused=refused, let_through=("note",), troubles=("ack: timeout",))
    first, second, third = not_refused([report])
    assert (first, second) == ("note of stale epoch 7 was let through", "ack: timeout")
    assert third.startswith("epoch 7 was refused ['assign', 'claim', 'prepare', 'record',")


def _journal(*told: tuple[JournalKind, dict[str, str | int], int]) -> list[JournalEntry]:
    head, entries = empty_chain(RUN), list[JournalEntry]()
    for kind, body, epoch in told:
        at = msgspec.structs.replace(head, epoch=epoch)
        text = record_text(at, kind, body, at=AT)
        head = JournalHead(deployment=RUN, seq=head.seq + 1, hash=record_hash(text), epoch=epoch)
        entries.append(JournalEntry(deployment=RUN, seq=head.seq, epoch=epoch, kind=kind, record=text, hash=head.hash))
    return entries


def test_judge_reads_the_journal_in_the_order_of_the_epochs() -> None:
    """A record that stands in another epoch than the one it was written under is named, and so is one that is gone."""
    whole = _journal(
        (JournalKind.GENESIS, {}, 1),
        (JournalKind.LEASE, {"epoch": 2}, 2),
        (JournalKind.FILL, {"fill_id": "2/a"}, 2),
        (JournalKind.LEASE, {"epoch": 3}, 3),
    )
    assert list(journal_faults(whole)) == []
    assert list(journal_faults([whole[0], *whole[2:]])) == [
        "the journal is broken: record 2: it is missing; record 3 comes next"
    ]
    late = _journal((JournalKind.GENESIS, {}, 1), (JournalKind.TRANSFER, {"transfer_id": "2/t"}, 3))
    assert list(journal_faults(late)) == ["record 2, a transfer of epoch 2, stands in epoch 3"]
