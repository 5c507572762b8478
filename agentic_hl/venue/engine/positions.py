"""What a fill does to a position and to the cash beside it.

Cash is reckoned as the venue's `totalRawUsd`: a purchase takes `sz · px` out of it at once, so equity is cash plus what
the units are worth at mark, and what one side pays the other gets, to the last digit. Two amounts are rounded, both
only between pockets of one account: isolated margin moves in whole millionths of a USD (up when set apart, down when
released, everything when the position is closed), and the cost that a partial close releases has 18 decimals.

Assumed: isolated margin is set apart at the fill price; a partial close releases its part of what the position is
worth at the fill price (nothing if that is negative), and in a liquidation nothing; fees come out of the cash of the
account, of an isolated position in liquidation out of its own margin.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from agentic_hl.venue.entities import Account, Leverage, Position
from agentic_hl.venue.exact import divided

__all__ = ["apply_fill", "close_isolated"]

_ZERO = Decimal(0)
_MICRO = Decimal("0.000001")
_ATTO = Decimal("1E-18")


def apply_fill(
    account: Account,
    position: Position,
    leverage: Leverage,
    signed: Decimal,
    px: Decimal,
    *,
    keeps_margin: bool = False,
) -> Decimal:
    """Buy (positive) or sell units at a price, fees aside; the part that closes goes before the part that opens.

    With `keeps_margin`, a partial close leaves all isolated margin where it is.

    Returns:
        The profit of what was closed, before fees.
    """
    closing = _closing_part(position.szi, signed)
    closed_pnl = _close(account, position, closing, px, keeps_margin=keeps_margin) if closing else _ZERO
    opening = signed - closing
    if opening:
        _open(account, position, leverage, opening, px)
    position.funding_since_change = _ZERO
    return closed_pnl


def close_isolated(account: Account, position: Position) -> None:
    """Give back what a flat position still holds apart."""
    if position.isolated_usd is not None:
        account.cash += position.isolated_usd
        position.isolated_usd = None


def _closing_part(szi: Decimal, signed: Decimal) -> Decimal:
    if not szi or (szi > 0) == (signed > 0):
        return _ZERO
    return signed if abs(signed) <= abs(szi) else -szi


def _close(account: Account, position: Position, signed: Decimal, px: Decimal, *, keeps_margin: bool) -> Decimal:
    whole = signed == -position.szi
    cost = position.entry_ntl
    released = cost if whole else divided(cost * abs(signed), abs(position.szi), _ATTO)
    closed_pnl = -signed * px - released
    margin, part, held = position.isolated_usd, abs(signed), abs(position.szi)
    worth = (margin or _ZERO) + position.szi * px
    position.szi += signed
    position.entry_ntl -= released
    if margin is None:
        account.cash -= signed * px
    else:
        position.isolated_usd = margin - signed * px
        if not whole and not keeps_margin:
            freed = max(_ZERO, divided(worth * part, held, _MICRO, ROUND_FLOOR))
            position.isolated_usd -= freed
            account.cash += freed
    if whole:
        close_isolated(account, position)
    return closed_pnl


def _open(account: Account, position: Position, leverage: Leverage, signed: Decimal, px: Decimal) -> None:
    if not position.szi:
        position.funding_since_open = _ZERO
        position.isolated_usd = None if leverage.is_cross else _ZERO
    position.szi += signed
    position.entry_ntl += signed * px
    if position.isolated_usd is None:
        account.cash -= signed * px
        return
    margin = divided(abs(signed) * px, Decimal(leverage.value), _MICRO, ROUND_CEILING)
    account.cash -= margin
    position.isolated_usd += margin - signed * px
