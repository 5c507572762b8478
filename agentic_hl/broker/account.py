"""The account as the venue shows it, and what only its owner remembers."""

from collections.abc import Sequence
from typing import Final

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import ZERO, Usd
from agentic_core.domain.position import Position
from agentic_core.domain.times import Instant
from agentic_core.ports.account_memory import AccountMemory
from agentic_hl.wire.conversions import position_of
from agentic_hl.wire.messages.account import ClearinghouseState, SpotState, WirePosition
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.units import WireError

__all__ = ["dollars_of", "snapshot_of"]

_DOLLAR: Final = "USDC"


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
        sums = state.margin_summary.notional
        positions = _positions(held)
    except WireError as exc:
        return Unreadable(cause=str(exc), what="clearinghouseState")
    if isinstance(positions, Unreadable):
        return positions
    if spot is None and exposure and not sums:
        cause = "there are positions and all sums read zero; the owner seems to have changed the account's mode"
        return Unreadable(cause=cause, what="clearinghouseState")
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


def dollars_of(spot: SpotState) -> str | None:
    """Return the dollars of an account that keeps them in its spot balances, as the venue writes them; None for none.

    What positions won is not in them, so they change with fills, fees, funding and transfers alone.
    """
    balance = spot.balance(_DOLLAR)
    return None if balance is None else balance.total


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
