"""The actions about positions and the account that trading keys sign, as received."""

from typing import Literal

import msgspec

from agentic_hl.venue.protocol.fields import Address, AssetId, ChainId, Figure, Uint
from agentic_hl.venue.protocol.parts import Action, Part
from agentic_hl.venue.protocol.signatures import Signature

__all__ = [
    "AgentWalletEnableDexAbstraction",
    "AgentWalletSendAsset",
    "AgentWalletSetAbstraction",
    "CreateSubAccount",
    "EvmUserModify",
    "GossipPriorityBid",
    "MultiSig",
    "MultiSigPayload",
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


class UpdateLeverage(Action, frozen=True, kw_only=True, tag="updateLeverage"):
    """Set the leverage of an asset."""

    asset: AssetId
    is_cross: bool
    leverage: Uint


class UpdateIsolatedMargin(Action, frozen=True, kw_only=True, tag="updateIsolatedMargin"):
    """Add margin to an isolated position, or take some away, in millionths of USD."""

    asset: AssetId
    is_buy: bool
    ntli: int


class TopUpIsolatedOnlyMargin(Action, frozen=True, kw_only=True, tag="topUpIsolatedOnlyMargin"):
    """Add margin to an isolated position until it has this leverage."""

    asset: AssetId
    leverage: Figure


class Noop(Action, frozen=True, kw_only=True, tag="noop"):
    """Use up a nonce."""


class SetReferrer(Action, frozen=True, kw_only=True, tag="setReferrer"):
    """Name who brought the account."""

    code: str


class ReserveRequestWeight(Action, frozen=True, kw_only=True, tag="reserveRequestWeight"):
    """Buy requests beyond those that volume earned."""

    weight: Uint
    destination: Address | None = None


class AgentWalletSetAbstraction(Action, frozen=True, kw_only=True, tag="agentSetAbstraction"):
    """Change how the account holds its collateral."""

    abstraction: Literal["i", "u", "p"]


class AgentWalletEnableDexAbstraction(Action, frozen=True, kw_only=True, tag="agentEnableDexAbstraction"):
    """A feature that was discontinued."""


class AgentWalletSendAsset(Action, frozen=True, kw_only=True, tag="agentSendAsset"):
    """Move money within one user's accounts."""

    destination: Address
    source_dex: str
    destination_dex: str
    token: str
    amount: str
    from_sub_account: str
    """Empty, or an address."""
    nonce: Uint

    def __post_init__(self) -> None:
        """Write the address in lower case."""
        msgspec.structs.force_setattr(self, "from_sub_account", self.from_sub_account.lower())


class CreateSubAccount(Action, frozen=True, kw_only=True, tag="createSubAccount"):
    """Open a sub-account."""

    name: str


class SubAccountTransfer(Action, frozen=True, kw_only=True, tag="subAccountTransfer"):
    """Move USD between a master and a sub-account, in millionths."""

    sub_account_user: Address
    is_deposit: bool
    usd: Uint


class SubAccountSpotTransfer(Action, frozen=True, kw_only=True, tag="subAccountSpotTransfer"):
    """Move a token between a master's spot side and a sub-account's."""

    sub_account_user: Address
    is_deposit: bool
    token: str
    amount: str


class VaultTransfer(Action, frozen=True, kw_only=True, tag="vaultTransfer"):
    """Move USD into a vault or out of it."""

    vault_address: Address
    is_deposit: bool
    usd: Uint


class EvmUserModify(Action, frozen=True, kw_only=True, tag="evmUserModify"):
    """Choose the block size of the other chain."""

    using_big_blocks: bool


class GossipPriorityBid(Action, frozen=True, kw_only=True, tag="gossipPriorityBid"):
    """Bid for a place in the gossip network."""

    slot_id: Uint
    ip: str
    max_gas: Uint


class MultiSigPayload(Part, frozen=True, kw_only=True):
    """What several keys signed, and who hands it in."""

    multi_sig_user: Address
    outer_signer: Address
    action: msgspec.Raw


class MultiSig(Action, frozen=True, kw_only=True, tag="multiSig"):
    """An action that several keys signed."""

    signature_chain_id: ChainId
    signatures: list[Signature]
    payload: MultiSigPayload
