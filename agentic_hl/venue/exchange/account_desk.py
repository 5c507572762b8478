"""Leverage, margin and the settings of an account, on behalf of a known signer.

Assumed: a code is set once; what one chooses for the other chain has no effect here; requests bought are paid to the
world outside; a sub-account's name has 1 to 16 characters and is its own within the master.
"""

from decimal import ROUND_UP, Decimal
from typing import TypeAlias

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.entities import Account
from agentic_hl.venue.exchange.acting import Acting, ExchangeOptions
from agentic_hl.venue.protocol.account_actions import (
    AgentWalletSetAbstraction,
    CreateSubAccount,
    EvmUserModify,
    Noop,
    ReserveRequestWeight,
    SetReferrer,
    TopUpIsolatedOnlyMargin,
    UpdateIsolatedMargin,
    UpdateLeverage,
)
from agentic_hl.venue.protocol.catalogue import (
    ABSTRACTION_TRANSITION,
    INVALID_LEVERAGE,
    NO_BALANCE_TO_SEND,
    NOT_ISOLATED,
    PORTFOLIO_MARGIN,
    REFERRAL_SET,
    REFERRAL_UNKNOWN,
    SCHEDULE_TOO_SOON,
    SUB_ACCOUNT_NAME,
    SUB_ACCOUNT_TOO_MANY,
    not_simulated,
    sub_account_volume,
)
from agentic_hl.venue.protocol.numbers import of_micros
from agentic_hl.venue.protocol.order_actions import ScheduleCancel
from agentic_hl.venue.protocol.signatures import keccak
from agentic_hl.venue.protocol.texts import shown
from agentic_hl.venue.terms import Mode, Pocket, Refused

__all__ = ["AccountAction", "AccountDesk", "PositionAction"]

PositionAction: TypeAlias = UpdateLeverage | UpdateIsolatedMargin | TopUpIsolatedOnlyMargin | ScheduleCancel
AccountAction: TypeAlias = (
    AgentWalletSetAbstraction | CreateSubAccount | EvmUserModify | Noop | ReserveRequestWeight | SetReferrer
)

_DEFAULT: object = {"type": "default"}
_MICRO = Decimal("0.000001")
_WEIGHT_PRICE = Decimal("0.0005")
_LEAST_LEAD_MS = 5_000
_NAME_LENGTH = 16
_PORTFOLIO_VALUE = Decimal(10_000)
_PORTFOLIO_VOLUME = Decimal(5_000_000)
_MODES = {"i": Mode.DISABLED, "disabled": Mode.DISABLED, "u": Mode.UNIFIED, "unifiedAccount": Mode.UNIFIED}


