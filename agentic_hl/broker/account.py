"""The account as the venue shows it, and what only its owner remembers."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from agentic_core.domain.account import AccountSnapshot, DayCounters
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import ZERO, Usd
from agentic_core.domain.order import OpenIntent
from agentic_core.domain.position import Position
from agentic_core.domain.times import Instant
from agentic_hl.wire.conversions import position_of
from agentic_hl.wire.messages.account import ClearinghouseState, SpotState, WirePosition
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.units import WireError

__all__ = ["AccountMemory", "Remembered", "snapshot_of"]

_DOLLAR: Final = "USDC"


class Remembered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the venue cannot know of an account."""

    day: DayCounters
    peak: Usd
    unresolved: int = 0
    open_intents: tuple[OpenIntent, ...] = ()


class AccountMemory(Protocol):
    """Keeps what outlives a process: counters of the day, the peak, and the intents that have not ended."""

    def recall(self, as_of: Instant, equity: Usd) -> Remembered:
        """Return what is remembered as of an instant at which the account had this value."""
        ...


def snapshot_of(
    state: ClearinghouseState, spot: SpotState | None, memory: AccountMemory
) -> AccountSnapshot | Unreadable:
    """Return an account; `spot` is given where its dollars lie in the spot balances.

    Of such an account the sums beside the positions read zero, so equity is the balance and what the positions won.
    """
    held = [position for position in state.positions if position.szi]
    try:
        equity = _equity(state, spot, held)
        exposure = sum((abs(one.notional) for one in held), ZERO)
        margin = sum((one.margin for one in held), ZERO)
        positions = _positions(held)
    except WireError as exc:
        return Unreadable(cause=str(exc), what="clearinghouseState")
    if isinstance(positions, Unreadable):
        return positions
    as_of = Instant(state.time)
    known = memory.recall(as_of, equity)
    return AccountSnapshot(
        as_of=as_of,
        equity=equity,
        margin_used=Usd(margin),
        exposure_usd=Usd(exposure),
        day=known.day,
        peak=known.peak,
        positions=positions,
        unresolved=known.unresolved,
        open_intents=known.open_intents,
    )


def _equity(state: ClearinghouseState, spot: SpotState | None, held: Sequence[WirePosition]) -> Usd:
    if spot is None:
        return Usd(state.margin_summary.equity)
    balance = spot.balance(_DOLLAR)
    settled = ZERO if balance is None else balance.amount
    return Usd(sum((one.unrealised_profit for one in held), settled))


def _positions(held: Sequence[WirePosition]) -> dict[Symbol, Position] | Unreadable:
    found: dict[Symbol, Position] = {}
    for each in held:
        position = position_of(each)
        if isinstance(position, Unreadable):
            return position
        if position.size:
            found[position.symbol] = position
    return found
