"""One deployment after the other on one account, in the store in memory and in PostgreSQL, journaled in both."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from msgspec.structs import replace

from agentic_core.domain import (
    AccountKey,
    BrokerKind,
    Decision,
    DeploymentRecord,
    Fence,
    Instant,
    PreparedIntent,
    SkillId,
    UserId,
    paper_account,
)
from agentic_core.domain.deployment_states import OCCUPYING_STATUSES
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.records import Command
from agentic_core.errors import AgenticError
from agentic_core.store.memory import MemoryStore
from agentic_core.store.postgres import PostgresStore
from tests.support.agent_wallets import approved_wallet
from tests.support.by_hand import execute
from tests.support.stored_values import AT, deployment, hash_of, uuid_of

__all__ = ["HOLDERS", "TTL_MS", "Half", "JournalRoom", "Said"]

TTL_MS = 3_600_000
HOLDERS = ("runner-1", "runner-2")
_LATE = """
update leases set expires_at = clock_timestamp() - interval '1 millisecond'
where account_key = %s and expires_at > clock_timestamp()
"""
_PAYLOAD = '{"model":"rules"}'

Said = tuple[type[AgenticError], str]


class _Clock:
    def __init__(self) -> None:
        self.at = AT

    def now(self) -> Instant:
        return self.at


@dataclass(slots=True, kw_only=True)
class Half:
    """One of the two stores."""

    store: MemoryStore | PostgresStore
    run_out: Callable[[AccountKey], None]
    """Let the account's lease run out."""
    commands: list[Command] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class JournalRoom:
    """Both stores, and what they have in common."""

    number: int
    """No other room of this database has it."""
    is_live: bool
    skill: SkillId
    memory: Half
    postgres: Half
    deployments: list[DeploymentRecord] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)
    made: list[PreparedIntent] = field(default_factory=list)
    decided: list[Decision] = field(default_factory=list)
    """Decisions whose orders were prepared."""
    before: int = 0
    """How many orders earlier deployments made."""
    ticks: int = 0

    @classmethod
    async def open(cls, number: int, database: PostgresStore, dsn: str, *, is_live: bool) -> "JournalRoom":
        """Furnish both with a skill, a deployment and its lease."""
        clock = _Clock()

        def wait(account: AccountKey) -> None:
            clock.at = Instant(clock.at + TTL_MS + 1)

        def expire(account: AccountKey) -> None:
            execute(dsn, _LATE, account)

        memory = Half(store=MemoryStore(clock.now, journaled=True), run_out=wait)
        postgres = Half(store=database, run_out=expire)
        user = UserId(uuid_of(f"user {number}"))
        skills = {await _furnished(half, user, number, is_live=is_live) for half in (memory, postgres)}
        room = cls(number=number, is_live=is_live, skill=skills.pop(), memory=memory, postgres=postgres)
        assert not skills, "both stores name the skill alike"
        await room.deploy()
        return room

    @property
    def halves(self) -> tuple[Half, Half]:
        """Both stores."""
        return self.memory, self.postgres

    @property
    def running(self) -> DeploymentRecord:
        """The newest deployment, as it was made."""
        return self.deployments[-1]

    @property
    def account(self) -> AccountKey:
        """The account that it trades."""
        return self.running.account_key

    @property
    def signer(self) -> str:
        """The address that signs."""
        return _address(self.number, "a")

    def orders_to(self, half: Half, which: int) -> Command | None:
        """Return one of the commands of the newest deployment, whose runner sees no other's; None where it has none."""
        own = [command for command in half.commands if command.deployment_id == self.running.id]
        return own[which % len(own)] if own else None

    async def both(self, work: Callable[[Half], Awaitable[object]]) -> object:
        """Do something to each store, and return what came of it: the same, a refusal with its words."""
        memory, postgres = [await _came_of(work(half)) for half in self.halves]
        assert memory == postgres, (memory, postgres)
        return memory

    async def deploy(self) -> None:
        """Deploy once more, unless the newest deployment still takes the place.

        On paper once only: another deployment is another account there.
        """
        count = len(self.deployments)
        if count and not self.is_live:
            return
        if count and (await self.memory.store.deployments.load(self.running.id)).status in OCCUPYING_STATUSES:
            return
        key = DeploymentId(uuid_of(f"deployment {count} of room {self.number}"))
        kind = BrokerKind.HYPERLIQUID_MAINNET if self.is_live else BrokerKind.PAPER
        made = replace(
            deployment(self.skill, broker=kind),
            id=key,
            user_id=UserId(uuid_of(f"user {self.number}")),
            account_key=AccountKey(f"mainnet:{_address(self.number, 'b')}") if self.is_live else paper_account(key),
            hyperliquid_agent_id=await self._wallet() if self.is_live else None,
        )
        assert await self.both(lambda half: half.store.deployments.create(made)) is None
        self.deployments.append(made)
        self.before = len(self.made)
        await self.take_lease(0)

    async def take_lease(self, holder: int) -> None:
        """Let somebody take the lease, if it may be taken."""
        account, run = self.account, self.running.id
        taken = await self.both(
            lambda half: half.store.leases.acquire(account, HOLDERS[holder], TTL_MS, deployment=run)
        )
        if taken is not None:
            lease = await self.memory.store.leases.read(account)
            assert lease is not None
            self.fences.append(Fence(account=account, epoch=lease.epoch))

    async def _wallet(self) -> str:
        wallet = await self.memory.store.wallets.find(self.signer)
        assert wallet is not None
        return wallet.id


async def _came_of(work: Awaitable[object]) -> object | Said:
    try:
        return await work
    except AgenticError as error:
        return type(error), str(error)


async def _furnished(half: Half, user: UserId, number: int, *, is_live: bool) -> SkillId:
    saved = await half.store.skills.save(
        user, name="Crossing", slug="crossing", payload=_PAYLOAD, payload_hash=hash_of(_PAYLOAD)
    )
    if is_live:
        await approved_wallet(half.store, user=user, address=_address(number, "a"), master=_address(number, "b"))
    return saved.skill_id


def _address(number: int, letter: str) -> str:
    return f"0x{letter}{number:039x}"
