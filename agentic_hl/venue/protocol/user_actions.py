"""The actions that only a master's key signs, as received.

Texts are kept as they came, because they are hashed as they came; addresses that are typed as addresses lose their
case in the hash.
"""

from typing import ClassVar, Literal, TypeAlias

import msgspec

from agentic_hl.venue.protocol.fields import Address, AddressText, ChainId, ChainName, Uint
from agentic_hl.venue.protocol.signatures import TypedFields

__all__ = [
    "ApproveAgentWallet",
    "ApproveBuilderFee",
    "ConvertToMultiSigUser",
    "SendAsset",
    "SpotSend",
    "TokenDelegate",
    "UsdClassTransfer",
    "UsdSend",
    "UserAction",
    "UserDexAbstraction",
    "UserPortfolioMargin",
    "UserSetAbstraction",
    "Withdraw",
]


class _UserSigned(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="type"):
    hyperliquid_chain: ChainName
    signature_chain_id: ChainId


class _WithNonce(_UserSigned, frozen=True, kw_only=True):
    nonce: Uint

    @property
    def own_nonce(self) -> int:
        """The nonce inside the action; the envelope has to carry the same."""
        return self.nonce


class _WithTime(_UserSigned, frozen=True, kw_only=True):
    time: Uint

    @property
    def own_nonce(self) -> int:
        """The nonce inside the action; the envelope has to carry the same."""
        return self.time


class ApproveAgentWallet(_WithNonce, frozen=True, kw_only=True, tag="approveAgent"):
    """Let a key trade; the zero address takes that back."""

    address: Address = msgspec.field(name="agentAddress")
    name: str | None = msgspec.field(name="agentName", default=None)
    """Missing is hashed as empty."""

    PRIMARY: ClassVar[str] = "ApproveAgent"
    TYPED: ClassVar[TypedFields] = (("address", "agentAddress"), ("string", "agentName"), ("uint64", "nonce"))


class ApproveBuilderFee(_WithNonce, frozen=True, kw_only=True, tag="approveBuilderFee"):
    """Let a builder take a fee, up to so many percent."""

    max_fee_rate: str
    builder: Address

    PRIMARY: ClassVar[str] = "ApproveBuilderFee"
    TYPED: ClassVar[TypedFields] = (("string", "maxFeeRate"), ("address", "builder"), ("uint64", "nonce"))


class UsdSend(_WithTime, frozen=True, kw_only=True, tag="usdSend"):
    """Send USD to another account's perp side."""

    destination: AddressText
    amount: str

    PRIMARY: ClassVar[str] = "UsdSend"
    TYPED: ClassVar[TypedFields] = (("string", "destination"), ("string", "amount"), ("uint64", "time"))


class Withdraw(_WithTime, frozen=True, kw_only=True, tag="withdraw3"):
    """Take USD off the venue."""

    destination: AddressText
    amount: str

    PRIMARY: ClassVar[str] = "Withdraw"
    TYPED: ClassVar[TypedFields] = (("string", "destination"), ("string", "amount"), ("uint64", "time"))


class SpotSend(_WithTime, frozen=True, kw_only=True, tag="spotSend"):
    """Send a token to another account's spot side."""

    destination: AddressText
    token: str
    amount: str

    PRIMARY: ClassVar[str] = "SpotSend"
    TYPED: ClassVar[TypedFields] = (
        ("string", "destination"),
        ("string", "token"),
        ("string", "amount"),
        ("uint64", "time"),
    )


class UsdClassTransfer(_WithNonce, frozen=True, kw_only=True, tag="usdClassTransfer"):
    """Move USD between the sides of one account."""

    amount: str
    """May end in ` subaccount:` and an address."""
    to_perp: bool

    PRIMARY: ClassVar[str] = "UsdClassTransfer"
    TYPED: ClassVar[TypedFields] = (("string", "amount"), ("bool", "toPerp"), ("uint64", "nonce"))


class SendAsset(_WithNonce, frozen=True, kw_only=True, tag="sendAsset"):
    """Send a token between sides and accounts."""

    destination: AddressText
    source_dex: str
    destination_dex: str
    token: str
    amount: str
    from_sub_account: str

    PRIMARY: ClassVar[str] = "SendAsset"
    TYPED: ClassVar[TypedFields] = (
        ("string", "destination"),
        ("string", "sourceDex"),
        ("string", "destinationDex"),
        ("string", "token"),
        ("string", "amount"),
        ("string", "fromSubAccount"),
        ("uint64", "nonce"),
    )


class UserDexAbstraction(_WithNonce, frozen=True, kw_only=True, tag="userDexAbstraction"):
    """A feature that was discontinued."""

    user: Address
    enabled: bool

    PRIMARY: ClassVar[str] = "UserDexAbstraction"
    TYPED: ClassVar[TypedFields] = (("address", "user"), ("bool", "enabled"), ("uint64", "nonce"))


class UserSetAbstraction(_WithNonce, frozen=True, kw_only=True, tag="userSetAbstraction"):
    """Change how an account holds its collateral."""

    user: Address
    abstraction: Literal["disabled", "unifiedAccount", "portfolioMargin"]

    PRIMARY: ClassVar[str] = "UserSetAbstraction"
    TYPED: ClassVar[TypedFields] = (("address", "user"), ("string", "abstraction"), ("uint64", "nonce"))


class UserPortfolioMargin(_WithNonce, frozen=True, kw_only=True, tag="userPortfolioMargin"):
    """Switch portfolio margin."""

    user: Address
    enabled: bool

    PRIMARY: ClassVar[str] = "UserPortfolioMargin"
    TYPED: ClassVar[TypedFields] = (("address", "user"), ("bool", "enabled"), ("uint64", "nonce"))


class TokenDelegate(_WithNonce, frozen=True, kw_only=True, tag="tokenDelegate"):
    """Delegate stake to a validator."""

    validator: Address
    wei: Uint
    is_undelegate: bool

    PRIMARY: ClassVar[str] = "TokenDelegate"
    TYPED: ClassVar[TypedFields] = (
        ("address", "validator"),
        ("uint64", "wei"),
        ("bool", "isUndelegate"),
        ("uint64", "nonce"),
    )


class ConvertToMultiSigUser(_WithNonce, frozen=True, kw_only=True, tag="convertToMultiSigUser"):
    """Ask for several signatures from now on."""

    signers: str

    PRIMARY: ClassVar[str] = "ConvertToMultiSigUser"
    TYPED: ClassVar[TypedFields] = (("string", "signers"), ("uint64", "nonce"))


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
