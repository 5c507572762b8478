"""The desk for agent wallets over the venue's two doors: it asks, posts and waits; what answers mean is decided apart.

Assumed: a refusal because of a pending removal may use the nonce up, so a signature is held back while our own
revocation is under way.
"""

import msgspec

from agentic_core.errors import InputError, VenueUnavailable
from agentic_core.ports.clock import Clock
from agentic_core.ports.entropy import Entropy
from agentic_core.ports.wallet import (
    ApprovalNotSent,
    ApprovalTaken,
    ApprovalUnclear,
    ApprovedWallet,
    ChallengePurpose,
    Submission,
    WalletChallenge,
    WalletKey,
    WalletState,
    WalletUnknown,
    is_carried_out,
)
from agentic_hl.rest import HyperliquidRest, RestFailure
from agentic_hl.rest.queries import approved_wallets, user_role
from agentic_hl.wallet.challenges import challenge_of, lowered, signed_request
from agentic_hl.wallet.decisions import (
    is_pending,
    listed_wallets,
    other_holder,
    seems_carried_out,
    state_of,
    submission_of,
    told_by,
)
from agentic_hl.wire.addresses import ZERO_ADDRESS, address_of
from agentic_hl.wire.network import Network
from agentic_hl.wire.nonce import next_nonce
from agentic_hl.wire.signing import Signer
from agentic_hl.wire.units import WireError

__all__ = ["HyperliquidWallets", "WalletPatience"]

_MS_PER_S = 1_000
_KEY_BYTES = 32


class WalletPatience(msgspec.Struct, frozen=True, kw_only=True):
    """How long the venue is waited for, in milliseconds."""

    removal_ms: int = 6_000
    """From a revocation that was taken until the next signature of the same owner is sent."""
    pending_ms: int = 15_000
    """How long a signature is sent again that is refused for a pending removal."""
    pending_pause_ms: int = 1_000
    settle_ms: int = 20_000
    """How long the venue may take to show what it took."""
    settle_pause_ms: int = 2_000


