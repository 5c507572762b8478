"""Mistakes with the money of a chat model, and with what is written down of a turn."""

from decimal import Decimal
from typing import cast

from msgspec.structs import replace

from agentic_core.domain import Bps, Fence, Instant, Usd
from agentic_core.domain.chat import CallId, ChatPurpose, CostCaps, CostSource
from agentic_core.domain.decision import Decision, EngineResult, NoopResult
from agentic_core.runtime.guarding import TickGuards, standard_guards
from agentic_core.runtime.runner_ports import RunnerPorts
from agentic_core.runtime.session import SessionContext
from agentic_core.runtime.standing import Standing
from tests.unattended.mistakes import Call, Mistake
from tests.unattended.plants import Plant

__all__ = ["PLANTED_COSTS"]

_NOTHING = Usd(Decimal(0))
_FORTUNE = Usd(Decimal(1_000_000))


class ReservedAfterwards(Mistake):
    """Money is held when a call is over."""

    def __init__(self) -> None:
        self.changes = {"costs.reserve": self._reserve, "costs.settle": self._settle}
        self._waiting: dict[CallId, tuple[Fence, ChatPurpose, Usd | None, CostCaps, Instant]] = {}

    async def _reserve(
        self,
        _part: object,
        _work: Call,
        fence: Fence,
        call: CallId,
        purpose: ChatPurpose,
        bound: Usd | None,
        caps: CostCaps,
        *,
        at: Instant,
    ) -> None:
        self._waiting[call] = (fence, purpose, bound, caps, at)

    async def _settle(
        self, part: object, work: Call, call: CallId, cost: Usd | None, source: CostSource, *, at: Instant
    ) -> object:
        if call in self._waiting:
            fence, purpose, bound, caps, then = self._waiting.pop(call)
            reserve = cast("Call", getattr(part, "reserve"))  # noqa: B009 - of a repository that is not named here
            await reserve(fence, call, purpose, bound, caps, at=then)
        return await work(call, cost, source, at=at)


class SettledOnSuccess(Mistake):
    """A call without a cost stays held."""

    def __init__(self) -> None:
        self.changes = {"costs.settle": self._settle}

    @staticmethod
    async def _settle(
        _part: object, work: Call, call: CallId, cost: Usd | None, source: CostSource, *, at: Instant
    ) -> object:
        return _NOTHING if source is CostSource.BOUND else await work(call, cost, source, at=at)


class BrokenOffReleased(Mistake):
    """A call that was broken off gives back what was held for it."""

    def __init__(self) -> None:
        self.changes = {"costs.settle": self._settle}

    @staticmethod
    async def _settle(
        _part: object, work: Call, call: CallId, cost: Usd | None, source: CostSource, *, at: Instant
    ) -> object:
        if source is CostSource.BOUND:
            cost, source = _NOTHING, CostSource.NEVER_LEFT
        return await work(call, cost, source, at=at)


class AbandonedForgotten(Mistake):
    """What earlier runners left held is nobody's any more."""

    def __init__(self) -> None:
        self.changes = {"costs.settle_abandoned": self._abandoned}

    @staticmethod
    async def _abandoned(_part: object, _work: Call, *_arguments: object, **_options: object) -> int:
        return 0


class _Caps(Mistake):
    # Every reservation is made under other caps.
    def __init__(self) -> None:
        self.changes = {"costs.reserve": self._reserve}

    def caps(self, caps: CostCaps) -> CostCaps:
        """Return the other ones."""
        return caps

    async def _reserve(  # noqa: PLR0913 - the arguments of a reservation
        self,
        _part: object,
        work: Call,
        fence: Fence,
        call: CallId,
        purpose: ChatPurpose,
        bound: Usd | None,
        caps: CostCaps,
        *,
        at: Instant,
    ) -> object:
        return await work(fence, call, purpose, bound, self.caps(caps), at=at)


class CapsIgnored(_Caps):
    """A month may cost anything."""

    def caps(self, caps: CostCaps) -> CostCaps:
        """Return a fortune."""
        return replace(caps, month_usd=_FORTUNE, day_usd=None)


class DayForgotten(_Caps):
    """A day may cost as much as its month."""

    def caps(self, caps: CostCaps) -> CostCaps:
        """Return them without that of the day."""
        return replace(caps, day_usd=None)


class NothingProtected(_Caps):
    """Looking for something to open may use up what is kept for open positions."""

    def caps(self, caps: CostCaps) -> CostCaps:
        """Return them without the protected share."""
        return replace(caps, protected_bps=Bps(0))


class EveryCallIsUrgent(Mistake):
    """Every call is paid for as one for an open position."""

    def __init__(self) -> None:
        self.changes = {"costs.reserve": self._reserve}

    @staticmethod
    async def _reserve(
        _part: object, work: Call, fence: Fence, call: CallId, _purpose: ChatPurpose, *rest: object, **options: object
    ) -> object:
        return await work(fence, call, ChatPurpose.POSITION, *rest, **options)


class CapsReadOnce(Mistake):
    """The caps are those of the start, whatever the owner writes afterwards."""

    def ports(self, ports: RunnerPorts) -> RunnerPorts:
        """Return them with guards that know no other caps."""

        def guards(context: SessionContext, standing: Standing) -> TickGuards:
            found = standard_guards(context, standing)
            return TickGuards(found.guards[:1], lambda: context.mandate.limits)

        return replace(ports, guards=guards)


class UnusableIsHold(Mistake):
    """An answer that cannot be used is recorded as a wish to do nothing."""

    def __init__(self) -> None:
        self.changes = {"decisions.record": self._record}

    @staticmethod
    async def _record(_part: object, work: Call, fence: Fence, decision: Decision, result: EngineResult) -> object:
        if isinstance(result, NoopResult) and result.reason.startswith("unusable_reply"):
            result = NoopResult(reason="nothing_proposed")
        return await work(fence, decision, result)


class CostOfTheLastCall(Mistake):
    """A decision says what its last call cost, and not all of them."""

    def __init__(self) -> None:
        self.changes = {"decisions.record": self._record}

    @staticmethod
    async def _record(_part: object, work: Call, fence: Fence, decision: Decision, result: EngineResult) -> object:
        costs = [step.cost_usd for step in decision.steps if step.cost_usd is not None]
        if costs:
            decision = replace(decision, usage=replace(decision.usage, cost_usd=costs[-1]))
        return await work(fence, decision, result)


PLANTED_COSTS = (
    Plant(ReservedAfterwards(), ("garble",), "no money was held for it"),
    Plant(SettledOnSuccess(), ("costs",), "is still held at the end"),
    Plant(BrokenOffReleased(), ("waits",), "counts as one that never left"),
    Plant(AbandonedForgotten(), ("kills", "waits"), "is still held at the end"),
    Plant(CapsIgnored(), ("caps",), "USD a month are gone"),
    Plant(DayForgotten(), ("caps",), "USD a day are gone"),
    Plant(NothingProtected(), ("caps",), "(look)"),
    Plant(EveryCallIsUrgent(), ("garble",), "as one for a position, and nothing was held"),
    Plant(CapsReadOnce(), ("caps",), "was paid for (position)"),
    Plant(UnusableIsHold(), ("garble",), "and is recorded as Noop"),
    Plant(CostOfTheLastCall(), ("tools",), "its calls come to"),
)
"""Each with the words by which it is found."""
