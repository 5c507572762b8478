"""Where the statements of the launch checklist run: a furnished database, at its owner's hands."""

from decimal import Decimal
from typing import cast

from agentic_core.domain import DeploymentId, Fence, Instant, IntentState
from agentic_core.store.postgres import PostgresStore
from tests.support.agent_wallets import live_deployment
from tests.support.by_hand import execute
from tests.support.checklist import BLOCKS
from tests.support.store_under_test import TTL_MS, StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, HELD, LIVE, accepted, decision, fill, intent, uuid_of

__all__ = ["ORDERED", "ChecklistDesk"]

ORDERED = (Decimal("0.00260"), Decimal("46400.100000000000000000"), Decimal("0.054290"))
"""Filled size, average price and fee of an order of these tests after its two fills."""


class ChecklistDesk:
    """A store with a skill and a paper deployment, and the page's blocks with their blanks filled."""

    def __init__(self, database: str, subject: StoreUnderTest) -> None:
        self._database = database
        self.subject = subject
        self.block = ""
        self.ran: set[str] = set()
        self.live = DeploymentId(uuid_of("live"))
        self._fence: Fence | None = None
        self._orders = 0

    @property
    def store(self) -> PostgresStore:
        """The store itself."""
        return cast("PostgresStore", self.subject.store)

    def run(self, block: str = "", *, deployment: DeploymentId = DEPLOYMENT) -> list[tuple[object, ...]]:
        """Run a block of the page, by default the one the test is about, and return its rows."""
        self.ran.add(block or self.block)
        sql = BLOCKS[block or self.block]
        blanks = {"<uuid>": deployment, "<skill-uuid>": self.subject.skill, "<ver>": "1", "<cap>": "200"}
        for blank, value in blanks.items():
            sql = sql.replace(blank, value)
        return execute(self._database, sql)

    def by_hand(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Run SQL that is not on the page."""
        return execute(self._database, statement, *values)

    def now(self) -> Instant:
        """Return the database's time."""
        ((at,),) = self.by_hand("select instant_ms(clock_timestamp())")
        return Instant(cast("int", at))

    async def tick(self, cost: Decimal | None, *, minute: int = 0) -> None:
        """Record a tick of long ago and what it cost."""
        wanted = decision(self.subject.skill, minute=minute, cost=cost)
        await self.store.decisions.record(self.subject.fence, wanted, HELD)

    async def tick_now(self, cost: Decimal | None) -> None:
        """Record a tick of this moment and what it cost."""
        await self.tick(cost)
        key = decision(self.subject.skill).decision_id
        self.by_hand("update decision_snapshots set tick_at = now() where id = %s", key)

    async def go_live(self) -> tuple[DeploymentId, Fence]:
        """Deploy on mainnet and take the lease, unless that was done."""
        if self._fence is None:
            live = await live_deployment(self.store, self.subject.skill)
            lease = await self.store.leases.acquire(LIVE, "runner-1", TTL_MS, deployment=live.id)
            assert lease is not None
            self._fence = Fence(account=LIVE, epoch=lease.epoch)
        return self.live, self._fence

    async def order(self, state: IntentState, *, fills: int, at: Instant = AT) -> tuple[DeploymentId, str]:
        """Place an order on mainnet that came to something, and return its deployment and client order id."""
        live, fence = await self.go_live()
        minute, self._orders = self._orders, self._orders + 1
        wanted = decision(self.subject.skill, minute=minute, run=live, opens=True)
        (prepared,) = await self.store.intents.prepare(fence, wanted, [intent(minute, account=LIVE, run=live)], at=at)
        cloid = prepared.intent.cloid
        executed = [fill(f"{minute}-{number}", cloid, at=at) for number in range(fills)]
        await self.store.intents.settle(fence, prepared, accepted(cloid, state, *executed), at=at)
        return live, cloid
