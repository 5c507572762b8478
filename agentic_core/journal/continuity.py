"""Whether a database still is the one it was: it may have come back from a backup, or lost its newest commits.

What was sent in between is still out there. So a runner that remembers more than the database does not trade.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_core.domain.continuity import Found, Remembered
from agentic_core.domain.journal import JournalRecord

__all__ = ["Behind", "Continuity", "Lost", "LostKind", "Restored", "Same", "compare", "remember"]


class LostKind(StrEnum):
    """What a database can have lost."""

    EPOCH = "epoch"
    """Takings of the trading lease: an old runner could come to have the epoch of a new one."""
    NONCE = "nonce"
    """Numbers that were given: an order could be signed under one that is used up, or that another order has."""
    HEAD = "head"
    """Records: orders may be at the venue that the database knows nothing of."""


class Lost(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that is remembered and not there."""

    kind: LostKind
    detail: str
    """One line for people, with both values."""


class Same(msgspec.Struct, frozen=True, gc=False):
    """The database knows everything that is remembered, and perhaps more."""


class Restored(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Records were lost and somebody has answered for it; what is remembered is of no use any more."""

    seq: int
    """The record that says so."""


class Behind(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The database has lost something; nothing may be sent before somebody has answered for it."""

    lost: tuple[Lost, ...]

    @property
    def detail(self) -> str:
        """One line for people."""
        return "the database has lost what it knew: " + "; ".join(lost.detail for lost in self.lost)


Continuity: TypeAlias = Same | Restored | Behind


def compare(remembered: Remembered, found: Found) -> Continuity:
    """Judge what a database says by what is remembered of it.

    >>> from agentic_core.domain.ids import DeploymentId
    >>> from agentic_core.domain.journal import JournalHead
    >>> head = JournalHead(deployment=DeploymentId("d"), seq=7, hash="ab", epoch=3)
    >>> remembered = Remembered(head=head, nonces={"0x5e": 41})
    >>> compare(remembered, Found(hash_at_head="ab", epoch=3, nonces={"0x5e": 42}))
    Same()
    >>> print(
    ...     compare(remembered, Found(hash_at_head="ab", epoch=2, nonces={})).detail
    ... )  # doctest: +NORMALIZE_WHITESPACE
    the database has lost what it knew: the lease's epoch is 2 and was 3; the last nonce of 0x5e is unknown and was 41
    """
    behind = (*_lost_epochs(remembered, found), *_lost_nonces(remembered, found))
    records = _lost_records(remembered, found)
    # By its hash: a number alone could be that of an answer for an earlier loss.
    is_answered = found.restored_hash is not None and found.restored_hash != remembered.restored_hash
    if records and not behind and is_answered and found.restored_seq is not None:
        return Restored(seq=found.restored_seq)
    lost = behind + records
    return Behind(lost=lost) if lost else Same()


def remember(nonces: dict[str, int], record: JournalRecord) -> None:
    """Take in which number a record says was given to which signer."""
    signer, nonce = record.body.get("signer"), record.body.get("nonce")
    if isinstance(signer, str) and isinstance(nonce, int):
        nonces[signer] = max(nonce, nonces.get(signer, nonce))


def _lost_epochs(remembered: Remembered, found: Found) -> tuple[Lost, ...]:
    was, now = remembered.head.epoch, found.epoch
    if was is None or (now is not None and now >= was):
        return ()
    return (Lost(kind=LostKind.EPOCH, detail=f"the lease's epoch is {_shown(now)} and was {was}"),)


def _lost_nonces(remembered: Remembered, found: Found) -> tuple[Lost, ...]:
    last = ((signer, was, found.nonces.get(signer)) for signer, was in sorted(remembered.nonces.items()))
    return tuple(
        Lost(kind=LostKind.NONCE, detail=f"the last nonce of {signer} is {_shown(now)} and was {was}")
        for signer, was, now in last
        if now is None or now < was
    )


def _lost_records(remembered: Remembered, found: Found) -> tuple[Lost, ...]:
    head = remembered.head
    if not head.seq or found.hash_at_head == head.hash:
        return ()
    what = "is gone" if found.hash_at_head is None else "is another one"
    detail = f"record {head.seq} of the journal of {head.deployment} {what}"
    return (Lost(kind=LostKind.HEAD, detail=detail),)


def _shown(number: int | None) -> str:
    return "unknown" if number is None else str(number)
