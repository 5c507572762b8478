"""What a runner remembers on its own disk of a database, and what the database says of the same things."""

import msgspec

from agentic_core.domain.journal import JournalHead

__all__ = ["Found", "Remembered"]


class Remembered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was true of the database once, for certain."""

    head: JournalHead
    """The newest record known, with the highest epoch of the trading lease."""
    nonces: dict[str, int]
    """By signer, the highest number it was given."""
    restored_hash: str | None = None
    """Of the newest record that says that somebody answered for a restored database; None where there is none."""


class Found(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the database says now."""

    hash_at_head: str | None
    """Of its record with the remembered number; None where its chain ends before."""
    epoch: int | None
    """Of the account's trading lease; None where there never was one."""
    nonces: dict[str, int]
    """By signer, the last number given; a signer that is missing never signed."""
    restored_seq: int | None = None
    """The number of the newest record that says that somebody answered for a restored database."""
    restored_hash: str | None = None
    """Its hash; there is none without the number."""
