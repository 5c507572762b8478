"""What answers and reads of the venue mean for an agent wallet; nothing here asks or waits.

Assumed: an address that lost its rights is no `agent` to `userRole`, and names are listed without the end of their
validity, though one with it is read as well.
"""

from collections.abc import Sequence
from typing import assert_never

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

__all__ = ["is_pending", "listed_wallets", "other_holder", "seems_carried_out", "state_of", "submission_of"]

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


def is_pending(outcome: HttpOutcome) -> bool:
    """Tell whether the venue is still removing a wallet of the account and therefore did nothing."""
    return _error_class(_reply(outcome)) is ErrorClass.REMOVAL_PENDING


def submission_of(outcome: HttpOutcome, *, was_pending: bool = False) -> Submission:
    """Return what became of a signed approval.

    `was_pending` says that the same bytes were refused before because of a removal; a nonce that is used now was used
    up by that refusal, and the owner has to sign again.
    """
    match outcome:
        case NeverLeft(cause=cause):
            return ApprovalNotSent(cause=cause)
        case Unclear(cause=cause):
            return ApprovalUnclear(cause=cause)
        case Answered():
            return _judged(read_reply(outcome.status, outcome.body), was_pending=was_pending)


def _judged(reply: Reply, *, was_pending: bool) -> Submission:
    match reply:
        case Done():
            return ApprovalTaken()
        case Statuses():
            return ApprovalUnclear(cause=f"an approval was answered with statuses of {reply.kind!r}")
        case RequestRefused(refusal=refusal):
            pending = refusal.error_class is ErrorClass.REMOVAL_PENDING
            if pending or (was_pending and refusal.error_class is ErrorClass.NONCE_USED):
                cause = "the venue was still removing a wallet of this account; sign a new challenge in a minute"
                return ApprovalRejected(cause=cause, sign_again=True)
            return _refused(refusal.text, refusal.proof)
        case HttpFailed():
            return _refused(f"HTTP {reply.status}: {reply.text}", proof_of(reply))
        case Unreadable(cause=cause):
            return ApprovalUnclear(cause=cause)
        case _:
            assert_never(reply)


def _refused(cause: str, proof: Proof) -> Submission:
    if proof is Proof.NOTHING_EXECUTED:
        return ApprovalRejected(cause=cause)
    return ApprovalUnclear(cause=cause)


def _gone(wallet: ApprovedWallet, listed: Sequence[ApprovedWallet], now: Instant) -> WalletGone:
    if wallet.valid_until is not None and wallet.valid_until <= now:
        return WalletGone(how=Gone.EXPIRED)
    holder = next((one.address for one in listed if one.name == wallet.name), None)
    return WalletGone(how=Gone.NOT_LISTED if holder is None else Gone.REPLACED, replaced_by=holder)


def _reply(outcome: HttpOutcome) -> Reply | None:
    return read_reply(outcome.status, outcome.body) if isinstance(outcome, Answered) else None


def _error_class(reply: Reply | None) -> ErrorClass | None:
    return reply.refusal.error_class if isinstance(reply, RequestRefused) else None
