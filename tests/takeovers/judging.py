"""What the database went through, judged by its own audit, and compared with what the processes were told."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.support.by_hand import execute
from tests.takeovers.marks import COST
from tests.takeovers.reports import Lost, Report, Took
from tests.takeovers.stale import STALE_CALLS

__all__ = ["Change", "faults_of", "miscounted", "not_refused", "out_of_order", "start_audit"]

_LEASE = frozenset({"free", "held", "revoked"})

_NOWHERE = {
    "a fill of a stale note": "select count(*) from fills where fill_id like 'stale/%'",
    "a transfer of a stale call": "select count(*) from transfers where transfer_id like '%/stale'",
    "a day of a stale call": "select count(*) from account_days",
    "a stale acknowledgement": "select count(*) from agent_commands where outcome = 'stale'",
    "an outcome of the reserved command": "select count(*) from agent_commands where seq = 1 and state <> 'queued'",
    "a change of the reserved order": (
        "select count(*) from order_intents where epoch = 1 and (state, sends, filled) <> ('prepared', 0, 0)"
    ),
    "a number of the reserved stop": (
        "select count(*) from order_intents where epoch = 1 and kind = 'stop' and nonce is not null"
    ),
    "a nonce that two intents have": "select count(nonce) - count(distinct nonce) from order_intents",
}
"""What may not be found, and how it is counted."""


class Change(NamedTuple):
    """A row that was written, in the order in which the lease let it happen."""

    what: str
    marked: str | None
    """The epoch it was written under; of the lease itself nothing."""
    epoch: int | None
    """What the lease's became."""
    holder: str | None
    was_live: bool | None
    """Whether the lease was somebody's until then."""


def start_audit(dsn: str) -> None:
    """Note every row from now on."""
    execute(dsn, Path(__file__).with_name("audit.sql").read_text(encoding="utf-8"))


def faults_of(dsn: str, reports: Sequence[Report]) -> list[str]:
    """Say everything that went wrong between the start of the audit and now."""
    rows = execute(dsn, "select what, marked, epoch, holder, was_live from audit.changes order by seq")
    changes = [msgspec.convert(row, Change) for row in rows]
    lost = [report for report in reports if isinstance(report, Lost)]
    return [
        *out_of_order(changes),
        *miscounted(changes, lost),
        *_taken_by_another(changes, reports),
        *not_refused(lost),
        *(f"there is {what}" for what, count in _NOWHERE.items() if execute(dsn, count) != [(0,)]),
        *_costs(dsn),
    ]


def out_of_order(changes: Sequence[Change]) -> Iterator[str]:
    """Name the rows that were written by somebody who had no right to, and the epochs that do not follow."""
    epoch, state = 1, "free"
    for change in changes:
        if change.what not in _LEASE:
            if (change.marked, state) != (str(epoch), "held"):
                yield f"{change.what} of epoch {change.marked} was written while {epoch} was {state}"
            continue
        assert change.epoch is not None
        if change.epoch < epoch:
            yield f"the epoch fell from {epoch} to {change.epoch}"
        if change.what == "held" and (change.epoch != epoch + 1 or change.was_live or state == "revoked"):
            yield f"{change.holder} took epoch {change.epoch} after {epoch}, which was {state}, live: {change.was_live}"
        if change.what == "free" and (change.epoch != epoch or change.was_live):
            yield f"epoch {epoch} was given back by another"
        epoch, state = change.epoch, change.what


def miscounted(changes: Sequence[Change], lost: Sequence[Lost]) -> Iterator[str]:
    """Name what is stored without an acknowledgement, and what was acknowledged and is not stored."""
    stored = Counter((str(change.marked), change.what) for change in changes if change.what not in _LEASE)
    told = Counter({(str(report.epoch), what): count for report in lost for what, count in report.acked.items()})
    for (epoch, what), count in (stored - told).items():
        yield f"epoch {epoch} stored {count} of {what} more than it was told"
    for (epoch, what), count in (told - stored).items():
        yield f"epoch {epoch} was told {count} of {what} that are not stored"


def _taken_by_another(changes: Sequence[Change], reports: Sequence[Report]) -> Iterator[str]:
    taken = sorted(change.epoch for change in changes if change.what == "held" and change.epoch is not None)
    told = sorted(report.epoch for report in reports if isinstance(report, Took))
    if taken != told:
        yield f"epochs taken {taken} are not those told {told}"


def not_refused(lost: Sequence[Lost]) -> Iterator[str]:
    """Name the stale calls that were let through, or that nobody tried."""
    for report in lost:
        for what in report.let_through:
            yield f"{what} of stale epoch {report.epoch} was let through"
        yield from report.troubles
        if report.refused and report.refused.keys() != STALE_CALLS:
            yield f"epoch {report.epoch} was refused {sorted(report.refused)} only"


def _costs(dsn: str) -> Iterator[str]:
    ((decisions,),) = execute(dsn, "select count(*) from decision_snapshots")
    ((costs,),) = execute(dsn, "select sum(cost_usd) from cost_rollups")
    assert isinstance(decisions, int)
    if costs != COST * Decimal(decisions):
        yield f"{decisions} decisions cost {costs} in the sums of the months"
