"""What the operator of a platform switches, watches and lets run by itself."""

from enum import StrEnum

import msgspec

from agentic_core.domain.records import DeploymentRecord, LeaseRecord
from agentic_core.domain.times import Instant, Interval

__all__ = ["JobRun", "PlatformSwitch", "PlatformSwitches", "WatchedDeployment"]


class PlatformSwitch(StrEnum):
    """What an operator can switch off for everybody; the keys of `platform_config`."""

    TRADING_DISABLED = "trading_disabled"
    """Running deployments open nothing more."""
    DEPLOYMENTS_DISABLED = "deployments_disabled"
    """Nothing new is deployed."""


class PlatformSwitches(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is switched off now; one that was never touched is not."""

    trading_disabled: bool = False
    deployments_disabled: bool = False


class WatchedDeployment(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment that has not ended, as whoever looks for silent runners sees it."""

    deployment: DeploymentRecord
    interval: Interval
    """How often its pinned version decides."""
    heard_at: Instant
    """Its last sign of life: its newest state, or else its start, or else when it was made."""
    lease: LeaseRecord | None
    """Of its account; None where nobody ever took it."""


class JobRun(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `job_runs`: the newest run of a job."""

    name: str
    holder: str
    """Who began it."""
    started_at: Instant
    finished_at: Instant | None = None
    """None while it runs, and where whoever began it was lost."""
    outcome: dict[str, str | int | None] | None = None
