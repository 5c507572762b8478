"""A desk over a ledger in memory, with a chat model and a database that do as they are told."""

from decimal import Decimal

import anyio

from agentic_core.chat.toolbox import Toolbox
from agentic_core.domain import DeploymentId, Fence, Instant, Usd
from agentic_core.domain.chat import CallId, CallRecord, ChatPurpose, CostCaps, CostSource
from agentic_core.domain.ids import AccountKey, DecisionId
from agentic_core.errors import StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.chat_model import CallOutcome, CallUsage, ChatModel, ChatRequest
from agentic_core.runtime.chat_desk import ChatDesk, DeskPorts
from agentic_core.store.memory import MemoryStore
from tests.support.markets import AT, Paper
from tests.support.thinking import thinking_by

__all__ = ["BOUND", "CENT", "ME", "Answers", "DeskRoom", "call_of", "priced"]

D = Decimal
BOUND = Usd(D("0.4"))
CENT = Usd(D("0.01"))
ME = DeploymentId("6d1f0f0e-58d4-8a0b-9a55-64fd3bb0e3a1")
CAPS = CostCaps(month_usd=Usd(D(1)))


def call_of(step: int = 0) -> CallId:
    """Return the id of a call."""
    return CallId(deployment=ME, decision=DecisionId("d"), step=step)


def priced(cost: Usd | None) -> CallUsage:
    """Return what an answer says that it cost."""
    return CallUsage(cost_usd=cost)


class Answers:
    """A chat model that does as it is told, and knows afterwards what its answers cost."""

    model_id = "by-hand"

    def __init__(self, outcome: CallOutcome | Exception | None, *, knows: Usd | None = None) -> None:
        self._outcome = outcome
        self._knows = knows
        self.looked_up: list[str] = []

    def bound(self, request: ChatRequest) -> Usd | None:
        """Return the bound."""
        return BOUND

    async def call(self, call: CallId, request: ChatRequest, *, within_ms: int) -> CallOutcome:
        """Answer, fail, or never come back."""
        if self._outcome is None:
            await anyio.sleep_forever()
            raise AssertionError
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    async def cost_of(self, generation: str) -> Usd | None:
        """Say what is known."""
        self.looked_up.append(generation)
        return self._knows


class DeskRoom:
    """A desk over a ledger in memory, under a lease."""

    def __init__(self, chat_model: ChatModel, *, tools: Toolbox | None = None, books: bool = False) -> None:
        self.store = MemoryStore(now=lambda: AT)
        self.ledger = Doubtful(self.store)
        self.said: list[tuple[LogEvent, dict[str, str | int | None]]] = []
        self.slept: list[float] = []
        self._thinking = thinking_by(chat_model, tools=tools)
        self._books = Paper().books if books else None

    async def desk(self) -> ChatDesk:
        """Take the lease and open the desk."""
        lease = await self.store.leases.acquire(AccountKey("here"), "me", 60_000)
        assert lease is not None

        def say(event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
            self.said.append((event, facts))

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        ports = DeskPorts(
            ledger=self.ledger,
            fence=Fence(account=lease.account, epoch=lease.epoch),
            now=lambda: AT,
            sleep=sleep,
            say=say,
            books=self._books,
        )
        return ChatDesk(self._thinking, ports, lambda: CAPS)

    async def cost(self, step: int = 0) -> tuple[Usd | None, CostSource | None]:
        """Return what a call counts as, and how that is known."""
        record = await self.store.costs.find(call_of(step))
        assert record is not None
        return record.cost_usd, record.source


class Doubtful:
    """The ledger of a store whose connection breaks when it is told to."""

    def __init__(self, store: MemoryStore) -> None:
        self._inner = store.costs
        self.calls = store.costs.calls
        self.standing = store.costs.standing
        self.settle_abandoned = store.costs.settle_abandoned
        self.breaks: list[tuple[str, bool]] = []
        """What breaks next: the method, and whether it is done all the same."""

    async def reserve(
        self, fence: Fence, call: CallId, purpose: ChatPurpose, bound: Usd | None, caps: CostCaps, *, at: Instant
    ) -> str | None:
        """Hold money, or break."""
        lost = self._lost("reserve")
        found = await self._inner.reserve(fence, call, purpose, bound, caps, at=at) if lost is not False else None
        if lost is not None:
            raise StoreUnavailable("gone", commit_unknown=True)
        return found

    async def settle(self, call: CallId, cost: Usd | None, source: CostSource, *, at: Instant) -> Usd:
        """Settle, or break."""
        lost = self._lost("settle")
        if lost is False:
            raise StoreUnavailable("gone", commit_unknown=True)
        counted = await self._inner.settle(call, cost, source, at=at)
        if lost is not None:
            raise StoreUnavailable("gone", commit_unknown=True)
        return counted

    async def find(self, call: CallId) -> CallRecord | None:
        """Look, or break."""
        if self._lost("find") is not None:
            raise StoreUnavailable("gone")
        return await self._inner.find(call)

    def _lost(self, what: str) -> bool | None:
        if self.breaks and self.breaks[0][0] == what:
            return self.breaks.pop(0)[1]
        return None
