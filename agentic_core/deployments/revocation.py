"""Taking an agent wallet its rights, in three planes of which each is enough: lease, key, and venue.

The first two need nobody's signature and are gone through at once; the owner signs for the third, and a second time
where the venue lists the wallet nevertheless.
"""

from typing import TypeAlias, assert_never

import msgspec

from agentic_core.deployments.wallet_services import WalletServices, attempt
from agentic_core.errors import UsageError
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.wallet import (
    ApprovalNotSent,
    ApprovalRejected,
    ApprovalTaken,
    ApprovalUnclear,
    ChallengePurpose,
    RevocationStep,
    WalletChallenge,
    WalletGone,
    WalletState,
    WrongSignature,
    next_step,
)
from agentic_core.ports.wallet_store import AgentWalletRecord, RevocationPlane

__all__ = [
    "OwnerNeeded",
    "Revocation",
    "RevocationFailed",
    "RevocationOutcome",
    "RevocationUnclear",
    "SignReplacement",
    "WalletRevoked",
    "conclude_revocation",
    "revoke",
    "submit_revocation",
]


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """How far a revocation came without the owner."""

    failures: dict[RevocationPlane, str]
    """The planes that could not be gone through, and why; revoking again tries them again."""
    state: WalletState
    """What the venue says meanwhile."""
    challenge: WalletChallenge | None
    """What the owner signs; None where the venue lets the wallet trade no longer."""


class WalletRevoked(msgspec.Struct, frozen=True, kw_only=True):
    """The venue lets the wallet trade no longer."""

    gone: WalletGone


class SignReplacement(msgspec.Struct, frozen=True, kw_only=True):
    """The venue still lists the wallet: the owner signs that its name goes to an address nobody has the key of."""

    challenge: WalletChallenge


class RevocationFailed(msgspec.Struct, frozen=True, kw_only=True):
    """The venue did nothing; `submission` says whether the same signature may be handed in again."""

    submission: ApprovalRejected | ApprovalNotSent | WrongSignature


class RevocationUnclear(msgspec.Struct, frozen=True, kw_only=True):
    """The venue could not be read, so nothing follows; conclude again a little later."""

    state: WalletState


class OwnerNeeded(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing helps but the owner at the venue's own site."""

    state: WalletState


RevocationOutcome: TypeAlias = WalletRevoked | SignReplacement | RevocationFailed | RevocationUnclear | OwnerNeeded
"""What became of a signature against a wallet."""


async def revoke(services: WalletServices, wallet: AgentWalletRecord, *, chain_id: int) -> Revocation:
    """Go through the planes that need no signature, each whatever becomes of the others, and ask for the signature.

    Revoking again goes through what failed.

    Raises:
        InputError: the chain is none; the planes before the venue were gone through.
    """
    failures = await _without_the_owner(services, wallet)
    level = LogLevel.ERROR if failures else LogLevel.WARN
    missing = "".join(f"; {plane} failed: {cause}" for plane, cause in failures.items())
    message = f"agent wallet {wallet.address} of {wallet.master} was revoked here{missing}"
    services.say(LogEvent.WALLET_REVOKED, message, level=level, wallet=wallet.address, by="us")
    if failures:
        services.say(LogEvent.HUMAN_NEEDED, message, level=level, wallet=wallet.address)
    state = await services.desk.state(wallet.wallet)
    if isinstance(state, WalletGone):
        # Where this cannot be written, the next check writes it.
        await attempt(lambda: services.store.end(wallet.address, state, at=services.now()))
        return Revocation(failures=failures, state=state, challenge=None)
    challenge = services.desk.revocation(wallet.wallet, chain_id=chain_id)
    return Revocation(failures=failures, state=state, challenge=challenge)


async def submit_revocation(
    services: WalletServices, wallet: AgentWalletRecord, challenge: WalletChallenge, signature: str
) -> RevocationOutcome:
    """Hand in what the owner signed against a wallet, and look what the venue makes of it.

    Raises:
        UsageError: the challenge is not against this wallet.
    """
    _check(wallet, challenge)
    submission = await services.desk.submit(challenge, signature)
    if isinstance(submission, ApprovalTaken | ApprovalUnclear):
        return await conclude_revocation(services, wallet, challenge)
    if not isinstance(submission, WrongSignature):
        # Also refused where there is nothing left to take away.
        state = await services.desk.state(wallet.wallet)
        if isinstance(state, WalletGone):
            return await _ended(services, wallet, state)
    return RevocationFailed(submission=submission)


async def conclude_revocation(
    services: WalletServices, wallet: AgentWalletRecord, challenge: WalletChallenge
) -> RevocationOutcome:
    """Look what the venue made of a signature that it may have taken, for as long as that takes it.

    Raises:
        UsageError: the challenge is not against this wallet.
    """
    _check(wallet, challenge)
    state = await services.desk.settle(challenge)
    if isinstance(state, WalletGone):
        return await _ended(services, wallet, state)
    step = next_step(challenge, state)
    match step:
        case RevocationStep.REPLACE:
            replacement = services.desk.replacement(wallet.wallet, chain_id=challenge.chain_id)
            return SignReplacement(challenge=replacement)
        case RevocationStep.TELL_SOMEBODY:
            message = (
                f"the venue still lets agent wallet {wallet.address} trade for {wallet.master}; "
                "its owner removes it at the venue's own site"
            )
            services.say(LogEvent.HUMAN_NEEDED, message, level=LogLevel.ERROR, wallet=wallet.address)
            return OwnerNeeded(state=state)
        case RevocationStep.LOOK_AGAIN | RevocationStep.DONE:
            return RevocationUnclear(state=state)
        case _:
            assert_never(step)


async def _without_the_owner(services: WalletServices, wallet: AgentWalletRecord) -> dict[RevocationPlane, str]:
    causes = {
        RevocationPlane.RECORD: await attempt(lambda: services.store.revoke(wallet.address, at=services.now())),
        RevocationPlane.LEASE: await _reach(services, wallet, RevocationPlane.LEASE),
        RevocationPlane.KEY: await _reach(services, wallet, RevocationPlane.KEY),
    }
    return {plane: cause for plane, cause in causes.items() if cause is not None}


async def _reach(services: WalletServices, wallet: AgentWalletRecord, plane: RevocationPlane) -> str | None:
    is_lease = plane is RevocationPlane.LEASE
    if (wallet.lease_revoked_at if is_lease else wallet.key_destroyed_at) is not None:
        return None
    cause = await attempt(lambda: services.revoke_lease(wallet) if is_lease else services.destroy(wallet.vault_key_id))
    return cause or await attempt(lambda: services.store.reached(wallet.address, plane, at=services.now()))


async def _ended(services: WalletServices, wallet: AgentWalletRecord, gone: WalletGone) -> WalletRevoked:
    await services.store.end(wallet.address, gone, at=services.now())
    return WalletRevoked(gone=gone)


def _check(wallet: AgentWalletRecord, challenge: WalletChallenge) -> None:
    if challenge.purpose is ChallengePurpose.APPROVE or challenge.wallet.address != wallet.address:
        message = f"this challenge is to {challenge.purpose} {challenge.wallet.address} and cannot end {wallet.address}"
        raise UsageError(message)
