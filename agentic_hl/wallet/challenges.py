"""What an owner is asked to sign, and whether they did; nothing here asks or waits.

The signature is judged by the fields of a challenge and not by the text that went to a browser, so a challenge that
was altered on its way fits no signature of the owner.
"""

import msgspec

from agentic_core.domain.times import HOUR_MS, MINUTE_MS, Instant, show
from agentic_core.errors import InputError, UsageError
from agentic_core.ports.wallet import ApprovalNotSent, ApprovedWallet, ChallengePurpose, WalletChallenge, WrongSignature
from agentic_hl.wire.actions import ApproveAgentWallet
from agentic_hl.wire.addresses import ZERO_ADDRESS, address_of, checksummed
from agentic_hl.wire.approval import approve_agent_wallet, revoke_agent_wallet
from agentic_hl.wire.digests import typed_json, user_digest
from agentic_hl.wire.envelope import request_body
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signature, recovered_address
from agentic_hl.wire.units import WireError

__all__ = ["SIGNED_WITHIN_MS", "THROWAWAY_MS", "action_of", "challenge_of", "lowered", "signed_request"]

SIGNED_WITHIN_MS = 15 * MINUTE_MS
"""How old a challenge may be when it is handed in: an old signature must not undo what was decided since."""

THROWAWAY_MS = HOUR_MS
"""How long an address that nobody has the key of keeps the name; longer than its challenge is good."""

_LEDE = {
    ChallengePurpose.APPROVE: "Let an agent wallet trade for your account",
    ChallengePurpose.REVOKE: "Take an agent wallet its right to trade for your account",
    ChallengePurpose.REPLACE: "Replace an agent wallet by an address whose key nobody has",
}
_NETWORKS = {
    Network.MAINNET: "Hyperliquid Mainnet, with real money",
    Network.TESTNET: "Hyperliquid Testnet, without real money",
}
_MEANS = {
    ChallengePurpose.APPROVE: (
        "It can place and cancel orders and change leverage, and so lose what is in the account. It cannot withdraw or "
        "send money to others. If another wallet has this name now, it loses its rights."
    ),
    ChallengePurpose.REVOKE: (
        "You approve the zero address under the same name; this is how Hyperliquid revokes. It moves no money and "
        "closes no position."
    ),
    ChallengePurpose.REPLACE: (
        "The venue still listed the wallet after it was revoked. Another address takes its name for a short time. It "
        "moves no money and closes no position."
    ),
}


def challenge_of(
    purpose: ChallengePurpose, wallet: ApprovedWallet, *, approves: str, nonce: int, network: Network, chain_id: int
) -> WalletChallenge:
    """Write a challenge; the nonce is the present in milliseconds.

    Raises:
        InputError: an address, the name, the end or the chain is none that the venue takes.
    """
    try:
        wallet = lowered(wallet)
        challenge = WalletChallenge(
            purpose=purpose,
            network=str(network),
            wallet=wallet,
            approves=address_of(approves),
            valid_until=_end(purpose, wallet, nonce),
            nonce=nonce,
            chain_id=chain_id,
            typed_json="",
            text="",
        )
        action = action_of(challenge, network)
        typed = typed_json(action).decode()
    except WireError as exc:
        message = str(exc)
        raise InputError(message) from exc
    return msgspec.structs.replace(challenge, typed_json=typed, text=_text(challenge, network))


def lowered(wallet: ApprovedWallet) -> ApprovedWallet:
    """Return a wallet with its addresses as they are compared.

    Raises:
        WireError: one is none, or is the zero address.
    """
    master, address = address_of(wallet.master), address_of(wallet.address)
    if ZERO_ADDRESS in {master, address}:
        message = "the zero address is no account and no agent wallet; name the wallet itself and its owner"
        raise WireError(message)
    return ApprovedWallet(master=master, address=address, name=wallet.name, valid_until=wallet.valid_until)


def action_of(challenge: WalletChallenge, network: Network) -> ApproveAgentWallet:
    """Return the action that a challenge asks to sign.

    Raises:
        WireError: it asks for nothing that the venue takes.
    """
    if not challenge.wallet.name:
        message = "an agent wallet needs a name, because the venue lists only wallets that have one"
        raise WireError(message)
    if challenge.chain_id <= 0:
        message = f"chain {challenge.chain_id} is none; give the number of the chain that the owner's wallet is on"
        raise WireError(message)
    chain, name, nonce = hex(challenge.chain_id), challenge.wallet.name, challenge.nonce
    if challenge.purpose is ChallengePurpose.REVOKE:
        return revoke_agent_wallet(name=name, nonce=nonce, network=network, signature_chain_id=chain)
    if challenge.purpose is ChallengePurpose.APPROVE and challenge.approves != challenge.wallet.address:
        message = f"the challenge for {challenge.wallet.address} would approve {challenge.approves}"
        raise WireError(message)
    if challenge.valid_until is None:
        message = f"the approval of {challenge.approves} needs an end"
        raise WireError(message)
    return approve_agent_wallet(
        challenge.approves,
        name=name,
        valid_until=challenge.valid_until,
        nonce=nonce,
        network=network,
        signature_chain_id=chain,
    )


def signed_request(
    challenge: WalletChallenge, signature: str, *, network: Network, now: Instant
) -> bytes | ApprovalNotSent | WrongSignature:
    """Return the body to send, or why there is none.

    Raises:
        UsageError: the challenge is for another network, or cannot be signed.
    """
    if challenge.network != network:
        raise UsageError(f"the challenge is for {challenge.network} and was handed in at {network}; use its own desk")
    if not challenge.nonce - MINUTE_MS <= now <= challenge.nonce + SIGNED_WITHIN_MS:
        minutes = SIGNED_WITHIN_MS // MINUTE_MS
        cause = f"the challenge of {show(Instant(challenge.nonce))} is good for {minutes} minutes; sign a new one"
        return ApprovalNotSent(cause=cause, sign_again=True)
    try:
        action = action_of(challenge, network)
        digest = user_digest(action)
    except WireError as exc:
        message = f"the challenge was altered: {exc}"
        raise UsageError(message) from exc
    try:
        given = Signature.from_hex(signature)
        signer = recovered_address(digest, given)
    except WireError as exc:
        return WrongSignature(cause=str(exc))
    if signer != challenge.wallet.master:
        cause = f"{checksummed(signer)} signed, or another text was signed; {checksummed(challenge.wallet.master)} must"
        return WrongSignature(cause=cause, signer=signer)
    return request_body(action, given, nonce=challenge.nonce)


def _end(purpose: ChallengePurpose, wallet: ApprovedWallet, nonce: int) -> Instant | None:
    match purpose:
        case ChallengePurpose.APPROVE:
            return wallet.valid_until
        case ChallengePurpose.REPLACE:
            return Instant(nonce + THROWAWAY_MS)
        case ChallengePurpose.REVOKE:
            return None


def _text(challenge: WalletChallenge, network: Network) -> str:
    wallet, purpose = challenge.wallet, challenge.purpose
    lines = [
        f"{_LEDE[purpose]}.",
        "",
        f"Network: {_NETWORKS[network]}",
        f"Your account: {checksummed(wallet.master)}",
        f"Agent wallet: {checksummed(wallet.address)}",
        f"Name: {wallet.name}",
    ]
    if purpose is not ChallengePurpose.APPROVE:
        lines.append(f"Address you sign: {checksummed(challenge.approves)}")
    if challenge.valid_until is not None:
        lines.append(f"Valid until: {show(challenge.valid_until)}")
    return "\n".join([*lines, "", _MEANS[purpose]])
