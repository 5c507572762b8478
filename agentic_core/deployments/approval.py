"""Giving an agent wallet its rights: kept first, then signed by the owner, then seen at the venue, then used.

Whatever breaks in between leaves a row that `sweep_pending` brings to its end, so that no approved key is forgotten
and no key that may still be approved is destroyed.
"""

from typing import TypeAlias, assert_never

import msgspec

from agentic_core.deployments.wallet_services import WalletServices, attempt, end_of
from agentic_core.domain.times import HOUR_MS, Instant
from agentic_core.errors import NotFound, UsageError
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.secrets import KeyScope
from agentic_core.ports.wallet import (
    ApprovalNotSent,
    ApprovalRejected,
    ApprovalTaken,
    ApprovalUnclear,
    ApprovedWallet,
    WalletForeign,
    WalletGone,
    WalletListed,
    WalletState,
    WalletUnknown,
    WrongSignature,
)
from agentic_core.ports.wallet_store import AgentWalletRecord, MasterWallet, MasterWalletId, PendingWallet

__all__ = [
    "ABANDONED_MS",
    "ApprovalFailed",
    "ApprovalOpened",
    "NotListedYet",
    "OpenOutcome",
    "SlotInUse",
    "SubmitOutcome",
    "WalletActive",
    "open_approval",
    "submit_approval",
    "sweep_pending",
]

ABANDONED_MS = HOUR_MS
"""When nobody waits for a signature any more: far longer than a challenge may be handed in."""


class ApprovalOpened(msgspec.Struct, frozen=True, kw_only=True):
    """The owner can sign now."""

    pending: PendingWallet


class SlotInUse(msgspec.Struct, frozen=True, kw_only=True):
    """Another wallet has the name and would lose its rights while it is needed; nothing was sent."""

    holder: AgentWalletRecord
    cause: str


OpenOutcome: TypeAlias = ApprovalOpened | SlotInUse
"""What became of the wish for a wallet."""


class WalletActive(msgspec.Struct, frozen=True, kw_only=True):
    """The venue lists the wallet, and it may be used."""

    wallet: AgentWalletRecord


class ApprovalFailed(msgspec.Struct, frozen=True, kw_only=True):
    """The venue did nothing; `submission` says whether the same signature may be handed in again."""

    submission: ApprovalRejected | ApprovalNotSent | WrongSignature


class NotListedYet(msgspec.Struct, frozen=True, kw_only=True):
    """The venue may have taken the signature and does not show it; looking again decides."""

    state: WalletGone | WalletForeign | WalletUnknown


SubmitOutcome: TypeAlias = WalletActive | SlotInUse | ApprovalFailed | NotListedYet
"""What became of a signature."""


async def open_approval(
    services: WalletServices, master: MasterWallet, *, name: str, valid_until: Instant, chain_id: int
) -> OpenOutcome:
    """Draw a key, keep it with its wallet, and only then return what the owner signs.

    Raises:
        InputError: the name, the end or the chain is none that the venue takes.
        StoreError: nothing is to be signed.
    """
    key = services.desk.draw()
    wallet = ApprovedWallet(master=master.address, address=key.address, name=name, valid_until=valid_until)
    challenge = services.desk.approval(wallet, chain_id=chain_id)
    in_use = await _slot(services, master.id, challenge.network, challenge.wallet)
    if in_use is not None:
        return in_use
    sealed = await services.seal(key, KeyScope(tenant=master.user_id, network=challenge.network))
    at = services.now()
    pending = PendingWallet(master_id=master.id, vault_key_id=sealed, challenge=challenge, created_at=at)
    await services.store.stage(pending)
    return ApprovalOpened(pending=pending)


async def submit_approval(services: WalletServices, address: str, signature: str) -> SubmitOutcome:
    """Hand in what the owner signed for a wallet that waits, and make it active once the venue lists it.

    Handing in for a wallet that is active already returns it.

    Raises:
        NotFound: the wallet does not wait, and is not active either.
    """
    pending = await services.store.pending(address)
    if pending is None:
        return WalletActive(wallet=await _active(services, address))
    challenge = pending.challenge
    in_use = await _slot(services, pending.master_id, challenge.network, pending.wallet)
    if in_use is not None:
        return in_use
    submission = await services.desk.submit(challenge, signature)
    if not isinstance(submission, ApprovalTaken | ApprovalUnclear):
        return ApprovalFailed(submission=submission)
    return await _concluded(services, pending, await services.desk.settle(challenge))


async def sweep_pending(services: WalletServices, network: str) -> tuple[WalletState, ...]:
    """Look at every wallet that waits: make those active that are listed, and forget those that nobody signs any more.

    A key is destroyed only after two agreeing reads of the venue; where they cannot be had, it stays. Returns what the
    venue says of each, oldest first.
    """
    states = []
    for pending in await services.store.waiting(network):
        state = await services.desk.state(pending.wallet)
        concluded = await _concluded(services, pending, state)
        if isinstance(concluded, NotListedYet) and isinstance(state, WalletGone):
            await _forget(services, pending)
        states.append(state)
    return tuple(states)


async def _concluded(services: WalletServices, pending: PendingWallet, state: WalletState) -> SubmitOutcome:
    match state:
        case WalletListed():
            until = end_of(pending.wallet, state)
            if until is None:
                raise UsageError(f"the approval of {pending.wallet.address} was kept without an end; open a new one")
            at = services.now()
            return WalletActive(wallet=await services.store.activate(pending.wallet.address, valid_until=until, at=at))
        case WalletForeign(owner=owner):
            message = f"agent wallet {pending.wallet.address} of {pending.wallet.master} trades for {owner}: look at it"
            services.say(LogEvent.HUMAN_NEEDED, message, level=LogLevel.ERROR, wallet=pending.wallet.address)
            return NotListedYet(state=state)
        case WalletGone() | WalletUnknown():
            return NotListedYet(state=state)
        case _:
            assert_never(state)


async def _forget(services: WalletServices, pending: PendingWallet) -> None:
    if services.now() - pending.created_at < ABANDONED_MS:
        return
    # The key first: a row without a key is swept again, a key without a row is never found.
    cause = await attempt(lambda: services.destroy(pending.vault_key_id))
    if cause is None:
        await services.store.discard(pending.wallet.address)
        return
    message = f"the key of {pending.wallet.address}, which nobody approved, could not be destroyed: {cause}"
    services.say(LogEvent.HUMAN_NEEDED, message, level=LogLevel.WARN, wallet=pending.wallet.address)


async def _active(services: WalletServices, address: str) -> AgentWalletRecord:
    found = await services.store.find(address)
    if found is None or found.revoked_at is not None:
        message = f"no approval of {address} is open; open a new one"
        raise NotFound(message)
    return found


async def _slot(
    services: WalletServices, master: MasterWalletId, network: str, wallet: ApprovedWallet
) -> SlotInUse | None:
    holder = await services.store.holder(master, network, wallet.name)
    cause = None if holder is None else await services.why_in_use(holder)
    return None if holder is None or cause is None else SlotInUse(holder=holder, cause=cause)
