"""Random actions that only the owner of an account signs, field by field."""

import json
from collections.abc import Mapping
from typing import Literal

from eth_account import Account

from agentic_core.domain.times import DAY_MS, Instant
from agentic_hl.wire.actions import (
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
from agentic_hl.wire.approval import approve_agent_wallet, revoke_agent_wallet
from tests.differential.cases import Case, Draw
from tests.differential.desk import Sent
from tests.differential.draws import Draws

__all__ = ["OWNER_CASES"]

_APPROVAL = {
    "hyperliquidChain": "string",
    "agentAddress": "address",
    "agentName": "string",
    "nonce": "uint64",
}
_PORTFOLIO_MARGIN = {"hyperliquidChain": "string", "user": "address", "enabled": "bool", "nonce": "uint64"}

_MODES: tuple[Literal["disabled", "unifiedAccount", "portfolioMargin"], ...]
_MODES = ("disabled", "unifiedAccount", "portfolioMargin")


def _written(draws: Draws) -> tuple[float, str]:
    # As the SDK writes amounts: a whole number keeps its zero.
    amount = float(draws.between(1, 10**6)) if draws.flag() else float(draws.amount())
    return amount, repr(amount)


def _usd_send(draws: Draws) -> Case:
    address, (amount, text) = draws.address(), _written(draws)
    return Case(
        asked=lambda desk: desk.usd_transfer(amount, address),
        made=lambda sent: UsdSend(network=sent.network, destination=address, amount=text, nonce=sent.nonce),
    )


def _withdraw(draws: Draws) -> Case:
    address, (amount, text) = draws.address(), _written(draws)
    return Case(
        asked=lambda desk: desk.withdraw_from_bridge(amount, address),
        made=lambda sent: Withdraw(network=sent.network, destination=address, amount=text, nonce=sent.nonce),
    )


def _spot_send(draws: Draws) -> Case:
    address, token, (amount, text) = draws.address(), draws.text(60), _written(draws)
    return Case(
        asked=lambda desk: desk.spot_transfer(amount, address, token),
        made=lambda sent: SpotSend(
            network=sent.network, destination=address, token=token, amount=text, nonce=sent.nonce
        ),
    )


def _usd_class_transfer(draws: Draws) -> Case:
    to_perp, (amount, text) = draws.flag(), _written(draws)

    def made(sent: Sent) -> UsdClassTransfer:
        named = text if sent.vault is None else f"{text} subaccount:{sent.vault}"
        return UsdClassTransfer(network=sent.network, amount=named, to_perp=to_perp, nonce=sent.nonce)

    return Case(asked=lambda desk: desk.usd_class_transfer(amount, to_perp), made=made)


def _send_asset(draws: Draws) -> Case:
    address, token, (amount, text) = draws.address(), draws.text(60), _written(draws)
    source, destination = draws.of(["", "spot", "xyz"]), draws.of(["", "spot", "xyz"])

    def made(sent: Sent) -> SendAsset:
        return SendAsset(
            network=sent.network,
            destination=address,
            source_dex=source,
            destination_dex=destination,
            token=token,
            amount=text,
            from_sub_account=sent.vault or "",
            nonce=sent.nonce,
        )

    return Case(asked=lambda desk: desk.send_asset(address, source, destination, token, amount), made=made)


def _approve_agent(draws: Draws) -> Case:
    name = draws.of(["desk", "a", "sixteen letters!"]) if draws.flag() else None

    def made(sent: Sent) -> ApproveAgentWallet:
        assert isinstance(sent.answer, tuple)
        address = Account.from_key(sent.answer[1]).address
        return approve_agent_wallet(address, name=name or "", nonce=sent.nonce, network=sent.network)

    return Case(asked=lambda desk: desk.approve_agent(name), made=made)


def _approve_agent_for_days(draws: Draws) -> Case:
    address, name = draws.address(), draws.of(["", "desk"])
    nonce = 1_700_000_000_000 + draws.between(0, 10**9)
    until = Instant(nonce + draws.between(1, 180) * DAY_MS)
    action = {"agentAddress": address, "agentName": f"{name} valid_until {until}", "nonce": nonce}
    return Case(
        asked=lambda desk: desk.hand_in_signed({"type": "approveAgent"} | action, _APPROVAL, "ApproveAgent", nonce),
        made=lambda sent: approve_agent_wallet(
            address, name=name, valid_until=until, nonce=nonce, network=sent.network
        ),
    )


def _revoke_agent(draws: Draws) -> Case:
    name, nonce = draws.of(["", "desk"]), draws.count()
    action = {"agentAddress": "0x" + 40 * "0", "agentName": name, "nonce": nonce}
    return Case(
        asked=lambda desk: desk.hand_in_signed({"type": "approveAgent"} | action, _APPROVAL, "ApproveAgent", nonce),
        made=lambda sent: revoke_agent_wallet(name=name, nonce=nonce, network=sent.network),
    )


def _approve_builder_fee(draws: Draws) -> Case:
    builder, rate = draws.address(), f"{draws.amount()}%"
    return Case(
        asked=lambda desk: desk.approve_builder_fee(builder, rate),
        made=lambda sent: ApproveBuilderFee(network=sent.network, rate_max=rate, builder=builder, nonce=sent.nonce),
    )


def _token_delegate(draws: Draws) -> Case:
    validator, wei, back = draws.address(), draws.count(), draws.flag()
    return Case(
        asked=lambda desk: desk.token_delegate(validator, wei, back),
        made=lambda sent: TokenDelegate(
            network=sent.network, validator=validator, wei=wei, is_undelegate=back, nonce=sent.nonce
        ),
    )


def _convert_to_multi_sig(draws: Draws) -> Case:
    users, threshold = [draws.address() for _ in range(draws.between(1, 4))], draws.between(1, 4)
    signers = json.dumps({"authorizedUsers": sorted(users), "threshold": threshold})
    return Case(
        asked=lambda desk: desk.convert_to_multi_sig_user(users, threshold),
        made=lambda sent: ConvertToMultiSigUser(network=sent.network, signers=signers, nonce=sent.nonce),
    )


def _user_dex_abstraction(draws: Draws) -> Case:
    user, enabled = draws.address(), draws.flag()
    return Case(
        asked=lambda desk: desk.user_dex_abstraction(user.upper().replace("X", "x"), enabled),
        made=lambda sent: UserDexAbstraction(network=sent.network, user=user, enabled=enabled, nonce=sent.nonce),
    )


def _user_set_abstraction(draws: Draws) -> Case:
    user = draws.address()
    mode = draws.of(_MODES)
    return Case(
        asked=lambda desk: desk.user_set_abstraction(user, mode),
        made=lambda sent: UserSetAbstraction(network=sent.network, user=user, abstraction=mode, nonce=sent.nonce),
    )


def _user_portfolio_margin(draws: Draws) -> Case:
    user, enabled, nonce = draws.address(), draws.flag(), draws.count()
    action = {"type": "userPortfolioMargin", "user": user, "enabled": enabled, "nonce": nonce}
    return Case(
        asked=lambda desk: desk.hand_in_signed(dict(action), _PORTFOLIO_MARGIN, "UserPortfolioMargin", nonce),
        made=lambda sent: UserPortfolioMargin(network=sent.network, user=user, enabled=enabled, nonce=nonce),
    )


OWNER_CASES: Mapping[str, Draw] = {
    "usdSend": _usd_send,
    "withdraw3": _withdraw,
    "spotSend": _spot_send,
    "usdClassTransfer": _usd_class_transfer,
    "sendAsset": _send_asset,
    "approveAgent": _approve_agent,
    "approveAgent for days": _approve_agent_for_days,
    "approveAgent of nobody": _revoke_agent,
    "approveBuilderFee": _approve_builder_fee,
    "tokenDelegate": _token_delegate,
    "convertToMultiSigUser": _convert_to_multi_sig,
    "userDexAbstraction": _user_dex_abstraction,
    "userSetAbstraction": _user_set_abstraction,
    "userPortfolioMargin": _user_portfolio_margin,
}
