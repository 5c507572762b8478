"""Every action of the protocol, as received, and the envelope that carries it."""

from typing import TypeAlias

import msgspec

from agentic_hl.venue.protocol.account_actions import (
    AgentWalletEnableDexAbstraction,
    AgentWalletSendAsset,
    AgentWalletSetAbstraction,
    CreateSubAccount,
    EvmUserModify,
    GossipPriorityBid,
    MultiSig,
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
from agentic_hl.venue.protocol.fields import Address, Uint, read_field
from agentic_hl.venue.protocol.order_actions import (
    BatchModify,
    Cancel,
    CancelByCloid,
    Modify,
    PlaceOrders,
    ScheduleCancel,
    TwapCancel,
    TwapOrder,
)
from agentic_hl.venue.protocol.signatures import Signature
from agentic_hl.venue.protocol.user_actions import UserAction

__all__ = [
    "Envelope",
    "L1Action",
    "TradingAction",
    "batch_size",
    "name_of",
    "read_action",
    "read_envelope",
]

TradingAction: TypeAlias = PlaceOrders | Cancel | CancelByCloid | Modify | BatchModify
"""What places and cancels orders."""
L1Action: TypeAlias = (
    TradingAction
    | ScheduleCancel
    | TwapOrder
    | TwapCancel
    | UpdateLeverage
    | UpdateIsolatedMargin
    | TopUpIsolatedOnlyMargin
    | Noop
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
"""What trading keys sign, several keys at once apart (`MultiSig`)."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of a request."""

    action: L1Action | MultiSig | UserAction
    nonce: Uint
    signature: Signature
    vault_address: Address | None = None
    expires_after: Uint | None = None


_ENVELOPES = msgspec.json.Decoder(Envelope, dec_hook=read_field)
_ACTIONS: msgspec.json.Decoder[L1Action | UserAction] = msgspec.json.Decoder(L1Action | UserAction, dec_hook=read_field)


def read_envelope(body: bytes) -> Envelope:
    """Read the body of a request.

    Raises:
        msgspec.DecodeError: it is no JSON, or no request of the protocol.
    """
    return _ENVELOPES.decode(body)


def read_action(text: bytes) -> L1Action | UserAction:
    """Read an action alone.

    Raises:
        msgspec.DecodeError: it is no JSON, or no action of the protocol.
    """
    return _ACTIONS.decode(text)


def name_of(action: L1Action | MultiSig | UserAction) -> str:
    """Return the `type` of an action."""
    return str(action.__struct_config__.tag)


def batch_size(action: L1Action | MultiSig | UserAction) -> int:
    """Count what an action is charged for: every order and every cancel, or the action itself."""
    match action:
        case PlaceOrders(orders=orders):
            return len(orders)
        case Cancel(cancels=targets):
            return len(targets)
        case CancelByCloid(cancels=targets):
            return len(targets)
        case BatchModify(modifies=changes):
            return len(changes)
        case _:
            return 1
