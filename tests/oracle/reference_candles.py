"""Candles as exact fractions, read from a file and merged, for the oracle."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple


class Row(NamedTuple):
    """One candle; `time` is its opening in epoch milliseconds."""

    time: int
    open: Fraction
    high: Fraction
    low: Fraction
    close: Fraction


def read_rows(path: Path) -> list[Row]:
    """Read a candle file with a header and UTC times."""
    with path.open(newline="") as lines:
        return [
            Row(
                int(datetime.fromisoformat(line["timestamp"]).replace(tzinfo=UTC).timestamp()) * 1000,
                *(Fraction(line[name]) for name in ("open", "high", "low", "close")),
            )
            for line in csv.DictReader(lines)
        ]


def merged(rows: Sequence[Row], interval_ms: int) -> list[Row]:
    """Merge whole groups of finer candles and drop the incomplete ones."""
    groups: dict[int, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.time // interval_ms * interval_ms, []).append(row)
    finer_ms = rows[1].time - rows[0].time
    return [
        Row(time, part[0].open, max(row.high for row in part), min(row.low for row in part), part[-1].close)
        for time, part in groups.items()
        if len(part) * finer_ms == interval_ms
    ]
