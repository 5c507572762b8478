"""Liquidations of an account, which the venue tells of twice: at once and without a time, and later in its ledger."""

from typing import Final

from agentic_core.domain.account_events import LiquidationTold
from agentic_core.domain.money import ZERO, Usd, plain
from agentic_core.domain.times import MINUTE_MS, Instant
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.messages.fills import LedgerUpdate, LiquidationNotice
from agentic_hl.wire.units import WireError, decimal_of

__all__ = ["Liquidations"]

_SAME_MS: Final = 10 * MINUTE_MS
_KEPT: Final = 100


class Liquidations:
    """Tells of each once, whichever word comes first; amounts that cannot be read are zero, for the rest matters more.

    Assumed: both words of one liquidation name the same amounts; otherwise it is told of twice.
    """

    def __init__(self, account: Address) -> None:
        """Begin with none."""
        self._account: Final = account
        self._told: Final[list[LiquidationTold]] = []

    def noticed(self, notice: LiquidationNotice, now: Instant) -> LiquidationTold | None:
        """Return what a notice has to tell that came at an instant; None where it is of somebody else, or known."""
        if notice.liquidated_user.lower() != self._account:
            return None
        told = LiquidationTold(
            liquidation_id=str(notice.lid),
            equity=_usd(notice.liquidated_account_value),
            notional=_usd(notice.liquidated_ntl_pos),
            at=now,
        )
        return self._new(told)

    def booked(self, update: LedgerUpdate) -> LiquidationTold | None:
        """Return what an entry of the ledger has to tell; None where it is known."""
        notional = _usd(update.delta.liquidated_ntl_pos)
        told = LiquidationTold(
            liquidation_id=f"ledger:{update.time}:{plain(notional)}",
            equity=_usd(update.delta.account_value),
            notional=notional,
            at=Instant(update.time),
        )
        return self._new(told)

    def _new(self, told: LiquidationTold) -> LiquidationTold | None:
        if any(_is_same(told, other) for other in self._told):
            return None
        self._told.append(told)
        del self._told[:-_KEPT]
        return told


def _is_same(one: LiquidationTold, other: LiquidationTold) -> bool:
    if one.liquidation_id == other.liquidation_id:
        return True
    amounts = (one.equity, one.notional) == (other.equity, other.notional)
    return amounts and abs(one.at - other.at) <= _SAME_MS


def _usd(text: str | None) -> Usd:
    try:
        return Usd(ZERO if text is None else decimal_of(text))
    except WireError:
        return Usd(ZERO)
