"""Bodies of requests to `/exchange`: a signed action with what was signed beside it.

A body is bytes from here on. Whoever sends one again sends the same bytes, so that a duplicate is refused by its nonce.
"""

from collections.abc import Mapping

import msgspec

from agentic_hl.wire.actions import L1Action, UserAction, UserSignedAction
from agentic_hl.wire.addresses import address_of
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signature, Signer
from agentic_hl.wire.units import WireError

__all__ = ["request_body", "sign_l1_request", "sign_user_request"]

_encode = msgspec.json.Encoder().encode


class _Request(
    msgspec.Struct, frozen=True, gc=False, rename={"vault": "vaultAddress", "expires_after": "expiresAfter"}
):
    action: L1Action | UserSignedAction | Mapping[str, object]
    nonce: int
    signature: Signature
    vault: str | None
    expires_after: int | None


def request_body(
    action: L1Action | UserSignedAction | Mapping[str, object],
    signature: Signature,
    *,
    nonce: int,
    vault: str | None = None,
    expires_after: int | None = None,
) -> bytes:
    """Write the body of a request; nonce, vault and expiry are those that were signed.

    Raises:
        WireError: the action is signed by the user and names another nonce, a vault or an expiry.
    """
    if isinstance(action, UserSignedAction):
        _check_user_signed(action, nonce, vault, expires_after)
    lower = None if vault is None else address_of(vault)
    return _encode(_Request(action, nonce, signature, lower, expires_after))


def sign_l1_request(
    signer: Signer,
    action: L1Action | Mapping[str, object],
    *,
    nonce: int,
    network: Network,
    vault: str | None = None,
    expires_after: int | None = None,
) -> bytes:
    """Sign an L1 action and write its body.

    Raises:
        WireError: the venue signs this action without a vault, or a number does not fit.
    """
    signature = signer.sign_l1(action, nonce=nonce, network=network, vault=vault, expires_after=expires_after)
    return request_body(action, signature, nonce=nonce, vault=vault, expires_after=expires_after)


def sign_user_request(signer: Signer, action: UserAction, network: Network) -> bytes:
    """Sign an action as the owner of the account and write its body.

    Raises:
        WireError: the action was made for another network.
    """
    return request_body(action, signer.sign_user(action, network), nonce=action.nonce)


def _check_user_signed(action: UserSignedAction, nonce: int, vault: str | None, expires_after: int | None) -> None:
    own = getattr(action, "nonce", None)
    if own != nonce:
        message = f"{type(action).__name__} holds nonce {own} and the request {nonce}; they have to be equal"
        raise WireError(message)
    if vault is not None or expires_after is not None:
        message = f"{type(action).__name__} takes no vault and no expiry; they were {vault} and {expires_after}"
        raise WireError(message)
