"""What a process tells the one that started it, one line of JSON each."""

import sys
from typing import TypeAlias

import msgspec

__all__ = ["Lost", "Report", "Took", "read_report", "tell"]


class Took(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It has the lease, as far as it was told."""

    epoch: int


class Lost(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It was refused, or told to end, and has tried everything once more."""

    epoch: int
    acked: dict[str, int]
    """How many rows of what kind it was told are stored."""
    caught: dict[str, int]
    """Which calls were refused while it still took itself for the holder."""
    refused: dict[str, int]
    """Which calls were refused afterwards."""
    let_through: tuple[str, ...]
    """Calls that were not."""
    troubles: tuple[str, ...]
    """Errors that nothing here should raise."""


Report: TypeAlias = Took | Lost

_READER = msgspec.json.Decoder(Report)


def tell(report: Report) -> None:
    """Write one line."""
    sys.stdout.write(f"{msgspec.json.encode(report).decode()}\n")
    sys.stdout.flush()


def read_report(line: str) -> Report:
    """Read one line."""
    read: Report = _READER.decode(line)
    return read
