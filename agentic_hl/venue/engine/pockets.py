"""Money comes, goes and changes pockets; the books say where all of it is."""

from collections.abc import Mapping
from decimal import Decimal

from agentic_hl.venue.engine.margin import collateral, most_withdrawable
from agentic_hl.venue.engine.state import Desk, State
from agentic_hl.venue.engine.tiers import PARTS
from agentic_hl.venue.entities import Account, LedgerMoved
from agentic_hl.venue.exact import figure
from agentic_hl.venue.protocol import catalogue
from agentic_hl.venue.terms import Mode, Pocket, Refused, Side

__all__ = ["available", "books", "move_money"]

_ZERO = Decimal(0)


def available(state: State, pocket: Pocket) -> Decimal:
    """Tell how much may leave a pocket, to 28 digits."""
    desk = state.desks.get(pocket.address)
    return _ZERO if desk is None else figure(_available_parts(state, desk, pocket.side), PARTS)


def move_money(
    state: State,
    source: Pocket | None,
    destination: Pocket | None,
    usd: Decimal,
    *,
    delta: Mapping[str, object],
    fee: Decimal,
) -> None:
    """Move money; None is the world outside, which never lacks any.

    Raises:
        Refused: the amount is not positive, or more than there is.
    """
    if usd <= 0 or fee < 0:
        raise Refused(catalogue.ZERO_AMOUNT)
    if source is None:
        state.deposited += usd + fee
    else:
        desk = state.desks.get(source.address)
        if desk is None or (usd + fee) * PARTS > _available_parts(state, desk, source.side):
            raise Refused(catalogue.NO_BALANCE_TO_WITHDRAW if destination is None else catalogue.NO_BALANCE_TO_SEND)
        _add(desk.account, source.side, -(usd + fee))
        state.unsettled[source.address] = desk
    state.fees += fee
    if destination is None:
        state.withdrawn += usd
    else:
        _add(state.desk(destination.address).account, destination.side, usd)
    for address in dict.fromkeys(pocket.address for pocket in (source, destination) if pocket is not None):
        _note(state, state.desk(address), delta)


def books(state: State) -> dict[str, Decimal]:
    """List every pot of money; deposits count negative, so that all sum to 0."""
    accounts = [desk.account for desk in state.desks.values()]
    return {
        "cash": sum((account.cash for account in accounts), _ZERO),
        "isolated": sum((_apart(account) for account in accounts), _ZERO),
        "spot": sum((account.spot_usdc for account in accounts), _ZERO),
        "fees": state.fees,
        "liquidator": _all_of(state.liquidator.account),
        "house": _all_of(state.house.account),
        "withdrawn": state.withdrawn,
        "deposited": -state.deposited,
    }


def _available_parts(state: State, desk: Desk, side: Side) -> Decimal:
    if side is Side.SPOT and desk.account.mode is not Mode.UNIFIED:
        return desk.account.spot_usdc * PARTS
    return most_withdrawable(state, desk)


def _add(account: Account, side: Side, usd: Decimal) -> None:
    if account.mode is Mode.UNIFIED or side is Side.SPOT:
        account.spot_usdc += usd
    else:
        account.cash += usd
    if collateral(account) > 0 or account.spot_usdc > 0:
        account.deposited = True


def _note(state: State, desk: Desk, delta: Mapping[str, object]) -> None:
    moved = LedgerMoved(user=desk.account.address, time=state.now, delta=dict(delta))
    desk.account.ledger.append(moved)
    state.events.append(moved)


def _apart(account: Account) -> Decimal:
    return sum((p.isolated_usd for p in account.positions.values() if p.isolated_usd is not None), _ZERO)


def _all_of(account: Account) -> Decimal:
    return account.cash + account.spot_usdc + _apart(account)
