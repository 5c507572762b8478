"""Leverage, margin, sub-accounts and settings of an account."""

from enum import StrEnum
from typing import ClassVar

from agentic_hl.wire.actions.base import L1Action, check_address, check_count
from agentic_hl.wire.units import WireError, check_canonical

__all__ = [
    "AbstractionCode",
    "AgentWalletEnableDexAbstraction",
    "AgentWalletSendAsset",
    "AgentWalletSetAbstraction",
    "CreateSubAccount",
    "EvmUserModify",
    "GossipPriorityBid",
    "Noop",
    "ReserveRequestWeight",
    "SetReferrer",
    "SubAccountSpotTransfer",
    "SubAccountTransfer",
    "TopUpIsolatedOnlyMargin",
    "UpdateIsolatedMargin",
    "UpdateLeverage",
    "VaultTransfer",
]

_UNITS_MAX = 2**63 - 1
_SUB_ACCOUNT = {"sub_account": "subAccountUser", "is_deposit": "isDeposit"}


class AbstractionCode(StrEnum):
    """How an account holds its collateral, in the short spelling of L1 actions."""

    DISABLED = "i"
    UNIFIED = "u"
    PORTFOLIO_MARGIN = "p"


class Noop(L1Action, frozen=True, kw_only=True, tag="noop"):
    """Do nothing, and so use up a nonce: an action under way with the same one can no longer be executed."""


class UpdateLeverage(L1Action, frozen=True, kw_only=True, tag="updateLeverage", rename={"is_cross": "isCross"}):
    """Set an asset's leverage, and whether its margin is shared."""

    asset: int
    is_cross: bool
    leverage: int

    def __post_init__(self) -> None:
        """Refuse numbers the venue does not hold."""
        check_count(self.asset, "asset")
        check_count(self.leverage, "leverage")
        if self.leverage < 1:
            message = f"leverage {self.leverage} must be a whole number of at least 1"
            raise WireError(message)


class UpdateIsolatedMargin(
    L1Action, frozen=True, kw_only=True, tag="updateIsolatedMargin", rename={"is_buy": "isBuy", "units": "ntli"}
):
    """Add margin to an isolated position, or take some away."""

    asset: int
    is_buy: bool
    """Of no effect while positions are one-way; the official SDK sends true."""
    units: int
    """Millionths of a dollar, from `usd_units`; negative takes away."""

    def __post_init__(self) -> None:
        """Refuse numbers the venue does not hold."""
        check_count(self.asset, "asset")
        if not -_UNITS_MAX - 1 <= self.units <= _UNITS_MAX:
            message = f"{self.units} millionths of a dollar are more than the venue counts; at most {_UNITS_MAX}"
            raise WireError(message)


class TopUpIsolatedOnlyMargin(L1Action, frozen=True, kw_only=True, tag="topUpIsolatedOnlyMargin"):
    """Add as much margin to an isolated position as brings it to a leverage."""

    asset: int
    leverage: str

    def __post_init__(self) -> None:
        """Refuse what would be hashed differently."""
        check_canonical(self.leverage, "leverage")


class SetReferrer(L1Action, frozen=True, kw_only=True, tag="setReferrer"):
    """Name who referred the account."""

    takes_vault: ClassVar[bool] = False

    code: str


class ReserveRequestWeight(L1Action, frozen=True, kw_only=True, tag="reserveRequestWeight"):
    """Buy requests beyond the address's budget."""

    takes_vault: ClassVar[bool] = False

    weight: int
    destination: str | None = None

    def __post_init__(self) -> None:
        """Refuse what would be hashed differently."""
        check_count(self.weight, "weight")
        if self.destination is not None:
            check_address(self.destination, "destination")


class AgentWalletSetAbstraction(L1Action, frozen=True, kw_only=True, tag="agentSetAbstraction"):
    """Change how the account holds its collateral; our broker never does."""

    abstraction: AbstractionCode


class AgentWalletEnableDexAbstraction(L1Action, frozen=True, kw_only=True, tag="agentEnableDexAbstraction"):
    """Use a feature that the venue has discontinued."""


class AgentWalletSendAsset(
    L1Action,
    frozen=True,
    kw_only=True,
    tag="agentSendAsset",
    rename={"source_dex": "sourceDex", "destination_dex": "destinationDex", "from_sub_account": "fromSubAccount"},
):
    """Move a token between the parts of the same user; `nonce` has to be the nonce of the request."""

    takes_vault: ClassVar[bool] = False

    destination: str
    source_dex: str
    destination_dex: str
    token: str
    amount: str
    from_sub_account: str
    """Empty for the main account."""
    nonce: int

    def __post_init__(self) -> None:
        """Refuse what would be hashed differently."""
        check_address(self.destination, "destination")
        check_canonical(self.amount, "amount")
        check_count(self.nonce, "nonce")
        if self.from_sub_account:
            check_address(self.from_sub_account, "sub-account")


class CreateSubAccount(L1Action, frozen=True, kw_only=True, tag="createSubAccount"):
    """Open a sub-account."""

    takes_vault: ClassVar[bool] = False

    name: str


class SubAccountTransfer(L1Action, frozen=True, kw_only=True, tag="subAccountTransfer", rename=_SUB_ACCOUNT):
    """Move dollars to a sub-account, or back."""

    takes_vault: ClassVar[bool] = False

    sub_account: str
    is_deposit: bool
    usd: int
    """Millionths of a dollar, from `usd_units`."""

    def __post_init__(self) -> None:
        """Refuse what would be hashed differently."""
        check_address(self.sub_account, "sub-account")
        check_count(self.usd, "usd")


class SubAccountSpotTransfer(L1Action, frozen=True, kw_only=True, tag="subAccountSpotTransfer", rename=_SUB_ACCOUNT):
    """Move a token to a sub-account, or back."""

    takes_vault: ClassVar[bool] = False

    sub_account: str
    is_deposit: bool
    token: str
    amount: str

    def __post_init__(self) -> None:
        """Refuse what would be hashed differently."""
        check_address(self.sub_account, "sub-account")
        check_canonical(self.amount, "amount")


class VaultTransfer(
    L1Action,
    frozen=True,
    kw_only=True,
    tag="vaultTransfer",
    rename={"vault": "vaultAddress", "is_deposit": "isDeposit"},
):
    """Put dollars into one of the venue's vaults, or take them out."""

    takes_vault: ClassVar[bool] = False

    vault: str
    is_deposit: bool
    usd: int
    """Millionths of a dollar, from `usd_units`."""

    def __post_init__(self) -> None:
        """Refuse what would be hashed differently."""
        check_address(self.vault, "vault")
        check_count(self.usd, "usd")


class EvmUserModify(L1Action, frozen=True, kw_only=True, tag="evmUserModify", rename={"big_blocks": "usingBigBlocks"}):
    """Choose the size of blocks for the account's EVM transactions."""

    takes_vault: ClassVar[bool] = False

    big_blocks: bool


class GossipPriorityBid(
    L1Action, frozen=True, kw_only=True, tag="gossipPriorityBid", rename={"slot": "slotId", "gas_max": "maxGas"}
):
    """Bid for early mempool news at an IP address."""

    slot: int
    ip: str
    gas_max: int

    def __post_init__(self) -> None:
        """Refuse numbers the venue does not hold."""
        check_count(self.slot, "slot")
        check_count(self.gas_max, "gas")
