"""How long things take in a runner."""

from typing import Final

import msgspec

__all__ = ["TIMINGS", "Timings"]


class Timings(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How long things take in a runner, in milliseconds of its clock."""

    lease_ms: int = 15_000
    """How long the trading lease lives without being renewed."""
    renew_ms: int = 5_000
    margin_ms: int = 3_000
    """How long before its end a lease that could not be renewed is no longer relied on."""
    standby_ms: int = 1_000
    """How often a runner that waits for the lease asks for it."""
    heartbeat_ms: int = 60_000
    """How often the state is written though no mark comes."""
    switches_ms: int = 2_000
    """How often the platform's switches are looked at."""
    drain_ms: int = 4_000
    """How long a process that was told to end takes at most; hosts kill it after five seconds."""
    settle_ms: int = 20_000
    """How long a stop waits for orders whose fate is not known."""
    again_ms: int = 1_000
    """How soon a session that broke down is opened again; each further time takes twice as long."""
    again_ms_max: int = 60_000
    breakdowns_max: int = 5
    """How many unexpected errors in a row end a deployment."""
    healthy_ms: int = 600_000
    """How long a session lives before the breakdowns ahead of it are forgotten."""


TIMINGS: Final = Timings()
