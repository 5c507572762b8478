"""The process of a runner machine: one deployment at one venue, put together."""

import gc
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import assert_never

import anyio
import msgspec

from agentic_core.brokers.paper import PaperTerms, paper_venues
from agentic_core.cli.chat_services import ChatDoor, open_chat
from agentic_core.cli.database import open_migrated
from agentic_core.cli.exits import run_program
from agentic_core.cli.logs import line_printer
from agentic_core.cli.services import Services
from agentic_core.deployments.opening import by_broker, key_opener, signing_address
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.records import DeploymentRecord, LogLine
from agentic_core.errors import AgenticError, ConfigError
from agentic_core.logevents import Say
from agentic_core.ports.repositories import Store
from agentic_core.ports.venue_door import DoorOf
from agentic_core.runtime.alerts import AlertWatch
from agentic_core.runtime.live_session import live_sessions
from agentic_core.runtime.mandates import MandateOf, mandates
from agentic_core.runtime.runner import Ended, EndReason, run_until_stopped
from agentic_core.runtime.runner_ports import RunnerPorts
from agentic_core.runtime.timings import TIMINGS, Timings
from agentic_core.settings import home_folder, pauses_unanswered, runner_settings
from agentic_core.store.continuity import open_copy
from agentic_core.store.journal_copy import JournalCopy

__all__ = ["RunnerParts", "RunnerWork", "exit_code", "run_until_signalled", "serve"]

try:
    from agentic_core.store.postgres import PostgresStore
except ImportError as exc:
    _MISSING = "a runner keeps its records in PostgreSQL; pip install 'agentic-perps[embedded]'"
    raise ConfigError(_MISSING) from exc

_PROGRAM = "live-runner"


class RunnerParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a host of its own may replace: who decides, how long things take, where the database is."""

    mandates: Callable[[Store], MandateOf] | None = None
    """None reads the pinned version, with whatever way to chat models the environment configures."""
    timings: Timings = TIMINGS
    open_database: Callable[[str], AbstractAsyncContextManager[PostgresStore]] = open_migrated
    """Opens a configured database by its address."""


_PARTS = RunnerParts()


class RunnerWork(msgspec.Struct, frozen=True, kw_only=True):
    """What does not change with the deployment that is run."""

    services: Services
    door_of: DoorOf
    listener: Callable[[LogLine], None]
    parts: RunnerParts = _PARTS


def serve(services: Services, door_of: DoorOf, parts: RunnerParts = _PARTS) -> int:
    """Run the deployment that the environment names, with JSON log lines on the output, and return the exit code.

    0 it was stopped, handed over or over before, 1 it failed, 2 a setting is wrong, 3 something outside is unavailable.
    """
    work = RunnerWork(services=services, door_of=door_of, listener=line_printer(sys.stdout), parts=parts)
    return run_program(_PROGRAM, lambda: exit_code(anyio.run(_run_named, work)))


async def run_until_signalled(work: RunnerWork, store: PostgresStore, deployment: DeploymentId) -> Ended:
    """Run a deployment over a database that is open, until it ends or SIGINT or SIGTERM tells this process to."""
    # What was imported stays; looking through it for garbage stops everything, a command included, for 50 ms and more.
    gc.freeze()
    async with open_chat(work.services) as chat:
        return await _run(work, store, deployment, chat)


async def _run(work: RunnerWork, store: PostgresStore, deployment: DeploymentId, chat: ChatDoor | None) -> Ended:
    ports, stop = _ports(work, store, chat), anyio.Event()

    async def listen() -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                stop.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        ended = await run_until_stopped(deployment, ports, stop=stop)
        tasks.cancel_scope.cancel()
    return ended


def exit_code(ended: Ended) -> int:
    """Return what a process ends with whose runner ended like this."""
    match ended.reason:
        case EndReason.STOPPED | EndReason.DRAINED | EndReason.OVER:
            return 0
        case EndReason.FAILED:
            return ended.error.exit_code if isinstance(ended.error, AgenticError) else 1
        case never:
            assert_never(never)


async def _run_named(work: RunnerWork) -> Ended:
    deployment, dsn = runner_settings(work.services.environment.mapping())
    async with work.parts.open_database(dsn) as store:
        return await run_until_signalled(work, store, DeploymentId(deployment))


def _ports(work: RunnerWork, store: PostgresStore, chat: ChatDoor | None) -> RunnerPorts:
    services, clock = work.services, work.services.clock
    door, holder = work.door_of(store.budgets), f"runner:{services.entropy.uuid()}"
    keys = key_opener(store.secrets, store.wallets, services.environment, door.place, holder=holder)
    paper = paper_venues(door.open_market, store, PaperTerms(), clock)
    folder = home_folder(services.environment.mapping()) / "journal"

    async def open_own(deployment: DeploymentRecord, say_line: Say) -> JournalCopy:
        signer = await signing_address(store.wallets, deployment, door.place.network)
        return await open_copy(
            folder, deployment.id, reads=store.continuity, signer=signer, files=services.files, say=say_line
        )

    return RunnerPorts(
        store=store,
        clock=clock,
        holder=holder,
        open_session=live_sessions(by_broker(paper=paper, live=door.open_account(keys))),
        mandate_of=_mandates(work.parts, store, chat),
        open_copy=open_own,
        listener=work.listener,
        alerts=AlertWatch(clock) if pauses_unanswered(services.environment.mapping()) else None,
        timings=work.parts.timings,
    )


def _mandates(parts: RunnerParts, store: PostgresStore, chat: ChatDoor | None) -> MandateOf:
    if parts.mandates is not None:
        return parts.mandates(store)
    return mandates(store, None if chat is None else partial(chat.live, store))
