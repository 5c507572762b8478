"""Deployments in a store, with runners that were heard of at some time, for whoever looks for silent ones."""

from agentic_core.domain import (
    AccountKey,
    BrokerKind,
    DeploymentId,
    DeploymentStatus,
    Fence,
    Instant,
    Lease,
    SkillId,
    paper_account,
)
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.units import UnitStore
from tests.support.agent_wallets import approved_wallet
from tests.support.stored_values import USER, deployment, hash_of, state, uuid_of

__all__ = ["LEASE_MS", "Heard", "WatchedPlace", "paper_of", "payload_of"]

LEASE_MS = 15_000


def payload_of(interval: str) -> str:
    """Return a skill that decides so often, as far as anybody looks at it here."""
    return f'{{"schedule":{{"interval":"{interval}"}}}}'


class Heard:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[tuple[LogEvent, LogLevel, str]] = []

    def __call__(
        self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None
    ) -> None:
        """Keep one line."""
        self.lines.append((event, level, message))

    @property
    def events(self) -> list[LogEvent]:
        """What was said, by name."""
        return [event for event, _, _ in self.lines]


class WatchedPlace:
    """A store with deployments that run as tests say; skills are saved once for each interval."""

    def __init__(self, store: UnitStore) -> None:
        self.store = store

    async def add(
        self,
        name: str,
        *,
        status: DeploymentStatus = DeploymentStatus.RUNNING,
        interval: str = "5m",
        account: AccountKey | None = None,
    ) -> DeploymentId:
        """Make a deployment, on paper unless it shares an account."""
        broker = BrokerKind.PAPER if account is None else BrokerKind.HYPERLIQUID_MAINNET
        if account is not None:
            await approved_wallet(self.store)
        skill = await self._skill(f"{name}-{interval}", interval)
        record = deployment(skill, name=name, status=status, broker=broker, account=account)
        await self.store.deployments.create(record)
        return record.id

    async def heard(self, name: str, at: Instant) -> Lease:
        """Let its runner take the lease and write its state at a time."""
        run = DeploymentId(uuid_of(name))
        account = (await self.store.deployments.load(run)).account_key
        lease = await self.store.leases.acquire(account, f"runner of {name}", LEASE_MS, deployment=run)
        assert lease is not None
        await self.tell(lease, run, at)
        return lease

    async def tell(self, lease: Lease, run: DeploymentId, at: Instant) -> None:
        """Write a state under a lease."""
        fence = Fence(account=lease.account, epoch=lease.epoch)
        await self.store.states.write(fence, state("100", deployment=run, at=at - 17))

    async def _skill(self, slug: str, interval: str) -> SkillId:
        payload = payload_of(interval)
        saved = await self.store.skills.save(USER, name=slug, slug=slug, payload=payload, payload_hash=hash_of(payload))
        return saved.skill_id


def paper_of(name: str) -> AccountKey:
    """Return the account of a deployment on paper."""
    return paper_account(DeploymentId(uuid_of(name)))
