"""Approving an agent wallet, and revoking it.

A name is a slot: approving another address under the same name replaces the one before. There is no action that
revokes; approving the zero address under the name does, seconds later.

Assumed: that the zero address revokes on mainnet too, for named and unnamed wallets alike, as was seen on testnet only
(A-6); and that without `valid_until` an approval ends after 90 days (W-10).
"""

import re

import msgspec

from agentic_core.domain.times import DAY_MS, Instant
from agentic_hl.wire.actions import SIGNATURE_CHAIN_ID, ApproveAgentWallet
from agentic_hl.wire.addresses import ZERO_ADDRESS, Address, address_of
from agentic_hl.wire.network import Network
from agentic_hl.wire.units import WireError

__all__ = [
    "NAME_LENGTH_MAX",
    "VALIDITY_MS",
    "VALIDITY_MS_MAX",
    "approve_agent_wallet",
    "revoke_agent_wallet",
]

NAME_LENGTH_MAX = 16
"""Characters of a name, its end of validity not counted."""

VALIDITY_MS = 90 * DAY_MS
"""How long the venue lets an agent wallet act where nothing is said."""

VALIDITY_MS_MAX = 180 * DAY_MS

_SUFFIX = " valid_until "
_is_name = re.compile(r"[!-~](?:[ -~]*[!-~])?", re.ASCII).fullmatch


def approve_agent_wallet(
    address: str,
    *,
    name: str = "",
    valid_until: Instant | None = None,
    nonce: int,
    network: Network,
    signature_chain_id: str = SIGNATURE_CHAIN_ID,
) -> ApproveAgentWallet:
    """Return what the owner wallet signs to let a key trade; `nonce` is the time in milliseconds.

    Raises:
        WireError: the name is too long or not plain text, or the end is past or more than 180 days ahead of the nonce.

    >>> approve_agent_wallet("0x" + "ab" * 20, name="desk", nonce=1, network=Network.TESTNET).name
    'desk'
    """
    if address_of(address) == ZERO_ADDRESS:
        message = "the zero address cannot be approved, it would revoke; use `revoke_agent_wallet`"
        raise WireError(message)
    _check_name(name)
    if valid_until is not None:
        if not nonce < valid_until <= nonce + VALIDITY_MS_MAX:
            message = f"valid_until {valid_until} must be after {nonce} and at most {VALIDITY_MS_MAX} ms later"
            raise WireError(message)
        name = f"{name}{_SUFFIX}{valid_until}"
    return _approval(address_of(address), name, nonce, network, signature_chain_id)


def revoke_agent_wallet(
    *, name: str = "", nonce: int, network: Network, signature_chain_id: str = SIGNATURE_CHAIN_ID
) -> ApproveAgentWallet:
    """Return what the owner wallet signs to take a name's key its rights; look at the venue until it is gone.

    Until then another approval is refused with `User has pending agent removal`. A revoked key must never be approved
    again: the venue forgets its nonces, and what it once signed could be sent again.

    Raises:
        WireError: the name is none the venue takes.
    """
    _check_name(name)
    return _approval(ZERO_ADDRESS, name, nonce, network, signature_chain_id)


def _approval(address: Address, name: str, nonce: int, network: Network, signature_chain_id: str) -> ApproveAgentWallet:
    return ApproveAgentWallet(
        signature_chain_id=signature_chain_id,
        network=network,
        address=address,
        name=name or msgspec.UNSET,
        nonce=nonce,
    )


def _check_name(name: str) -> None:
    if name and (_is_name(name) is None or len(name) > NAME_LENGTH_MAX or _SUFFIX.strip() in name):
        message = (
            f"agent wallet name {name!r} must be at most {NAME_LENGTH_MAX} plain characters without blanks around it; "
            "give the end of its validity as `valid_until`"
        )
        raise WireError(message)
