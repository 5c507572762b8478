"""The journal of a deployment: a chain of records, each of which holds the hash of the one before it.

A record is one line of JSON: keys sorted, no blanks, no null and no fraction. Amounts are strings without exponent and
without trailing zeros, instants are integers, and what is stored as JSON stands in a string as it is stored.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import TypeAlias

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.times import Instant

__all__ = [
    "JOURNAL_FORMAT",
    "JOURNAL_START",
    "Checkpoint",
    "JournalEntry",
    "JournalFacts",
    "JournalHead",
    "JournalKind",
    "JournalPayload",
    "JournalRecord",
    "record_hash",
    "record_text",
]

JOURNAL_FORMAT = 1
"""The number in `v` of every record that is written like this."""

JOURNAL_START = "0" * 64
"""What the first record of a chain holds as the hash of the one before it."""

JournalFacts: TypeAlias = Mapping[str, str | int | bool]
"""What a record tells; the names are those of the columns."""

_DOMAIN = b"\x00journal/v1\n"
"""Nothing else that is hashed here begins like this."""


class JournalKind(StrEnum):
    """What a record tells of."""

    GENESIS = "genesis"
    """A deployment was made: what it trades, on which account, by which skill version."""
    DECISION = "decision"
    """A decision, with its result where it has one at once; of its private text there is a commitment only."""
    RESULT = "result"
    """What came of a decision that was recorded before."""
    INTENT = "intent"
    """An order was prepared."""
    NUMBERED = "numbered"
    """A prepared order got its nonce later."""
    NOTED = "noted"
    """What is known of an order now, whole."""
    FILL = "fill"
    FUNDING = "funding"
    TRANSFER = "transfer"
    LEASE = "lease"
    """The right to trade the account was taken, given back or taken away."""
    COMMAND = "command"
    """A command was queued, or got its outcome."""
    STATUS = "status"
    """The status changed, or what is wanted."""
    RESTORED = "restored"
    """The database was restored from a backup, and somebody answered for what may be lost."""


class JournalHead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The newest record of a chain."""

    deployment: DeploymentId
    seq: int
    hash: str
    epoch: int | None = None
    """Of the trading lease, as far as the chain knows it."""


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row of `journal`."""

    deployment: DeploymentId
    seq: int
    """From 1, without gaps."""
    epoch: int | None
    """Of the trading lease when the record was written; None before it was taken for the first time."""
    kind: str
    """A `JournalKind`, or what a newer release calls it."""
    record: str
    """The record as it was hashed."""
    hash: str
    """64 hex digits."""


class JournalPayload(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Private text that a record commits to; it can be erased and the chain stays whole."""

    deployment: DeploymentId
    seq: int
    salt: bytes
    """32 bytes, the key of the commitment."""
    payload: str
    """JSON: `final_text`, and `proposed_action` as it is stored, in a string."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A head that somebody outside the runner signed."""

    deployment: DeploymentId
    seq: int
    hash: str
    key_id: str
    statement: str
    """What was signed, as text."""
    signature: bytes
    made_at: Instant


class JournalRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """A record that was read; `msgspec.json.decode` makes one of `JournalEntry.record`."""

    at: Instant
    """By the database's clock."""
    body: dict[str, str | int | bool]
    deployment: DeploymentId
    epoch: int | None = None
    kind: str
    prev: str
    seq: int
    v: int


def record_text(head: JournalHead, kind: str, body: JournalFacts, *, at: Instant) -> str:
    """Write the record that follows a head; the database writes the same text by itself.

    >>> start = JournalHead(deployment=DeploymentId("d"), seq=0, hash="00")
    >>> record_text(start, "status", {"status": "running"}, at=Instant(5))
    '{"at":5,"body":{"status":"running"},"deployment":"d","kind":"status","prev":"00","seq":1,"v":1}'
    """
    record = {
        "at": at,
        "body": dict(body),
        "deployment": head.deployment,
        "kind": kind,
        "prev": head.hash,
        "seq": head.seq + 1,
        "v": JOURNAL_FORMAT,
    }
    if head.epoch is not None:
        record["epoch"] = head.epoch
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def record_hash(record: str) -> str:
    """Return the hash of a record, hex."""
    return sha256(_DOMAIN + record.encode()).hexdigest()
