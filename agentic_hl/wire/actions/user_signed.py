"""What only the owner wallet may sign: approving keys, and moving money."""

from typing import ClassVar, Literal

import msgspec

from agentic_hl.wire.actions.base import Fields, UserSignedAction

__all__ = [
    "ApproveAgentWallet",
    "ApproveBuilderFee",
    "ConvertToMultiSigUser",
    "SendAsset",
    "SpotSend",
    "TokenDelegate",
    "UsdClassTransfer",
    "UsdSend",
    "UserDexAbstraction",
    "UserPortfolioMargin",
    "UserSetAbstraction",
    "Withdraw",
]

_Abstraction = Literal["disabled", "unifiedAccount", "portfolioMargin", "i", "u", "p"]

_DESTINATION, _AMOUNT, _TOKEN = ("string", "destination"), ("string", "amount"), ("string", "token")
_NONCE, _TIME, _USER, _ENABLED = ("uint64", "nonce"), ("uint64", "time"), ("address", "user"), ("bool", "enabled")


class ApproveAgentWallet(
    UserSignedAction,
    frozen=True,
    kw_only=True,
    tag="approveAgent",
    rename={"address": "agentAddress", "name": "agentName"},
):
    """Let a key trade for the account; `approval` makes one with its rules."""

    primary_type: ClassVar[str] = "ApproveAgent"
    fields: ClassVar[Fields] = (("address", "agentAddress"), ("string", "agentName"), _NONCE)

    address: str
    name: str | msgspec.UnsetType = msgspec.UNSET
    """Left out for the unnamed key, and then signed as empty text."""
    nonce: int


class ApproveBuilderFee(
    UserSignedAction, frozen=True, kw_only=True, tag="approveBuilderFee", rename={"rate_max": "maxFeeRate"}
):
    """Allow a builder fee up to a rate, a percentage as text such as `0.01%`."""

    primary_type: ClassVar[str] = "ApproveBuilderFee"
    fields: ClassVar[Fields] = (("string", "maxFeeRate"), ("address", "builder"), _NONCE)

    rate_max: str
    builder: str
    nonce: int


class UsdSend(UserSignedAction, frozen=True, kw_only=True, tag="usdSend", rename={"nonce": "time"}):
    """Send dollars to another account of the venue."""

    primary_type: ClassVar[str] = "UsdSend"
    fields: ClassVar[Fields] = (_DESTINATION, _AMOUNT, _TIME)

    destination: str
    amount: str
    nonce: int


class Withdraw(UserSignedAction, frozen=True, kw_only=True, tag="withdraw3", rename={"nonce": "time"}):
    """Withdraw dollars from the venue; it costs one dollar and takes about five minutes."""

    primary_type: ClassVar[str] = "Withdraw"
    fields: ClassVar[Fields] = (_DESTINATION, _AMOUNT, _TIME)

    destination: str
    amount: str
    nonce: int


class SpotSend(UserSignedAction, frozen=True, kw_only=True, tag="spotSend", rename={"nonce": "time"}):
    """Send a token to another account of the venue."""

    primary_type: ClassVar[str] = "SpotSend"
    fields: ClassVar[Fields] = (_DESTINATION, _TOKEN, _AMOUNT, _TIME)

    destination: str
    token: str
    amount: str
    nonce: int


class UsdClassTransfer(
    UserSignedAction, frozen=True, kw_only=True, tag="usdClassTransfer", rename={"to_perp": "toPerp"}
):
    """Move dollars between spot and perpetuals; the amount may end in ` subaccount:` and an address."""

    primary_type: ClassVar[str] = "UsdClassTransfer"
    fields: ClassVar[Fields] = (_AMOUNT, ("bool", "toPerp"), _NONCE)

    amount: str
    to_perp: bool
    nonce: int


class SendAsset(
    UserSignedAction,
    frozen=True,
    kw_only=True,
    tag="sendAsset",
    rename={"source_dex": "sourceDex", "destination_dex": "destinationDex", "from_sub_account": "fromSubAccount"},
):
    """Move a token between dexes, accounts and sub-accounts."""

    primary_type: ClassVar[str] = "SendAsset"
    fields: ClassVar[Fields] = (
        _DESTINATION,
        ("string", "sourceDex"),
        ("string", "destinationDex"),
        _TOKEN,
        _AMOUNT,
        ("string", "fromSubAccount"),
        _NONCE,
    )

    destination: str
    source_dex: str
    destination_dex: str
    token: str
    amount: str
    from_sub_account: str
    """Empty for the main account."""
    nonce: int


class UserDexAbstraction(UserSignedAction, frozen=True, kw_only=True, tag="userDexAbstraction"):
    """Switch a feature that the venue has discontinued."""

    primary_type: ClassVar[str] = "UserDexAbstraction"
    fields: ClassVar[Fields] = (_USER, _ENABLED, _NONCE)

    user: str
    enabled: bool
    nonce: int


class UserSetAbstraction(UserSignedAction, frozen=True, kw_only=True, tag="userSetAbstraction"):
    """Change how an account holds its collateral; one letter where it is the action of a multi-signature."""

    primary_type: ClassVar[str] = "UserSetAbstraction"
    fields: ClassVar[Fields] = (_USER, ("string", "abstraction"), _NONCE)

    user: str
    abstraction: _Abstraction
    nonce: int


class UserPortfolioMargin(UserSignedAction, frozen=True, kw_only=True, tag="userPortfolioMargin"):
    """Switch portfolio margin."""

    primary_type: ClassVar[str] = "UserPortfolioMargin"
    fields: ClassVar[Fields] = (_USER, _ENABLED, _NONCE)

    user: str
    enabled: bool
    nonce: int


class TokenDelegate(
    UserSignedAction, frozen=True, kw_only=True, tag="tokenDelegate", rename={"is_undelegate": "isUndelegate"}
):
    """Delegate stake to a validator, or take it back."""

    primary_type: ClassVar[str] = "TokenDelegate"
    fields: ClassVar[Fields] = (("address", "validator"), ("uint64", "wei"), ("bool", "isUndelegate"), _NONCE)

    validator: str
    wei: int
    is_undelegate: bool
    nonce: int


class ConvertToMultiSigUser(UserSignedAction, frozen=True, kw_only=True, tag="convertToMultiSigUser"):
    """Make the account need several signatures; `signers` is JSON text."""

    primary_type: ClassVar[str] = "ConvertToMultiSigUser"
    fields: ClassVar[Fields] = (("string", "signers"), _NONCE)

    signers: str
    nonce: int
