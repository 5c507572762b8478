"""Moving money on behalf of a known signer.

Assumed: only USDC exists on the spot side; sending costs nothing, also to an address that is new here; the fee of a
withdrawal is a part of the amount; amounts have at most 6 decimals on the perp side and 8 on the spot side; of a
unified account nothing moves between its own sides.
"""

import re
from decimal import Decimal
from typing import TypeAlias

import msgspec

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.exchange.acting import Acting
from agentic_hl.venue.protocol.account_actions import AgentWalletSendAsset, SubAccountSpotTransfer, SubAccountTransfer
from agentic_hl.venue.protocol.catalogue import (
    BAD_AMOUNT,
    BAD_DECIMALS,
    BAD_DEX,
    NO_BALANCE_TO_SEND,
    NO_BALANCE_TO_WITHDRAW,
    NONCE_MISMATCH,
    SAME_ACCOUNT,
    UNIFIED_DISABLES,
    WALLET_SENDS_TO_OTHERS,
    ZERO_AMOUNT,
    sub_account_transfer,
    unknown_token,
)
from agentic_hl.venue.protocol.numbers import amount_of, of_micros
from agentic_hl.venue.protocol.texts import shown
from agentic_hl.venue.protocol.user_actions import SendAsset, SpotSend, UsdClassTransfer, UsdSend, Withdraw
from agentic_hl.venue.terms import Mode, Pocket, Refused, Side

__all__ = ["TransferAction", "TransferDesk"]

TransferAction: TypeAlias = (
    UsdSend
    | Withdraw
    | SpotSend
    | UsdClassTransfer
    | SendAsset
    | AgentWalletSendAsset
    | SubAccountTransfer
    | SubAccountSpotTransfer
)

_USDC = re.compile(r"USDC(?::0x[0-9a-fA-F]{32})?")
_CLASS_AMOUNT = re.compile(r"(?P<amount>\S+)(?: subaccount:(?P<sub>0x[0-9a-fA-F]{40}))?")
_SIDES = {"": Side.PERP, "spot": Side.SPOT}
_PLACES = {Side.PERP: 6, Side.SPOT: 8}
_FREE = "0.0"


class _Transfer(msgspec.Struct, frozen=True, kw_only=True):
    source: Pocket
    destination: Pocket | None
    usd: Decimal
    delta: dict[str, object]
    fee: Decimal = Decimal(0)
    short: str = NO_BALANCE_TO_SEND


