"""Random actions of accounts that need several signatures: each key's share, and what is handed in with them."""

from collections.abc import Mapping

import msgpack
import msgspec
from eth_account.signers.local import LocalAccount
from hyperliquid.utils.signing import (
    USD_SEND_SIGN_TYPES,
    USER_SET_ABSTRACTION_SIGN_TYPES,
    order_request_to_order_wire,
    order_wires_to_order_action,
    sign_multi_sig_l1_action_payload,
    sign_multi_sig_user_signed_action_payload,
)

from agentic_hl.wire.actions import (
    Grouping,
    MultiSig,
    MultiSigPayload,
    PlaceOrders,
    UsdSend,
    UserSetAbstraction,
    multi_sig_part,
)
from agentic_hl.wire.network import Network
from agentic_hl.wire.packing import pack
from agentic_hl.wire.signing import Signature, Signer
from tests.differential.comparing import Terms, drawn_terms, same
from tests.differential.desk import Desk, desk, wallet
from tests.differential.draws import Draws
from tests.differential.order_cases import drawn_orders

__all__ = ["compare_multi_sig"]

_CHAIN_ID = "0x66eee"


class _Inner(msgspec.Struct, frozen=True, kw_only=True):
    # What is to be done, twice; `primary` and `types` only where it is signed field by field.
    theirs: Mapping[str, object]
    signed: PlaceOrders | UsdSend | UserSetAbstraction
    handed_in: PlaceOrders | UsdSend | UserSetAbstraction
    primary: str = ""
    types: list[dict[str, str]] = []


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    keys: list[int]
    terms: Terms
    network: Network

    @property
    def outer(self) -> str:
        return str(wallet(self.terms.wallet).address)

    def their_share(self, inner: _Inner, key: LocalAccount) -> dict[str, object]:
        is_mainnet, action = self.network is Network.MAINNET, dict(inner.theirs)
        vault, expires, nonce = self.terms.vault, self.terms.expires_after, self.terms.nonce
        signature: dict[str, object]
        if inner.primary:
            signature = sign_multi_sig_user_signed_action_payload(
                key, action, is_mainnet, inner.types, inner.primary, self.account, self.outer
            )
        else:
            signature = sign_multi_sig_l1_action_payload(
                key, action, is_mainnet, vault, nonce, expires, self.account, self.outer
            )
        return signature

    def our_share(self, inner: _Inner, signer: Signer) -> Signature:
        pair = (self.account, self.outer.lower())
        if not isinstance(inner.signed, PlaceOrders):
            return signer.sign_user(inner.signed, self.network, multi_sig=pair)
        return signer.sign_l1(
            multi_sig_part(*pair, inner.signed),
            nonce=self.terms.nonce,
            network=self.network,
            vault=self.terms.vault,
            expires_after=self.terms.expires_after,
        )


def compare_multi_sig(draws: Draws) -> None:
    """Compare an action of an account that needs several signatures on both networks.

    Raises:
        Differs: a share, the bytes or the signature of the whole are not the SDK's.
    """
    terms, account = drawn_terms(draws), draws.address()
    keys = [draws.between(1, 64) for _ in range(draws.between(1, 3))]
    asked, orders = drawn_orders(draws)
    made = PlaceOrders(orders=orders, grouping=Grouping.NONE)
    amount, kind = f"{draws.amount()}", draws.of(["order", "usdSend", "userSetAbstraction"])
    for network in Network:
        case = _Case(account=account, keys=keys, terms=terms, network=network)
        wires = [order_request_to_order_wire(order, desk(network).info.name_to_asset(order["coin"])) for order in asked]
        inner = {
            "order": _Inner(theirs=order_wires_to_order_action(wires), signed=made, handed_in=made),
            "usdSend": _usd_send(case, amount),
            "userSetAbstraction": _set_abstraction(case),
        }[kind]
        _compare(case, inner, desk(network))


def _compare(case: _Case, inner: _Inner, outer: Desk) -> None:
    terms, nonce = case.terms, case.terms.nonce
    their_shares = [case.their_share(inner, wallet(key)) for key in case.keys]
    our_shares = [case.our_share(inner, Signer(bytes(wallet(key).key))) for key in case.keys]
    for theirs, ours in zip(their_shares, our_shares, strict=True):
        same("multiSig", "share", msgspec.convert(theirs, Signature).numbers, ours.numbers)
    outer.wallet, outer.vault_address = wallet(terms.wallet), terms.vault
    outer.set_expires_after(terms.expires_after)
    sent = outer.sent(outer.multi_sig(case.account, dict(inner.theirs), their_shares, nonce, terms.vault))
    made = MultiSig(
        signatures=tuple(share.trimmed() for share in our_shares),
        payload=MultiSigPayload(account=case.account, outer_signer=case.outer.lower(), action=inner.handed_in),
    )
    same("multiSig", "bytes", msgpack.packb(sent.action), pack(made))
    signature = Signer(bytes(outer.wallet.key)).sign_multi_sig(
        made, nonce=nonce, network=case.network, vault=terms.vault, expires_after=terms.expires_after
    )
    same("multiSig", "signature", msgspec.convert(sent.signature, Signature).numbers, signature.numbers)


def _usd_send(case: _Case, amount: str) -> _Inner:
    destination = case.account
    ours = UsdSend(network=case.network, destination=destination, amount=amount, nonce=case.terms.nonce)
    theirs = {"destination": destination, "amount": amount, "time": case.terms.nonce}
    return _Inner(
        theirs=_headed("usdSend", case.network) | theirs,
        signed=ours,
        handed_in=ours,
        primary="HyperliquidTransaction:UsdSend",
        types=USD_SEND_SIGN_TYPES,
    )


def _set_abstraction(case: _Case) -> _Inner:
    # Signed as a word, handed in as a letter.
    user, nonce = case.account, case.terms.nonce
    ours = UserSetAbstraction(network=case.network, user=user, abstraction="unifiedAccount", nonce=nonce)
    theirs = {"user": user, "abstraction": "unifiedAccount", "nonce": nonce}
    return _Inner(
        theirs=_headed("userSetAbstraction", case.network) | theirs,
        signed=ours,
        handed_in=msgspec.structs.replace(ours, abstraction="u"),
        primary="HyperliquidTransaction:UserSetAbstraction",
        types=USER_SET_ABSTRACTION_SIGN_TYPES,
    )


def _headed(kind: str, network: Network) -> dict[str, object]:
    return {"type": kind, "signatureChainId": _CHAIN_ID, "hyperliquidChain": str(network)}
