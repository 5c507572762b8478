"""When each job is due: at marks of the UTC clock, which every scheduler computes alike."""

from enum import StrEnum
from typing import Final

import msgspec

from agentic_core.domain.times import DAY_MS, HOUR_MS, MINUTE_MS, Instant

__all__ = ["SCHEDULE", "JobName", "Schedule", "mark_of", "next_mark", "schedule_of"]


class JobName(StrEnum):
    """What a platform does by itself, by the name it is stored and called under."""

    HEARTBEATS = "heartbeat-sweep"
    PENDING_WALLETS = "pending-agents-gc"
    WALLETS = "wallet-check"
    JOURNALS = "journal-verification"
    CHECKPOINTS = "journal-checkpoints"


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When one job is due."""

    name: JobName
    every_ms: int
    after_ms: int = 0
    """How long after each such mark of UTC, so that not everything starts at midnight."""
    about: str


SCHEDULE: Final = (
    Schedule(
        name=JobName.HEARTBEATS,
        every_ms=5 * MINUTE_MS,
        about="fence deployments whose runner has fallen silent, and mark them",
    ),
    Schedule(
        name=JobName.PENDING_WALLETS,
        every_ms=DAY_MS,
        after_ms=3 * HOUR_MS,
        about="forget wallets that nobody approved, and destroy their keys",
    ),
    Schedule(
        name=JobName.WALLETS,
        every_ms=HOUR_MS,
        after_ms=10 * MINUTE_MS,
        about="ask the venue which wallets it dropped and which end soon",
    ),
    Schedule(
        name=JobName.JOURNALS,
        every_ms=DAY_MS,
        after_ms=4 * HOUR_MS,
        about="verify every journal from its first record to its last",
    ),
    Schedule(
        name=JobName.CHECKPOINTS,
        every_ms=HOUR_MS,
        after_ms=20 * MINUTE_MS,
        about="sign the heads of journals that have grown",
    ),
)
"""Every job there is, by when it is due."""


def schedule_of(name: JobName) -> Schedule:
    """Return when a job is due.

    >>> schedule_of(JobName.HEARTBEATS).every_ms
    300000
    """
    return next(schedule for schedule in SCHEDULE if schedule.name is name)


def mark_of(schedule: Schedule, now: Instant) -> Instant:
    """Return the newest mark that is not after an instant.

    >>> mark_of(schedule_of(JobName.HEARTBEATS), Instant(899_999))
    600000
    """
    return Instant(now - (now - schedule.after_ms) % schedule.every_ms)


def next_mark(schedule: Schedule, now: Instant) -> Instant:
    """Return the first mark after an instant."""
    return Instant(mark_of(schedule, now) + schedule.every_ms)
