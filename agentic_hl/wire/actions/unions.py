"""All actions that one key can sign, as closed unions that can also be read back."""

from typing import TypeAlias

from agentic_hl.wire.actions.account import (
    AgentWalletEnableDexAbstraction,
    AgentWalletSendAsset,
    AgentWalletSetAbstraction,
    CreateSubAccount,
    EvmUserModify,
    GossipPriorityBid,
    Noop,
    ReserveRequestWeight,
    SetReferrer,
    SubAccountSpotTransfer,
    SubAccountTransfer,
    TopUpIsolatedOnlyMargin,
    UpdateIsolatedMargin,
    UpdateLeverage,
    VaultTransfer,
)
from agentic_hl.wire.actions.orders import (
    BatchModify,
    Cancel,
    CancelByCloid,
    Modify,
    PlaceOrders,
    ScheduleCancel,
)
from agentic_hl.wire.actions.twap import TwapCancel, TwapOrder
from agentic_hl.wire.actions.user_signed import (
    ApproveAgentWallet,
    ApproveBuilderFee,
    ConvertToMultiSigUser,
    SendAsset,
    SpotSend,
    TokenDelegate,
    UsdClassTransfer,
    UsdSend,
    UserDexAbstraction,
    UserPortfolioMargin,
    UserSetAbstraction,
    Withdraw,
)

__all__ = ["SingleL1Action", "UserAction"]

SingleL1Action: TypeAlias = (
    PlaceOrders
    | Cancel
    | CancelByCloid
    | Modify
    | BatchModify
    | ScheduleCancel
    | TwapOrder
    | TwapCancel
    | Noop
    | UpdateLeverage
    | UpdateIsolatedMargin
    | TopUpIsolatedOnlyMargin
    | SetReferrer
    | ReserveRequestWeight
    | AgentWalletSetAbstraction
    | AgentWalletEnableDexAbstraction
    | AgentWalletSendAsset
    | CreateSubAccount
    | SubAccountTransfer
    | SubAccountSpotTransfer
    | VaultTransfer
    | EvmUserModify
    | GossipPriorityBid
)

UserAction: TypeAlias = (
    ApproveAgentWallet
    | ApproveBuilderFee
    | UsdSend
    | Withdraw
    | SpotSend
    | UsdClassTransfer
    | SendAsset
    | UserDexAbstraction
    | UserSetAbstraction
    | UserPortfolioMargin
    | TokenDelegate
    | ConvertToMultiSigUser
)
