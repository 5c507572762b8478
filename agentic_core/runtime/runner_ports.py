"""What stands behind a runner."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from agentic_core.domain.records import DeploymentRecord, LogLine
from agentic_core.domain.times import Instant
from agentic_core.logevents import Say
from agentic_core.ports.clock import Clock
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.runtime.alerts import AlertWatch
from agentic_core.runtime.guarding import TickGuards
from agentic_core.runtime.mandates import MandateOf
from agentic_core.runtime.session import OpenSession, SessionContext
from agentic_core.runtime.standing import Standing
from agentic_core.runtime.timings import TIMINGS, Timings
from agentic_core.store.journal_copy import JournalCopy

__all__ = ["OpenCopy", "RunnerPorts"]

OpenCopy: TypeAlias = Callable[[DeploymentRecord, Say], Awaitable[JournalCopy]]
"""Opens this machine's copy of the journal and compares the database with it, as `store.continuity.open_copy` does."""


class RunnerPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind a runner, the same in every epoch."""

    store: RunnerStore
    clock: Clock
    holder: str
    """Names this process in the lease; no two processes may have the same."""
    open_session: OpenSession
    mandate_of: MandateOf
    """Reads the pinned version; raises `InputError` or `ConfigError` where the deployment can never run like this."""
    open_copy: OpenCopy | None = None
    """None where no copy of the journal is kept."""
    listener: Callable[[LogLine], None] = lambda _: None
    """Told every log line as it is said; must not wait."""
    page: Callable[[str], None] = lambda _: None
    """Calls a human; must not wait."""
    on_mark: Callable[[Instant], None] = lambda _: None
    """Told every mark after its turn."""
    said_at: Callable[[], Instant] | None = None
    """The time of log lines; None is the clock's."""
    guards: Callable[[SessionContext, Standing], TickGuards] | None = None
    """What is looked at before each turn; None is what a deployment with a stored version needs."""
    alerts: AlertWatch | None = None
    """Told of every call for a human; None where one that nobody answers does not pause the deployment."""
    timings: Timings = TIMINGS