class AccountDesk:
    """Changes settings, and keeps those that the engine has no use for."""

    def __init__(self, engine: Engine, options: ExchangeOptions) -> None:
        """Know the engine."""
        self._engine = engine
        self._options = options
        self.referrers: dict[str, str] = {}
        """Master to code."""
        self.reserved: dict[str, int] = {}
        """Account to requests bought."""

    def carry_out_position(self, acting: Acting, action: PositionAction) -> object:
        """Change leverage, margin or the dead-man switch, and return the `response`.

        Raises:
            Refused: it will not do.
        """
        match action:
            case UpdateLeverage(asset=asset, is_cross=is_cross, leverage=leverage):
                self._engine.update_leverage(acting.account, asset, is_cross, leverage)
            case UpdateIsolatedMargin(asset=asset, ntli=ntli):
                self._engine.update_isolated_margin(acting.account, asset, of_micros(ntli))
            case TopUpIsolatedOnlyMargin(asset=asset, leverage=leverage):
                self._top_up(acting.account, asset, Decimal(leverage))
            case ScheduleCancel(time=time):
                if time is not None and time < acting.now + _LEAST_LEAD_MS:
                    raise Refused(SCHEDULE_TOO_SOON)
                self._engine.schedule_cancel(acting.account, time)
        return _DEFAULT

    def carry_out(self, acting: Acting, action: AccountAction) -> object:
        """Change a setting, and return the `response`.

        Raises:
            Refused: it will not do.
        """
        match action:
            case CreateSubAccount(name=name):
                return {"type": "createSubAccount", "data": self._open_sub_account(acting.master, name)}
            case SetReferrer(code=code):
                self._set_referrer(acting.master, code)
            case ReserveRequestWeight(weight=weight, destination=destination):
                self._reserve(acting.account, weight, destination or acting.account)
            case AgentWalletSetAbstraction(abstraction=abstraction):
                self.set_abstraction(acting.account, abstraction)
            case Noop() | EvmUserModify():
                pass
        return _DEFAULT

    def set_abstraction(self, address: str, wanted: str) -> None:
        """Change how an account holds its collateral; the mode in its long or its one-letter form.

        Raises:
            Refused: there is no way from one to the other.
        """
        account = self._account(address)
        mode = _MODES.get(wanted)
        if account.mode is Mode.UNIFIED and mode is not Mode.UNIFIED:
            raise Refused(ABSTRACTION_TRANSITION)
        if mode is None:
            self.check_portfolio(address)
            raise Refused(not_simulated("portfolioMargin"))
        self._engine.set_mode(address, mode)

    def check_portfolio(self, address: str) -> None:
        """Refuse portfolio margin to an account that is too small for it.

        Raises:
            Refused: it is.
        """
        value = self._engine.margin(address).account_value
        if value < _PORTFOLIO_VALUE and self._account(address).volume < _PORTFOLIO_VOLUME:
            raise Refused(PORTFOLIO_MARGIN)

    def sub_accounts(self, master: str) -> list[Account]:
        """List the sub-accounts of a master."""
        return [account for account in self._engine.accounts() if account.master == master]

    def _top_up(self, address: str, asset: int, leverage: Decimal) -> None:
        if leverage <= 0:
            raise Refused(INVALID_LEVERAGE)
        position = self._account(address).positions.get(asset)
        if position is None or not position.szi or position.isolated_usd is None:
            raise Refused(NOT_ISOLATED)
        mark = self._engine.mark(asset)
        missing = abs(position.szi) * mark / leverage - (position.isolated_usd + position.szi * mark)
        if missing > 0:
            self._engine.update_isolated_margin(address, asset, missing.quantize(_MICRO, rounding=ROUND_UP))

    def _open_sub_account(self, master: str, name: str) -> str:
        others = self.sub_accounts(master)
        volume = self._account(master).volume
        if volume < self._options.sub_account_volume:
            raise Refused(sub_account_volume(self._options.sub_account_volume, volume))
        if not 1 <= len(name) <= _NAME_LENGTH or name in {other.name for other in others}:
            raise Refused(SUB_ACCOUNT_NAME)
        if len(others) >= self._options.sub_accounts:
            raise Refused(SUB_ACCOUNT_TOO_MANY)
        address = "0x" + keccak(f"{master} sub-account {len(others)}".encode())[-20:].hex()
        return self._engine.open_account(address, master=master, name=name).address

    def _set_referrer(self, master: str, code: str) -> None:
        codes = self._options.referral_codes
        if not code or (codes is not None and code not in codes):
            raise Refused(REFERRAL_UNKNOWN)
        if master in self.referrers:
            raise Refused(REFERRAL_SET)
        self.referrers[master] = code

    def _reserve(self, payer: str, weight: int, destination: str) -> None:
        cost = weight * _WEIGHT_PRICE
        if cost:
            if cost > self._engine.available(Pocket(address=payer)):
                raise Refused(NO_BALANCE_TO_SEND)
            delta = {"type": "reserveRequestWeight", "usdc": shown(cost), "weight": weight}
            self._engine.move(Pocket(address=payer), None, cost, delta=delta)
        self.reserved[destination] = self.reserved.get(destination, 0) + weight

    def _account(self, address: str) -> Account:
        account = self._engine.account(address)
        assert account is not None, "admission lets only accounts through"
        return account
