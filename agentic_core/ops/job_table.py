"""What each job does, put together from what a host has at hand."""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from agentic_core.deployments.wallet_check import check_wallets
from agentic_core.errors import ConfigError
from agentic_core.logevents import Say
from agentic_core.ops.heartbeats import HeartbeatWatch
from agentic_core.ops.outcomes import JobFigures, RunJob
from agentic_core.ops.pending_wallets import PendingWallets
from agentic_core.ops.schedule import JobName
from agentic_core.ports.clock import Clock
from agentic_core.ports.secrets import SecretStore
from agentic_core.ports.units import UnitStore
from agentic_core.ports.wallet import AgentWalletDesk

try:
    from agentic_core.journal.checkpoints import CheckpointKey, PublicKey
    from agentic_core.ops.journals import JournalKeeper
except ImportError as exc:
    _MISSING = "the jobs need cryptography: pip install 'agentic-perps[postgres]'"
    raise ConfigError(_MISSING) from exc

__all__ = ["JobsStore", "VenueDesk", "job_table"]


class JobsStore(UnitStore, Protocol):
    """The database as the jobs need it; the role `agentic_jobs` suffices."""

    @property
    def secrets(self) -> SecretStore:
        """Sealed keys, of which the jobs open none."""


class VenueDesk(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks a venue about agent wallets, and of which network."""

    desk: AgentWalletDesk
    network: str


class _Table:
    def __init__(
        self,
        store: Callable[[], JobsStore],
        venue: VenueDesk,
        clock: Clock,
        say: Say,
        keys: Mapping[str, PublicKey],
        signing: CheckpointKey | None,
    ) -> None:
        self._store = store
        self._venue = venue
        self._clock = clock
        self._say = say
        self._keys = keys
        self._signing = signing

    async def heartbeats(self) -> JobFigures:
        return await HeartbeatWatch(self._store(), self._clock, self._say).sweep()

    async def pending_wallets(self) -> JobFigures:
        store, venue = self._store(), self._venue
        collected = PendingWallets(
            venue.desk, store.wallets, store.secrets, self._clock, self._say, network=venue.network
        )
        return await collected.collect()

    async def wallets(self) -> JobFigures:
        venue = self._venue
        looks = await check_wallets(
            venue.desk, self._store().wallets, network=venue.network, now=self._clock.now(), say=self._say
        )
        return {"looked_at": len(looks)}

    async def verify_journals(self) -> JobFigures:
        return await self._journals().verify()

    async def sign_journals(self) -> JobFigures:
        return await self._journals().sign()

    def _journals(self) -> JournalKeeper:
        store = self._store()
        return JournalKeeper(store.journal, store.logs, self._clock, self._say, keys=self._keys, signing=self._signing)


def job_table(
    store: Callable[[], JobsStore],
    venue: VenueDesk,
    clock: Clock,
    say: Say,
    *,
    trusted: Mapping[str, PublicKey],
    signing: CheckpointKey | None = None,
) -> Mapping[JobName, RunJob]:
    """Return what is done for each job; heads are signed only where there is a key.

    Args:
        store: hands the database out, or raises StoreUnavailable while it is away.
        venue: who asks about agent wallets.
        clock: the time of this machine.
        say: where lines of no deployment go.
        trusted: public keys that may have signed journals, by their ids; none proves the signatures of none.
        signing: the key of the checkpoints.
    """
    table = _Table(store, venue, clock, say, trusted, signing)
    jobs: dict[JobName, RunJob] = {
        JobName.HEARTBEATS: table.heartbeats,
        JobName.PENDING_WALLETS: table.pending_wallets,
        JobName.WALLETS: table.wallets,
        JobName.JOURNALS: table.verify_journals,
    }
    return jobs if signing is None else {**jobs, JobName.CHECKPOINTS: table.sign_journals}