class TransferDesk:
    """Moves money between pockets."""

    def __init__(self, engine: Engine, withdrawal_fee: Decimal) -> None:
        """Know the engine."""
        self._engine = engine
        self._withdrawal_fee = withdrawal_fee

    def carry_out(self, acting: Acting, action: TransferAction) -> object:
        """Move what is asked for, and return the `response`.

        Raises:
            Refused: it will not do.
        """
        transfer = self._transfer(acting, action)
        if transfer.source == transfer.destination:
            raise Refused(SAME_ACCOUNT)
        if transfer.usd + transfer.fee > self._engine.available(transfer.source):
            raise Refused(transfer.short)
        self._engine.move(transfer.source, transfer.destination, transfer.usd, delta=transfer.delta, fee=transfer.fee)
        return {"type": "default"}

    def _transfer(self, acting: Acting, action: TransferAction) -> _Transfer:
        match action:
            case UsdSend():
                return _usd_send(acting, action)
            case Withdraw():
                return self._withdrawal(acting, action)
            case SpotSend(destination=destination, token=token, amount=amount):
                return _spot_send(acting.account, destination.lower(), token, amount)
            case UsdClassTransfer():
                return self._between_sides(acting, action)
            case SendAsset() | AgentWalletSendAsset():
                return self._send_asset(acting, action)
            case SubAccountTransfer() | SubAccountSpotTransfer():
                return self._sub_account(acting.master, action)

    def _withdrawal(self, acting: Acting, action: Withdraw) -> _Transfer:
        amount = _amount(action.amount, Side.PERP)
        fee = self._withdrawal_fee
        if amount <= fee:
            raise Refused(NO_BALANCE_TO_WITHDRAW)
        delta = {"type": "withdraw", "usdc": shown(amount - fee), "nonce": acting.nonce, "fee": shown(fee)}
        source = Pocket(address=acting.account)
        return _Transfer(
            source=source, destination=None, usd=amount - fee, delta=delta, fee=fee, short=NO_BALANCE_TO_WITHDRAW
        )

    def _between_sides(self, acting: Acting, action: UsdClassTransfer) -> _Transfer:
        match = _CLASS_AMOUNT.fullmatch(action.amount)
        if match is None:
            raise Refused(BAD_AMOUNT)
        address = acting.account
        if match["sub"] is not None:
            address = self._check_own(acting.master, match["sub"].lower())
        self._check_not_unified(address)
        usd = _amount(match["amount"], Side.PERP)
        perp, spot = Pocket(address=address), Pocket(address=address, side=Side.SPOT)
        source, destination = (spot, perp) if action.to_perp else (perp, spot)
        delta: dict[str, object] = {"type": "accountClassTransfer", "usdc": shown(usd), "toPerp": action.to_perp}
        return _Transfer(source=source, destination=destination, usd=usd, delta=delta)

    def _send_asset(self, acting: Acting, action: SendAsset | AgentWalletSendAsset) -> _Transfer:
        if action.source_dex not in _SIDES or action.destination_dex not in _SIDES:
            raise Refused(BAD_DEX)
        _check_token(action.token)
        if isinstance(action, AgentWalletSendAsset):
            self._check_recipient(acting, action)
        address = acting.master
        if action.from_sub_account:
            address = self._check_own(acting.master, action.from_sub_account.lower())
        source = Pocket(address=address, side=_SIDES[action.source_dex])
        destination = Pocket(address=action.destination.lower(), side=_SIDES[action.destination_dex])
        if source.address == destination.address:
            self._check_not_unified(address)
        usd = _amount(action.amount, source.side)
        delta: dict[str, object] = {
            "type": "send",
            "user": source.address,
            "destination": destination.address,
            "sourceDex": action.source_dex,
            "destinationDex": action.destination_dex,
            "token": "USDC",
            "amount": shown(usd),
            "usdcValue": shown(usd),
            "fee": _FREE,
            "nativeTokenFee": _FREE,
            "nonce": acting.nonce,
            "feeToken": "",
        }
        return _Transfer(source=source, destination=destination, usd=usd, delta=delta)

    def _check_recipient(self, acting: Acting, action: AgentWalletSendAsset) -> None:
        if action.nonce != acting.nonce:
            raise Refused(NONCE_MISMATCH)
        if action.destination != acting.master and not self._owns(acting.master, action.destination):
            raise Refused(WALLET_SENDS_TO_OTHERS)

    def _sub_account(self, master: str, action: SubAccountTransfer | SubAccountSpotTransfer) -> _Transfer:
        sub = self._check_own(master, action.sub_account_user)
        source, destination = (master, sub) if action.is_deposit else (sub, master)
        if isinstance(action, SubAccountSpotTransfer):
            return _spot_send(source, destination, action.token, action.amount)
        usd = of_micros(action.usd)
        if not usd:
            raise Refused(ZERO_AMOUNT)
        delta: dict[str, object] = {
            "type": "subAccountTransfer",
            "usdc": shown(usd),
            "user": source,
            "destination": destination,
        }
        return _Transfer(source=Pocket(address=source), destination=Pocket(address=destination), usd=usd, delta=delta)

    def _owns(self, master: str, address: str) -> bool:
        account = self._engine.account(str(address))
        return account is not None and account.master == master

    def _check_own(self, master: str, address: str) -> str:
        if not self._owns(master, address):
            raise Refused(sub_account_transfer(master, address))
        return str(address)

    def _check_not_unified(self, address: str) -> None:
        account = self._engine.account(address)
        if account is not None and account.mode is Mode.UNIFIED:
            raise Refused(UNIFIED_DISABLES)


def _usd_send(acting: Acting, action: UsdSend) -> _Transfer:
    usd = _amount(action.amount, Side.PERP)
    destination = action.destination.lower()
    delta: dict[str, object] = {
        "type": "internalTransfer",
        "usdc": shown(usd),
        "user": acting.account,
        "destination": destination,
        "fee": _FREE,
    }
    return _Transfer(
        source=Pocket(address=acting.account),
        destination=Pocket(address=destination),
        usd=usd,
        delta=delta,
        short=NO_BALANCE_TO_WITHDRAW,
    )


def _spot_send(source: str, destination: str, token: str, amount: str) -> _Transfer:
    _check_token(token)
    usd = _amount(amount, Side.SPOT)
    delta: dict[str, object] = {
        "type": "spotTransfer",
        "token": "USDC",
        "amount": shown(usd),
        "usdcValue": shown(usd),
        "user": source,
        "destination": destination,
        "fee": _FREE,
        "nativeTokenFee": _FREE,
        "nonce": None,
    }
    return _Transfer(
        source=Pocket(address=source, side=Side.SPOT),
        destination=Pocket(address=destination, side=Side.SPOT),
        usd=usd,
        delta=delta,
    )


def _check_token(token: str) -> None:
    if _USDC.fullmatch(token) is None:
        raise Refused(unknown_token(token))


def _amount(text: str, side: Side) -> Decimal:
    try:
        amount = amount_of(text)
    except ValueError:
        raise Refused(BAD_AMOUNT) from None
    if amount < 0 or amount != round(amount, _PLACES[side]):
        raise Refused(BAD_DECIMALS)
    if not amount:
        raise Refused(ZERO_AMOUNT)
    return amount
