"""Movements of money, as what the traded account gained by them.

Where perpetuals and spot are kept apart, the traded account is the side of the perpetuals: what moves on the spot side
does not touch it. Where they are one, dollars on either side are its own.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from agentic_core.domain.account_events import Transfer
from agentic_core.domain.money import ZERO, Usd, plain
from agentic_core.domain.times import Instant
from agentic_hl.account.followed import FollowedAccount
from agentic_hl.wire.messages.fills import LedgerDelta, LedgerUpdate
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.units import WireError, decimal_of

__all__ = ["LIQUIDATION", "transfer_of"]

LIQUIDATION: Final = "liquidation"
"""The type of an entry that tells of a liquidation, whose money moves by its fills."""

_DOLLAR: Final = "USDC"


def transfer_of(update: LedgerUpdate, account: FollowedAccount) -> Transfer | Unreadable | None:
    """Return a movement of money; None where the traded account neither gained nor lost by it.

    A type that is not known here counts by whom it names: it went where another one got it, and came otherwise. Taking
    for a gain what was none makes the day's loss look larger, never smaller.
    """
    kind = update.delta.type
    try:
        amount = _RULES.get(kind, _unknown)(_Movement(update.delta, account))
    except WireError as exc:
        return Unreadable(cause=f"{kind} at {update.time}: {exc}", what="userNonFundingLedgerUpdates")
    if not amount:
        return None
    return Transfer(
        transfer_id=f"{update.time}:{kind}:{plain(amount)}:{update.hash}",
        kind=kind,
        amount=Usd(amount),
        at=Instant(update.time),
    )


class _Movement:
    # One entry of the ledger, seen by one account.
    def __init__(self, delta: LedgerDelta, account: FollowedAccount) -> None:
        self.delta: Final = delta
        self.is_united: Final = account.is_united
        self.is_mine: Final = _is(delta.user, account)
        self.is_for_me: Final = _is(delta.destination, account)

    @property
    def is_in_dollars(self) -> bool:
        return self.delta.token in {None, _DOLLAR}

    @property
    def dollars(self) -> Decimal:
        delta = self.delta
        return _number(delta.usdc or delta.amount or delta.usdc_value or delta.net_withdrawn_usd)

    @property
    def cost(self) -> Decimal:
        # What it costs whoever gives the money away.
        fee, token = self.delta.fee, self.delta.fee_token or _DOLLAR
        return self.dollars + (decimal_of(fee) if fee and token == _DOLLAR else ZERO)


def _came(move: _Movement) -> Decimal:
    return move.dollars


def _went(move: _Movement) -> Decimal:
    return -move.cost


def _left_vault(move: _Movement) -> Decimal:
    return _number(move.delta.net_withdrawn_usd)


def _between_sides(move: _Movement) -> Decimal:
    if move.is_united:
        return ZERO
    if move.delta.to_perp is None:
        message = "it does not say which way the money went"
        raise WireError(message)
    return move.dollars if move.delta.to_perp else -move.dollars


def _between_users(move: _Movement) -> Decimal:
    return (move.dollars if move.is_for_me else ZERO) - (move.cost if move.is_mine else ZERO)


def _between_spots(move: _Movement) -> Decimal:
    return _between_users(move) if move.is_united and move.is_in_dollars else ZERO


def _sent(move: _Movement) -> Decimal:
    if move.is_united or not move.is_in_dollars:
        return _between_spots(move)
    is_given = move.is_mine and not move.delta.source_dex
    is_got = move.is_for_me and not move.delta.destination_dex
    return (move.dollars if is_got else ZERO) - (move.cost if is_given else ZERO)


def _nowhere(_move: _Movement) -> Decimal:
    return ZERO


def _unknown(move: _Movement) -> Decimal:
    if not move.is_in_dollars:
        return ZERO
    is_given = move.is_mine and move.delta.destination is not None and not move.is_for_me
    return -move.cost if is_given else move.dollars


def _is(address: str | None, account: FollowedAccount) -> bool:
    return address is not None and address.lower() == account.address


def _number(text: str | None) -> Decimal:
    if text is None:
        message = "it names no amount"
        raise WireError(message)
    return decimal_of(text)


_RULES: Final[Mapping[str, Callable[[_Movement], Decimal]]] = MappingProxyType(
    {
        LIQUIDATION: _nowhere,
        "accountClassTransfer": _between_sides,
        "deposit": _came,
        "internalTransfer": _between_users,
        "reserveRequestWeight": _went,
        "send": _sent,
        "spotTransfer": _between_spots,
        "subAccountTransfer": _between_users,
        "vaultCreate": _went,
        "vaultDeposit": _went,
        "vaultWithdraw": _left_vault,
        "withdraw": _went,
    }
)
