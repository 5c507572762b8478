"""What answers and reads of the venue mean for an agent wallet; nothing here asks or waits.

Assumed: an address that lost its rights is no `agent` to `userRole`, and names are listed without the end of their
validity, though one with it is read as well.
"""

from collections.abc import Sequence
from typing import TypeAlias, assert_never

from agentic_core.domain.times import Instant
from agentic_core.ports.wallet import (
    ApprovalNotSent,
    ApprovalRejected,
    ApprovalTaken,
    ApprovalUnclear,
    ApprovedWallet,
    ChallengePurpose,
    Gone,
    Submission,
    WalletChallenge,
    WalletForeign,
    WalletGone,
    WalletListed,
    WalletState,
    WalletUnknown,
)
from agentic_hl.rest.transport import Answered, HttpOutcome, NeverLeft, Unclear
from agentic_hl.wire.addresses import address_of
from agentic_hl.wire.errors import ErrorClass, Proof
from agentic_hl.wire.messages.account import AgentWallet, UserRole
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.replies import Done, HttpFailed, Reply, RequestRefused, Statuses, proof_of, read_reply

__all__ = [
    "Told",
    "is_pending",
    "listed_wallets",
    "other_holder",
    "seems_carried_out",
    "state_of",
    "submission_of",
    "told_by",
]

Told: TypeAlias = NeverLeft | Unclear | Reply
"""What came of a post: no answer, or one that was read."""

_WALLET_ROLE = "agent"
_SUFFIX = "valid_until "


def listed_wallets(master: str, listed: Sequence[AgentWallet]) -> tuple[ApprovedWallet, ...]:
    """Return what the venue lists of an account.

    Raises:
        WireError: an address is none.
    """
    return tuple(
        ApprovedWallet(
            master=master,
            address=address_of(wallet.address),
            name=wallet.name.partition(_SUFFIX)[0].rstrip(),
            valid_until=None if wallet.valid_until is None else Instant(wallet.valid_until),
        )
        for wallet in listed
    )


def state_of(wallet: ApprovedWallet, listed: Sequence[ApprovedWallet], role: UserRole, now: Instant) -> WalletState:
    """Return what the list of an account's wallets and the role of the address say together."""
    own = next((one for one in listed if one.address == wallet.address), None)
    owner = (role.owner or "").lower() if role.role == _WALLET_ROLE else None
    if owner is not None and owner != wallet.master:
        return WalletForeign(owner=owner)
    if owner is not None:
        if own is not None:
            return WalletListed(name=own.name, valid_until=own.valid_until)
        return WalletUnknown(cause=f"{wallet.address} may trade for {wallet.master} and is not in its list")
    if own is None:
        return _gone(wallet, listed, now)
    if own.valid_until is not None and own.valid_until <= now:
        return WalletGone(how=Gone.EXPIRED)
    return WalletUnknown(cause=f"{wallet.address} is listed for {wallet.master}, but its role is {role.role!r}")


def seems_carried_out(challenge: WalletChallenge, listed: Sequence[ApprovedWallet]) -> bool:
    """Tell whether the list alone shows what a challenge is for, so that a second read is worth its weight."""
    is_listed = challenge.wallet.address in {one.address for one in listed}
    return is_listed == (challenge.purpose is ChallengePurpose.APPROVE)


def other_holder(challenge: WalletChallenge, listed: Sequence[ApprovedWallet]) -> str | None:
    """Return who would lose its rights by a revocation instead of the wallet that is meant."""
    meant = {challenge.wallet.address, challenge.approves}
    holders = [one.address for one in listed if one.name == challenge.wallet.name and one.address not in meant]
    return holders[0] if holders and challenge.purpose is not ChallengePurpose.APPROVE else None


def told_by(outcome: HttpOutcome) -> Told:
    """Read the answer, where there is one."""
    return read_reply(outcome.status, outcome.body) if isinstance(outcome, Answered) else outcome


def is_pending(told: Told) -> bool:
    """Tell whether the venue is still removing a wallet of the account and therefore did nothing."""
    return isinstance(told, RequestRefused) and told.refusal.error_class is ErrorClass.REMOVAL_PENDING


def submission_of(told: Told, *, was_pending: bool = False) -> Submission:
    """Return what became of a signed approval.

    `was_pending` says that the same bytes were refused before because of a removal; a nonce that is used now was used
    up by that refusal, and the owner has to sign again.
    """
    match told:
        case NeverLeft(cause=cause):
            return ApprovalNotSent(cause=cause)
        case Unclear(cause=cause) | Unreadable(cause=cause):
            return ApprovalUnclear(cause=cause)
        case Done():
            return ApprovalTaken()
        case Statuses(kind=kind):
            return ApprovalUnclear(cause=f"an approval was answered with statuses of {kind!r}")
        case RequestRefused():
            return _of_refusal(told, was_pending=was_pending)
        case HttpFailed():
            return _refused(f"HTTP {told.status}: {told.text}", proof_of(told))
        case _:
            assert_never(told)


def _of_refusal(told: RequestRefused, *, was_pending: bool) -> Submission:
    used_up = was_pending and told.refusal.error_class is ErrorClass.NONCE_USED
    if used_up or is_pending(told):
        cause = "the venue was still removing a wallet of this account; sign a new challenge in a minute"
        return ApprovalRejected(cause=cause, sign_again=True)
    return _refused(told.refusal.text, told.refusal.proof)


def _refused(cause: str, proof: Proof) -> Submission:
    if proof is Proof.NOTHING_EXECUTED:
        return ApprovalRejected(cause=cause)
    return ApprovalUnclear(cause=cause)


def _gone(wallet: ApprovedWallet, listed: Sequence[ApprovedWallet], now: Instant) -> WalletGone:
    if wallet.valid_until is not None and wallet.valid_until <= now:
        return WalletGone(how=Gone.EXPIRED)
    holder = next((one.address for one in listed if one.name == wallet.name), None)
    return WalletGone(how=Gone.NOT_LISTED if holder is None else Gone.REPLACED, replaced_by=holder)
