"""What a runner says about calls of its chat model, each as one transaction; see `acts` for what that is."""

from decimal import Decimal
from hashlib import sha256
from typing import Final

from agentic_core.domain import Usd
from agentic_core.domain.chat import CallId, ChatPurpose, CostCaps, CostSource
from agentic_core.ports.tape import TapeEntry, TapeKey
from tests.support.acts import Act, Room, at
from tests.support.stored_values import DEPLOYMENT, decision

__all__ = ["CHAT_ACTS"]

_BOUND: Final = Usd(Decimal("0.05"))
_CAPS: Final = CostCaps(month_usd=Usd(Decimal(1_000_000)))


def _call(room: Room, minute: int, *, step: int = 0) -> CallId:
    return CallId(deployment=DEPLOYMENT, decision=decision(room.skill, minute=minute).decision_id, step=step)


async def _hold(room: Room, minute: int, *, step: int = 0) -> None:
    call = _call(room, minute, step=step)
    refused = await room.store.costs.reserve(room.fence, call, ChatPurpose.LOOK, _BOUND, _CAPS, at=at(minute))
    assert refused is None


class Hold(Act):
    """The most a call can cost, of a month in which something was held before."""

    name = "hold"
    told = "holds 0.05"
    writes = "+chat_months ~chat_months +chat_calls ~chat_months"
    records = ""
    rows = "+1 chat_calls"
    before_commit = 4

    async def ground(self, room: Room, minute: int) -> None:
        """Hold another call."""
        await _hold(room, minute, step=1)

    async def say(self, room: Room, minute: int) -> None:
        """Hold it."""
        await _hold(room, minute)

    async def read(self, room: Room, minute: int) -> str:
        """Look for the call."""
        known = await room.owner.costs.find(_call(room, minute))
        return "" if known is None else f"holds {known.bound_usd:.2f}"


class SettleCall(Act):
    """What a call cost."""

    name = "settle a call"
    told = "cost 0.01 as reported"
    writes = "~chat_calls ~chat_months"
    records = ""
    rows = ""

    async def ground(self, room: Room, minute: int) -> None:
        """Hold it."""
        await _hold(room, minute)

    async def say(self, room: Room, minute: int) -> None:
        """Settle it."""
        cost = Usd(Decimal("0.01"))
        await room.store.costs.settle(_call(room, minute), cost, CostSource.REPORTED, at=at(minute))

    async def read(self, room: Room, minute: int) -> str:
        """Look for its cost."""
        known = await room.owner.costs.find(_call(room, minute))
        return "" if known is None or known.cost_usd is None else f"cost {known.cost_usd:.2f} as {known.source}"


class KeepExchange(Act):
    """One exchange, on the tape."""

    name = "keep an exchange"
    told = "because"
    writes = "+chat_tape"
    records = ""
    rows = "+1 chat_tape"

    async def say(self, room: Room, minute: int) -> None:
        """Keep it."""
        request = f"asked in minute {minute}".encode()
        entry = TapeEntry(
            key=TapeKey(f"{sha256(request).hexdigest()}/0"),
            call=_call(room, minute),
            request=request,
            status=200,
            body=b"because",
            recorded_at=at(minute),
        )
        await room.store.tapes.of(DEPLOYMENT).keep(entry)

    async def read(self, room: Room, minute: int) -> str:
        """Look for it."""
        digest = sha256(f"asked in minute {minute}".encode()).hexdigest()
        found = await room.owner.tapes.of(DEPLOYMENT).find(TapeKey(f"{digest}/0"))
        return "" if found is None else found.body.decode()


CHAT_ACTS: Final[tuple[Act, ...]] = (Hold(), SettleCall(), KeepExchange())
