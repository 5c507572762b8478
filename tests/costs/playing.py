"""Play an interleaving on a ledger, and judge every step of it."""

from collections import defaultdict, deque
from decimal import Decimal
from typing import NamedTuple

from agentic_core.domain import DAY_MS, DecisionId, DeploymentId, Fence, Instant, Usd
from agentic_core.domain.chat import CallId, CallRecord, ChatPurpose, CostCaps
from agentic_core.errors import Conflict
from agentic_core.ports.repositories import Store
from tests.costs.judge import above_caps, wrong_grant, wrong_refusal, wrong_standing
from tests.costs.script import Does, Move, Script
from tests.support.stored_values import uuid_of

__all__ = ["Ground", "play"]

_TTL_MS = 3_600_000
_MICROCENT = Decimal("0.00000001")


class Ground(NamedTuple):
    """Where an interleaving is played."""

    store: Store
    fence: Fence
    deployment: DeploymentId
    begins: Instant
    name: str
    """Makes the ids of its calls."""


class _UnderWay(NamedTuple):
    call: CallId
    purpose: ChatPurpose
    bound: Usd


async def play(ground: Ground, script: Script) -> tuple[CallRecord, ...]:
    """Return the calls that were held, after the last step.

    Raises:
        AssertionError: a step was wrong.
    """
    player = _Player(ground, script.caps)
    for move in script.moves:
        await player.step(move)
    return await player.known()


class _Player:
    def __init__(self, ground: Ground, caps: CostCaps) -> None:
        self._ground = ground
        self._costs = ground.store.costs
        self._caps = caps
        self._fence = ground.fence
        self._now = ground.begins
        self._asked = 0
        self._held: list[CallId] = []
        self._under_way: defaultdict[int, deque[_UnderWay]] = defaultdict(deque)

    async def known(self) -> tuple[CallRecord, ...]:
        found = [await self._costs.find(call) for call in self._held]
        return tuple(record for record in found if record is not None)

    async def step(self, move: Move) -> None:
        self._now = Instant(self._now + move.days * DAY_MS)
        match move.does:
            case Does.ASKS:
                await self._ask(move)
            case Does.ASKS_AGAIN:
                await self._ask_again(move)
            case Does.HEARS:
                await self._hear(move)
            case Does.CRASHES:
                await self._crash()
            case Does.SWEEPS:
                await self._costs.settle_abandoned(self._fence, self._ground.deployment, at=self._now)
        await self._judge()

    async def _judge(self) -> None:
        calls = await self.known()
        assert len(calls) == len(self._held)
        assert above_caps(calls, self._caps) is None
        told = await self._costs.standing(self._ground.deployment, self._now)
        assert wrong_standing(calls, told, self._now) is None

    async def _ask(self, move: Move) -> None:
        self._asked += 1
        decision = DecisionId(uuid_of(f"{self._ground.name} {self._asked // 3}"))
        call = CallId(deployment=self._ground.deployment, decision=decision, step=self._asked % 3)
        before = await self._costs.standing(call.deployment, self._now)
        refused = await self._costs.reserve(self._fence, call, move.purpose, move.bound, self._caps, at=self._now)
        if refused is not None or move.bound is None:
            assert refused is not None, "what cannot be bounded was granted"
            assert wrong_refusal(before, self._caps, move.purpose, move.bound) is None
            return
        self._held.append(call)
        self._under_way[move.who].append(_UnderWay(call, move.purpose, move.bound))
        after = await self._costs.standing(call.deployment, self._now)
        assert wrong_grant(after, self._caps, move.purpose) is None

    async def _ask_again(self, move: Move) -> None:
        if not self._under_way[move.who]:
            return
        call, purpose, bound = self._under_way[move.who][0]
        try:
            refused = await self._costs.reserve(self._fence, call, purpose, bound, self._caps, at=self._now)
        except Conflict:
            known = await self._costs.find(call)
            assert known is not None
            assert known.cost_usd is not None
        else:
            assert refused is None

    async def _hear(self, move: Move) -> None:
        if not self._under_way[move.who]:
            return
        call, _, bound = self._under_way[move.who].popleft()
        share, source = move.heard
        before = await self._costs.find(call)
        assert before is not None
        counted = await self._costs.settle(call, None if share is None else Usd(bound * share), source, at=self._now)
        if before.cost_usd is not None:
            assert counted == before.cost_usd
        elif share is None:
            assert counted == bound
        else:
            assert 0 <= counted - bound * share < _MICROCENT

    async def _crash(self) -> None:
        # Some of its callers come back late, with the fence they had, and some never.
        lease = await self._ground.store.leases.acquire(self._fence.account, "runner-1", _TTL_MS)
        assert lease is not None
        self._fence = Fence(account=lease.account, epoch=lease.epoch)
