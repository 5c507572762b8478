"""Random actions of those who list tokens or run validators, which we pack as the maps they are."""

import json
from collections.abc import Callable, Mapping

from tests.differential.cases import Case, Draw
from tests.differential.desk import Desk, Sent
from tests.differential.draws import Draws

__all__ = ["FOREIGN_CASES"]


def _as_map(sent: Sent) -> Mapping[str, object]:
    read: dict[str, object] = json.loads(json.dumps(sent.action))
    return read


def _foreign(asked: Callable[[Desk], object]) -> Case:
    return Case(asked=asked, made=_as_map, takes_vault=False)


def _spot_deploy(draws: Draws) -> Case:
    token, text, user = draws.count(32), draws.text(30), draws.address()
    few = [(draws.address(), draws.text(20)) for _ in range(draws.between(0, 3))]
    held = [(draws.count(32), draws.text(20)) for _ in range(draws.between(0, 3))]
    levels = draws.count(8) if draws.flag() else None
    flag = draws.flag()
    asked: tuple[Callable[[Desk], object], ...] = (
        lambda desk: desk.spot_deploy_register_token(text, 2, 8, token, text),
        lambda desk: desk.spot_deploy_user_genesis(token, few, held),
        lambda desk: desk.spot_deploy_enable_freeze_privilege(token),
        lambda desk: desk.spot_deploy_revoke_freeze_privilege(token),
        lambda desk: desk.spot_deploy_enable_quote_token(token),
        lambda desk: desk.spot_deploy_freeze_user(token, user, flag),
        lambda desk: desk.spot_deploy_genesis(token, text, flag),
        lambda desk: desk.spot_deploy_register_spot(token, token),
        lambda desk: desk.spot_deploy_register_hyperliquidity(token, 2.5, 4.0, 20, levels),
        lambda desk: desk.spot_deploy_set_deployer_trading_fee_share(token, text),
    )
    return _foreign(draws.of(asked))


def _perp_deploy(draws: Draws) -> Case:
    gas, price = draws.count() if draws.flag() else None, f"{draws.amount()}"
    updater = "0x" + draws.address()[2:].upper() if draws.flag() else None
    schema = {"fullName": draws.text(20), "collateralToken": 0, "oracleUpdater": updater} if draws.flag() else None
    prices = {f"xyz:{draws.text(8)}": price for _ in range(draws.between(0, 20))}
    asked: tuple[Callable[[Desk], object], ...] = (
        lambda desk: desk.perp_deploy_register_asset("xyz", gas, "xyz:A", 2, price, 10, True, schema),  # noqa: FBT003 - the SDK's order
        lambda desk: desk.perp_deploy_set_oracle("xyz", prices, [prices, {}], prices),
    )
    return _foreign(draws.of(asked))


def _c_signer(draws: Draws) -> Case:
    asked: tuple[Callable[[Desk], object], ...] = (
        lambda desk: desk.c_signer_jail_self(),
        lambda desk: desk.c_signer_unjail_self(),
    )
    return _foreign(draws.of(asked))


def _c_validator(draws: Draws) -> Case:
    ip, name, signer, bps, wei = "10.0.0.7", draws.text(20), draws.address(), draws.count(14), draws.count()
    flag, other = draws.flag(), draws.of([None, True, False])
    known = draws.flag()
    asked: tuple[Callable[[Desk], object], ...] = (
        lambda desk: desk.c_validator_register(ip, name, name, flag, bps, signer, flag, wei),
        lambda desk: desk.c_validator_change_profile(
            ip if known else None, name if flag else None, None, flag, other, bps, signer if known else None
        ),
        lambda desk: desk.c_validator_unregister(),
    )
    return _foreign(draws.of(asked))


FOREIGN_CASES: Mapping[str, Draw] = {
    "spotDeploy": _spot_deploy,
    "perpDeploy": _perp_deploy,
    "CSignerAction": _c_signer,
    "CValidatorAction": _c_validator,
}