class HyperliquidWallets:
    """An `AgentWalletDesk` of one network.

    It makes no two challenges with the same nonce; the owner may sign elsewhere at the same time.
    """

    def __init__(
        self,
        rest: HyperliquidRest,
        clock: Clock,
        entropy: Entropy,
        network: Network,
        patience: WalletPatience | None = None,
    ) -> None:
        """Take the venue's doors, the time, and what keys are drawn from."""
        self._rest = rest
        self._clock = clock
        self._entropy = entropy
        self._network = network
        self._patience = patience or WalletPatience()
        self._nonce = 0
        self._removed_at: dict[str, int] = {}

    def draw(self) -> WalletKey:
        """Draw the key of a new wallet."""
        secret = self._entropy.token_bytes(_KEY_BYTES)
        return WalletKey(Signer(secret).address, secret)

    def approval(self, wallet: ApprovedWallet, *, chain_id: int) -> WalletChallenge:
        """Return what the owner signs to let a wallet trade.

        Raises:
            InputError: an address, the name, the end or the chain is none that the venue takes.
        """
        return self._challenge(ChallengePurpose.APPROVE, wallet, wallet.address, chain_id)

    def revocation(self, wallet: ApprovedWallet, *, chain_id: int) -> WalletChallenge:
        """Return what the owner signs to take a wallet its rights.

        Raises:
            InputError: an address, the name or the chain is none that the venue takes.
        """
        return self._challenge(ChallengePurpose.REVOKE, wallet, ZERO_ADDRESS, chain_id)

    def replacement(self, wallet: ApprovedWallet, *, chain_id: int) -> WalletChallenge:
        """Return what the owner signs to put an address in the wallet's place whose key is forgotten here and now.

        Raises:
            InputError: an address, the name or the chain is none that the venue takes.
        """
        return self._challenge(ChallengePurpose.REPLACE, wallet, self.draw().address, chain_id)

    async def submit(self, challenge: WalletChallenge, signature: str) -> Submission:
        """Hand in what the owner signed, once; again only while the venue refuses it for a pending removal.

        Raises:
            UsageError: the challenge is for another network, or was altered into one that cannot be signed.
        """
        request = signed_request(challenge, signature, network=self._network, now=self._clock.now())
        if not isinstance(request, bytes):
            return request
        if challenge.purpose is not ChallengePurpose.APPROVE:
            holder = await self._other_holder(challenge)
            if holder is not None:
                cause = f"{holder} has the name {challenge.wallet.name!r} now and would lose its rights instead"
                return ApprovalNotSent(cause=cause, sign_again=True)
        await self._wait_for_removal(challenge.wallet.master)
        submission = await self._send(request)
        if isinstance(submission, ApprovalTaken | ApprovalUnclear) and challenge.purpose is ChallengePurpose.REVOKE:
            self._removed_at[challenge.wallet.master] = self._clock.boottime_ms()
        return submission

    async def settle(self, challenge: WalletChallenge) -> WalletState:
        """Look until the venue shows what the challenge is for, or for as long as that may take; tell the last look."""
        deadline = self._clock.boottime_ms() + self._patience.settle_ms
        while True:
            is_last = self._clock.boottime_ms() >= deadline
            state = await self._look(challenge, is_last=is_last)
            if state is not None and (is_last or is_carried_out(challenge, state)):
                return state
            await self._clock.sleep(self._patience.settle_pause_ms / _MS_PER_S)

    async def state(self, wallet: ApprovedWallet) -> WalletState:
        """Look at a wallet once.

        Raises:
            InputError: an address is none.
        """
        try:
            wallet = lowered(wallet)
        except WireError as exc:
            message = str(exc)
            raise InputError(message) from exc
        listed = await self._listed(wallet.master)
        return listed if isinstance(listed, WalletUnknown) else await self._state(wallet, listed)

    async def listed(self, master: str) -> tuple[ApprovedWallet, ...]:
        """List an account's named wallets, also those that are not ours.

        Raises:
            InputError: the master is no address.
            VenueUnavailable: the venue could not be asked.
        """
        try:
            owner = address_of(master)
        except WireError as exc:
            message = str(exc)
            raise InputError(message) from exc
        listed = await self._listed(owner)
        if isinstance(listed, WalletUnknown):
            raise VenueUnavailable(listed.cause)
        return listed

    def _challenge(
        self, purpose: ChallengePurpose, wallet: ApprovedWallet, approves: str, chain_id: int
    ) -> WalletChallenge:
        nonce = next_nonce(self._clock.now(), self._nonce)
        challenge = challenge_of(
            purpose, wallet, approves=approves, nonce=nonce, network=self._network, chain_id=chain_id
        )
        self._nonce = nonce
        return challenge

    async def _other_holder(self, challenge: WalletChallenge) -> str | None:
        # Where the venue cannot be asked, revoking goes on: what takes rights away is not held up.
        listed = await self._listed(challenge.wallet.master)
        return None if isinstance(listed, WalletUnknown) else other_holder(challenge, listed)

    async def _wait_for_removal(self, master: str) -> None:
        removed_at = self._removed_at.get(master)
        if removed_at is not None:
            left = removed_at + self._patience.removal_ms - self._clock.boottime_ms()
            await self._clock.sleep(max(0, left) / _MS_PER_S)

    async def _send(self, request: bytes) -> Submission:
        deadline = self._clock.boottime_ms() + self._patience.pending_ms
        was_pending = False
        while True:
            told = told_by(await self._rest.exchange(request))
            if not is_pending(told) or self._clock.boottime_ms() >= deadline:
                return submission_of(told, was_pending=was_pending)
            was_pending = True
            await self._clock.sleep(self._patience.pending_pause_ms / _MS_PER_S)

    async def _look(self, challenge: WalletChallenge, *, is_last: bool) -> WalletState | None:
        # The role weighs three times as much as the list, so it is asked for when the list looks as it should.
        listed = await self._listed(challenge.wallet.master)
        if isinstance(listed, WalletUnknown):
            return listed
        if is_last or seems_carried_out(challenge, listed):
            return await self._state(challenge.wallet, listed)
        return None

    async def _listed(self, master: str) -> tuple[ApprovedWallet, ...] | WalletUnknown:
        answer = await self._rest.query(approved_wallets(master))
        if isinstance(answer, RestFailure):
            return WalletUnknown(cause=answer.message)
        try:
            return listed_wallets(master, answer)
        except WireError as exc:
            return WalletUnknown(cause=f"the venue's list of the wallets of {master} makes no sense: {exc}")

    async def _state(self, wallet: ApprovedWallet, listed: tuple[ApprovedWallet, ...]) -> WalletState:
        role = await self._rest.query(user_role(wallet.address))
        if isinstance(role, RestFailure):
            return WalletUnknown(cause=role.message)
        return state_of(wallet, listed, role, self._clock.now())
