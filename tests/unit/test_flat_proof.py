"""A flatten is proven by two reads in a row, two seconds apart, that show nothing left."""

from decimal import Decimal

import pytest

from agentic_core.domain import ClientOrderId, Instant, Position, Size, Symbol, Usd
from agentic_core.execution.flat_proof import (
    FLAT_MOVES,
    FlatProof,
    FlatRead,
    FlatStage,
    Glimpse,
    left_over,
    take_read,
)

START = FlatProof(not_before=Instant(10_000))
HELD = Position(symbol=Symbol("BTC"), size=Size(Decimal("-0.5")), entry_cost=Usd(Decimal(30_000)))
FLAT = Position.flat(Symbol("ETH"))


def clear(at: int) -> FlatRead:
    """Return a read that shows nothing left."""
    return FlatRead(read_at=Instant(at), positions=(FLAT,))


LEFT = [
    (FlatRead(read_at=Instant(11_000), positions=(FLAT, HELD)), "a position of -0.5 BTC"),
    (FlatRead(read_at=Instant(11_000), orders=("77",)), "the open order 77"),
    (FlatRead(read_at=Instant(11_000), triggers=("78",)), "the trigger 78"),
    (FlatRead(read_at=Instant(11_000), unresolved=(ClientOrderId("0xc1"),)), "the unresolved intent 0xc1"),
]


def after(*reads: FlatRead | None) -> FlatProof:
    """Return the proof after reads."""
    proof = START
    for read in reads:
        proof = take_read(proof, read)
    return proof


@pytest.mark.parametrize(
    ("times", "stage"),
    [
        ((), "open"),
        ((9_999,), "open"),
        ((10_000,), "once"),
        ((10_000, 10_000), "once"),
        ((10_000, 11_999), "once"),
        ((10_000, 12_000), "proven"),
        ((10_000, 11_999, 12_000), "proven"),
        ((9_999, 12_000), "once"),
        ((10_500, 10_400), "open"),
        ((10_500, 10_400, 12_500), "once"),
        ((10_000, 12_000, 12_001), "proven"),
        ((10_000, 12_000, 11_000), "proven"),
    ],
)
def test_clear_reads_prove_only_two_seconds_apart(times: tuple[int, ...], stage: str) -> None:
    """Reads that were clear count from the last thing done, in their order, and from the first of them."""
    assert after(*map(clear, times)).stage == stage


@pytest.mark.parametrize("read", [None, *(read for read, _ in LEFT)])
def test_anything_else_resets_the_proof(read: FlatRead | None) -> None:
    """A read that failed or shows something left undoes what was proven, and two more are needed."""
    assert after(clear(10_000), read).stage == "open"
    assert after(clear(10_000), read).first_at is None
    assert after(clear(10_000), clear(12_000), read).stage == "open"
    assert after(clear(10_000), read, clear(12_000)).stage == "once"
    assert after(clear(10_000), read, clear(12_000), clear(14_000)).is_proven


@pytest.mark.parametrize(("read", "words"), LEFT)
def test_left_over_names_what_remains(read: FlatRead, words: str) -> None:
    """Each kind of residue is named for people."""
    assert left_over(read) == (words,)


def test_left_over_is_empty_when_only_flat_positions_are_listed() -> None:
    """A listed position of no size is none."""
    assert left_over(clear(10_000)) == ()


def test_moves_cover_every_stage_with_every_glimpse() -> None:
    """The table is complete, and only a clear read in stage once proves anything."""
    assert set(FLAT_MOVES) == {(stage, glimpse) for stage in FlatStage for glimpse in Glimpse}
    proving = [cell for cell, to in FLAT_MOVES.items() if to is FlatStage.PROVEN and cell[0] is not FlatStage.PROVEN]
    assert proving == [(FlatStage.ONCE, Glimpse.CLEAR)]
