"""Random actions on leverage, margin, sub-accounts and settings."""

from collections.abc import Mapping
from decimal import Decimal

from agentic_hl.wire.actions import (
    AbstractionCode,
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
    TwapCancel,
    TwapDetails,
    TwapLine,
    TwapOrder,
    TwapTrigger,
    UpdateIsolatedMargin,
    UpdateLeverage,
    VaultTransfer,
)
from agentic_hl.wire.units import canonical, usd_units
from tests.differential.cases import Case, Draw
from tests.differential.desk import COINS
from tests.differential.draws import Draws
from tests.differential.order_cases import asset_of

__all__ = ["ACCOUNT_CASES"]


def _update_leverage(draws: Draws) -> Case:
    coin, leverage, is_cross = draws.of(COINS), draws.between(1, 300), draws.flag()
    made = UpdateLeverage(asset=asset_of(coin), is_cross=is_cross, leverage=leverage)
    return Case(asked=lambda desk: desk.update_leverage(leverage, coin, is_cross), made=lambda _: made)


def _update_isolated_margin(draws: Draws) -> Case:
    coin = draws.of(COINS)
    usd = Decimal(draws.bits(40)).scaleb(-6) * draws.of([1, -1])
    made = UpdateIsolatedMargin(asset=asset_of(coin), is_buy=True, units=usd_units(usd))
    return Case(asked=lambda desk: desk.update_isolated_margin(float(usd), coin), made=lambda _: made)


def _set_referrer(draws: Draws) -> Case:
    code = draws.text(40)
    return Case(asked=lambda desk: desk.set_referrer(code), made=lambda _: SetReferrer(code=code), takes_vault=False)


def _create_sub_account(draws: Draws) -> Case:
    name = draws.text(300) if draws.rare() else draws.text(20)
    return Case(
        asked=lambda desk: desk.create_sub_account(name),
        made=lambda _: CreateSubAccount(name=name),
        takes_vault=False,
    )


def _sub_account_transfer(draws: Draws) -> Case:
    address, is_deposit, usd = draws.address(), draws.flag(), draws.count()
    made = SubAccountTransfer(sub_account=address, is_deposit=is_deposit, usd=usd)
    return Case(
        asked=lambda desk: desk.sub_account_transfer(address, is_deposit, usd),
        made=lambda _: made,
        takes_vault=False,
    )


def _sub_account_spot_transfer(draws: Draws) -> Case:
    address, is_deposit, token, amount = draws.address(), draws.flag(), draws.text(50), draws.amount()
    made = SubAccountSpotTransfer(sub_account=address, is_deposit=is_deposit, token=token, amount=canonical(amount))
    return Case(
        asked=lambda desk: desk.sub_account_spot_transfer(address, is_deposit, token, float(amount)),
        made=lambda _: made,
        takes_vault=False,
    )


def _vault_transfer(draws: Draws) -> Case:
    address, is_deposit, usd = draws.address(), draws.flag(), draws.count()
    made = VaultTransfer(vault=address, is_deposit=is_deposit, usd=usd)
    return Case(
        asked=lambda desk: desk.vault_usd_transfer(address, is_deposit, usd),
        made=lambda _: made,
        takes_vault=False,
    )


def _evm_user_modify(draws: Draws) -> Case:
    big = draws.flag()
    return Case(
        asked=lambda desk: desk.use_big_blocks(big),
        made=lambda _: EvmUserModify(big_blocks=big),
        takes_vault=False,
    )


def _enable_dex_abstraction(draws: Draws) -> Case:
    return Case(
        asked=lambda desk: desk.agent_enable_dex_abstraction(),
        made=lambda _: AgentWalletEnableDexAbstraction(),
    )


def _set_abstraction(draws: Draws) -> Case:
    letter = draws.of(["i", "u", "p"])
    codes = {"i": AbstractionCode.DISABLED, "u": AbstractionCode.UNIFIED, "p": AbstractionCode.PORTFOLIO_MARGIN}
    made = AgentWalletSetAbstraction(abstraction=codes[letter])
    return Case(asked=lambda desk: desk.agent_set_abstraction(letter), made=lambda _: made)


def _noop(draws: Draws) -> Case:
    nonce = draws.count()
    return Case(asked=lambda desk: desk.noop(nonce), made=lambda _: Noop())


def _gossip_priority_bid(draws: Draws) -> Case:
    slot, gas, ip = draws.count(), draws.count(), ".".join(str(draws.between(0, 255)) for _ in range(4))
    made = GossipPriorityBid(slot=slot, ip=ip, gas_max=gas)
    return Case(asked=lambda desk: desk.gossip_priority_bid(slot, ip, gas), made=lambda _: made)


