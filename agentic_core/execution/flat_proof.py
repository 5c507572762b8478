"""When a flatten is over: two reads in a row, some time apart, that both show nothing left."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import plain
from agentic_core.domain.position import Position
from agentic_core.domain.times import Instant

__all__ = ["FLAT_MOVES", "FlatProof", "FlatRead", "FlatStage", "Glimpse", "left_over", "take_read"]


class FlatStage(StrEnum):
    """How far the proof has come."""

    OPEN = "open"
    """Nothing counts yet."""
    ONCE = "once"
    """One read showed nothing left."""
    PROVEN = "proven"
    """A later one agreed."""


class Glimpse(StrEnum):
    """What a read amounts to, given the one before."""

    CLEAR = "clear"
    """Nothing is left, and it may begin or complete the proof."""
    TOO_SOON = "too_soon"
    """Nothing is left, but the venue may have answered both from the same moment."""
    OUT_OF_DATE = "out_of_date"
    """It is older than what it has to be newer than."""
    LEFT = "left"
    """Something is left."""
    FAILED = "failed"
    """The venue could not be read whole."""


_RESETS = (Glimpse.OUT_OF_DATE, Glimpse.LEFT, Glimpse.FAILED)

FLAT_MOVES: Mapping[tuple[FlatStage, Glimpse], FlatStage] = {
    **{(stage, glimpse): FlatStage.OPEN for stage in FlatStage for glimpse in _RESETS},
    (FlatStage.OPEN, Glimpse.CLEAR): FlatStage.ONCE,
    (FlatStage.OPEN, Glimpse.TOO_SOON): FlatStage.OPEN,
    (FlatStage.ONCE, Glimpse.CLEAR): FlatStage.PROVEN,
    (FlatStage.ONCE, Glimpse.TOO_SOON): FlatStage.ONCE,
    (FlatStage.PROVEN, Glimpse.CLEAR): FlatStage.PROVEN,
    (FlatStage.PROVEN, Glimpse.TOO_SOON): FlatStage.PROVEN,
}
"""Every stage with every glimpse; `take_read` looks up nothing else."""


class FlatRead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one look at the whole account showed."""

    read_at: Instant
    """Venue time of its oldest part."""
    positions: tuple[Position, ...] = ()
    orders: tuple[str, ...] = ()
    """Venue ids of open orders, whoever placed them."""
    triggers: tuple[str, ...] = ()
    """Venue ids of resting triggers, whoever placed them."""
    unresolved: tuple[ClientOrderId, ...] = ()
    """Own intents of which nobody knows whether they may still execute."""


class FlatProof(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How far it is proven that nothing is left; made anew for each flatten."""

    not_before: Instant
    """Venue time of the last thing done; earlier reads prove nothing."""
    gap_ms: int = 2_000
    """How far apart two reads have to be."""
    stage: FlatStage = FlatStage.OPEN
    first_at: Instant | None = None
    """Venue time of the first read that counts."""

    @property
    def is_proven(self) -> bool:
        """Whether the account is flat beyond doubt."""
        return self.stage is FlatStage.PROVEN


def take_read(proof: FlatProof, read: FlatRead | None) -> FlatProof:
    """Take in one look at the account; None is one that failed.

    >>> proof = take_read(FlatProof(not_before=Instant(1_000)), FlatRead(read_at=Instant(1_500)))
    >>> proof.stage, take_read(proof, FlatRead(read_at=Instant(3_500))).is_proven
    (<FlatStage.ONCE: 'once'>, True)
    """
    stage = FLAT_MOVES[proof.stage, _glimpse(proof, read)]
    if stage is FlatStage.OPEN or read is None:
        first_at = None
    else:
        first_at = read.read_at if proof.first_at is None else proof.first_at
    return msgspec.structs.replace(proof, stage=stage, first_at=first_at)


def left_over(read: FlatRead) -> tuple[str, ...]:
    """Return what a read shows to be left, in words for people; empty where nothing is."""
    return (
        *(f"a position of {plain(each.size)} {each.symbol}" for each in read.positions if each.size),
        *(f"the open order {each}" for each in read.orders),
        *(f"the trigger {each}" for each in read.triggers),
        *(f"the unresolved intent {each}" for each in read.unresolved),
    )


def _glimpse(proof: FlatProof, read: FlatRead | None) -> Glimpse:
    if read is None:
        return Glimpse.FAILED
    if left_over(read):
        return Glimpse.LEFT
    if read.read_at < max(proof.not_before, proof.first_at or proof.not_before):
        return Glimpse.OUT_OF_DATE
    if proof.first_at is not None and read.read_at - proof.first_at < proof.gap_ms:
        return Glimpse.TOO_SOON
    return Glimpse.CLEAR