# ── what the SDK has no method for: keys and their order from the protocol's description ─────────────────────────────


def _top_up_isolated_margin(draws: Draws) -> Case:
    coin, leverage, nonce = draws.of(COINS), draws.number(), draws.count()
    text = f"{leverage.normalize():f}"
    action = {"type": "topUpIsolatedOnlyMargin", "asset": asset_of(coin), "leverage": text}
    made = TopUpIsolatedOnlyMargin(asset=asset_of(coin), leverage=canonical(leverage))
    return Case(asked=lambda desk: desk.hand_in(action, nonce, with_vault=True), made=lambda _: made)


def _twap_order(draws: Draws) -> Case:
    coin, size, minutes, nonce = draws.of(COINS), draws.number(), draws.between(5, 1440), draws.count()
    is_buy, reduce_only, randomize, is_above = draws.flag(), draws.flag(), draws.flag(), draws.flag()
    price, stop = draws.number() if draws.flag() else None, draws.number() if draws.flag() else None
    line = {"a": asset_of(coin), "b": is_buy, "s": f"{size.normalize():f}", "r": reduce_only}
    action: dict[str, object] = {"type": "twapOrder", "twap": line | {"m": minutes, "t": randomize}}
    details = None
    if draws.flag():
        begin = None if price is None else {"p": f"{price.normalize():f}", "a": is_above}
        action["details"] = {"t": begin, "s": None if stop is None else f"{stop.normalize():f}"}
        details = TwapDetails(
            trigger=None if price is None else TwapTrigger(price=canonical(price), is_above=is_above),
            stop_price=None if stop is None else canonical(stop),
        )
    twap = TwapLine(
        asset=asset_of(coin),
        is_buy=is_buy,
        size=canonical(size),
        reduce_only=reduce_only,
        minutes=minutes,
        randomize=randomize,
    )
    made = TwapOrder(twap=twap, details=details)
    return Case(asked=lambda desk: desk.hand_in(action, nonce, with_vault=True), made=lambda _: made)


def _twap_cancel(draws: Draws) -> Case:
    coin, twap, nonce = draws.of(COINS), draws.count(), draws.count()
    action = {"type": "twapCancel", "a": asset_of(coin), "t": twap}
    made = TwapCancel(asset=asset_of(coin), twap=twap)
    return Case(asked=lambda desk: desk.hand_in(action, nonce, with_vault=True), made=lambda _: made)


def _reserve_request_weight(draws: Draws) -> Case:
    weight, nonce = draws.count(), draws.count()
    address = draws.address() if draws.flag() else None
    action = {"type": "reserveRequestWeight", "weight": weight}
    action |= {} if address is None else {"destination": address}
    made = ReserveRequestWeight(weight=weight, destination=address)
    return Case(
        asked=lambda desk: desk.hand_in(action, nonce, with_vault=False), made=lambda _: made, takes_vault=False
    )


def _send_asset(draws: Draws) -> Case:
    address, nonce, amount = draws.address(), draws.count(), draws.amount()
    source, destination, token = draws.of(["", "spot", "xyz"]), draws.of(["", "spot"]), draws.text(50)
    sub_account = draws.address() if draws.flag() else ""
    action = {
        "type": "agentSendAsset",
        "destination": address,
        "sourceDex": source,
        "destinationDex": destination,
        "token": token,
        "amount": f"{amount.normalize():f}",
        "fromSubAccount": sub_account,
        "nonce": nonce,
    }
    made = AgentWalletSendAsset(
        destination=address,
        source_dex=source,
        destination_dex=destination,
        token=token,
        amount=canonical(amount),
        from_sub_account=sub_account,
        nonce=nonce,
    )
    return Case(
        asked=lambda desk: desk.hand_in(action, nonce, with_vault=False), made=lambda _: made, takes_vault=False
    )


ACCOUNT_CASES: Mapping[str, Draw] = {
    "updateLeverage": _update_leverage,
    "updateIsolatedMargin": _update_isolated_margin,
    "setReferrer": _set_referrer,
    "createSubAccount": _create_sub_account,
    "subAccountTransfer": _sub_account_transfer,
    "subAccountSpotTransfer": _sub_account_spot_transfer,
    "vaultTransfer": _vault_transfer,
    "evmUserModify": _evm_user_modify,
    "agentEnableDexAbstraction": _enable_dex_abstraction,
    "agentSetAbstraction": _set_abstraction,
    "noop": _noop,
    "gossipPriorityBid": _gossip_priority_bid,
    "topUpIsolatedOnlyMargin": _top_up_isolated_margin,
    "twapOrder": _twap_order,
    "twapCancel": _twap_cancel,
    "reserveRequestWeight": _reserve_request_weight,
    "agentSendAsset": _send_asset,
}
