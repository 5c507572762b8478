"""Agent wallets: keys that may trade for an account because its owner signed so, and what the venue says of them.

Only the venue's side of revoking is here. Taking the lease away and destroying the stored key are the other two planes;
whoever revokes goes through all three and needs no signature for those two.
"""

from enum import IntEnum, StrEnum
from typing import NoReturn, Protocol, TypeAlias

import msgspec

from agentic_core.domain.times import DAY_MS, Instant
from agentic_core.errors import UsageError

__all__ = [
    "AgentWalletDesk",
    "ApprovalNotSent",
    "ApprovalRejected",
    "ApprovalTaken",
    "ApprovalUnclear",
    "ApprovedWallet",
    "ChallengePurpose",
    "ExpiryWarning",
    "Gone",
    "RevocationStep",
    "Submission",
    "WalletChallenge",
    "WalletForeign",
    "WalletGone",
    "WalletKey",
    "WalletListed",
    "WalletState",
    "WalletUnknown",
    "WrongSignature",
    "expiry_warning",
    "is_carried_out",
    "next_step",
]


class WalletKey:
    """A fresh private key and its address; no text, copy, pickle or encoder reveals the key."""

    __slots__ = ("_secret", "address")

    def __init__(self, address: str, secret: bytes) -> None:
        """Take the address and the 32 bytes it belongs to."""
        self.address = address
        self._secret = secret

    def reveal(self) -> bytes:
        """Return the key itself, for the vault and for whoever signs, and for nothing else."""
        return self._secret

    def __repr__(self) -> str:
        return f"WalletKey({self.address})"

    def __reduce__(self) -> NoReturn:
        raise UsageError(f"{self!r} holds a private key and is neither copied nor pickled; seal it in the vault")


class ApprovedWallet(msgspec.Struct, frozen=True, kw_only=True):
    """A wallet as its owner approved it, or as the venue lists it; addresses are lower-case."""

    master: str
    """The account it trades for."""
    address: str
    name: str
    """Its slot: approving another wallet under the name replaces it."""
    valid_until: Instant | None
    """None where the venue tells no end."""


class ChallengePurpose(StrEnum):
    """What a signature of the owner is for."""

    APPROVE = "approve"
    REVOKE = "revoke"
    """Approves the zero address under the wallet's name."""
    REPLACE = "replace"
    """Approves an address whose key nobody has, for a short time, where the zero address did not help."""


class WalletChallenge(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner is asked to sign; it may be stored and sent to a browser, and holds no secret."""

    purpose: ChallengePurpose
    network: str
    wallet: ApprovedWallet
    """The wallet that is to get its rights or to lose them."""
    approves: str
    """The address that is signed: the wallet's own, the zero address, or one that is thrown away."""
    valid_until: Instant | None
    """As signed, for `approves`."""
    nonce: int
    """Also when it was made, in UTC milliseconds."""
    chain_id: int
    typed_json: str
    """For `eth_signTypedData_v4`."""
    text: str
    """The same for people."""


class ApprovalTaken(msgspec.Struct, frozen=True, kw_only=True):
    """The venue took it; what it does shows some seconds later."""


class ApprovalRejected(msgspec.Struct, frozen=True, kw_only=True):
    """The venue did nothing."""

    cause: str
    sign_again: bool = False
    """Whether a fresh challenge may be taken a little later without anything else having changed."""


class ApprovalNotSent(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing was sent."""

    cause: str
    sign_again: bool = False
    """Whether this signature has become useless; otherwise it may be handed in again."""


class WrongSignature(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing was sent, because the owner did not sign this challenge."""

    cause: str
    signer: str | None = None
    """Whose signature it would be."""


class ApprovalUnclear(msgspec.Struct, frozen=True, kw_only=True):
    """The venue may have acted or not: look at it. Handing the same signature in again does no harm."""

    cause: str


Submission: TypeAlias = ApprovalTaken | ApprovalRejected | ApprovalNotSent | WrongSignature | ApprovalUnclear
"""What became of a signature that was handed in."""


class Gone(StrEnum):
    """Why a wallet may trade no longer, as far as can be told."""

    EXPIRED = "expired"
    REPLACED = "replaced"
    NOT_LISTED = "not_listed"
    """Revoked, dropped by the venue because the account has no funds, or never approved."""


class WalletListed(msgspec.Struct, frozen=True, kw_only=True):
    """The venue lets the wallet trade for its master."""

    name: str
    """The slot it is in now."""
    valid_until: Instant | None


class WalletGone(msgspec.Struct, frozen=True, kw_only=True):
    """The venue lists the wallet no more and knows the address as nobody's wallet: two reads that agree."""

    how: Gone
    replaced_by: str | None = None


class WalletForeign(msgspec.Struct, frozen=True, kw_only=True):
    """The address trades for somebody else: a person has to look."""

    owner: str


class WalletUnknown(msgspec.Struct, frozen=True, kw_only=True):
    """The venue could not be read or contradicts itself: nothing follows from it."""

    cause: str


WalletState: TypeAlias = WalletListed | WalletGone | WalletForeign | WalletUnknown
"""What the venue says of a wallet."""


class RevocationStep(StrEnum):
    """What comes after a revocation was handed in and the venue was given its time."""

    DONE = "done"
    LOOK_AGAIN = "look_again"
    REPLACE = "replace"
    """Let the owner sign the replacement."""
    TELL_SOMEBODY = "tell_somebody"
    """Nothing helps but the owner at the venue's own site."""


class ExpiryWarning(IntEnum):
    """How near the end of a wallet is, in days that are left at most."""

    DAYS_14 = 14
    DAYS_3 = 3
    DAYS_1 = 1
    EXPIRED = 0


class AgentWalletDesk(Protocol):
    """Where agent wallets of one network are made, approved, looked at and revoked.

    `chain_id` is the chain that the owner's own wallet is on: many refuse to sign for another one.
    """

    def draw(self) -> WalletKey:
        """Draw the key of a new wallet; a key that lost its rights must never be approved again."""

    def approval(self, wallet: ApprovedWallet, *, chain_id: int) -> WalletChallenge:
        """Return what the owner signs to let a wallet trade under a name and until a time, both of which it needs.

        Raises:
            InputError: an address, the name, the end or the chain is none that the venue takes.
        """

    def revocation(self, wallet: ApprovedWallet, *, chain_id: int) -> WalletChallenge:
        """Return what the owner signs to take a wallet its rights.

        Raises:
            InputError: as for `approval`; the end does not matter.
        """

    def replacement(self, wallet: ApprovedWallet, *, chain_id: int) -> WalletChallenge:
        """Return what the owner signs where the venue still lists a wallet after its revocation.

        Raises:
            InputError: as for `revocation`.
        """

    async def submit(self, challenge: WalletChallenge, signature: str) -> Submission:
        """Hand in what the owner signed: 65 bytes in hex, as wallets return it.

        While an earlier removal is under way it waits. A revocation is not sent when another wallet has the name by
        now.

        Raises:
            UsageError: the challenge is for another network, or was altered into one that cannot be signed.
        """

    async def settle(self, challenge: WalletChallenge) -> WalletState:
        """Look until the venue shows what the challenge is for, or for as long as that may take; tell the last look."""

    async def state(self, wallet: ApprovedWallet) -> WalletState:
        """Look at a wallet once.

        Raises:
            InputError: an address is none.
        """

    async def listed(self, master: str) -> tuple[ApprovedWallet, ...]:
        """List an account's named wallets, also those that are not ours.

        Raises:
            InputError: the master is no address.
            VenueUnavailable: the venue could not be asked.
        """


def is_carried_out(challenge: WalletChallenge, state: WalletState) -> bool:
    """Tell whether the venue shows what a challenge is for."""
    wanted = WalletListed if challenge.purpose is ChallengePurpose.APPROVE else WalletGone
    return isinstance(state, wanted)


def next_step(challenge: WalletChallenge, settled: WalletState) -> RevocationStep:
    """Return what to do after a revocation or replacement was handed in and `settle` has looked.

    Raises:
        UsageError: the challenge was to approve.
    """
    if challenge.purpose is ChallengePurpose.APPROVE:
        raise UsageError("an approval has no next step of a revocation; ask `is_carried_out`")
    match settled:
        case WalletGone():
            return RevocationStep.DONE
        case WalletUnknown():
            return RevocationStep.LOOK_AGAIN
        case WalletListed() if challenge.purpose is ChallengePurpose.REVOKE:
            return RevocationStep.REPLACE
        case WalletListed() | WalletForeign():
            return RevocationStep.TELL_SOMEBODY


def expiry_warning(valid_until: Instant | None, now: Instant, told: ExpiryWarning | None) -> ExpiryWarning | None:
    """Return the nearest threshold that is reached and that was not told yet, each at most once.

    Args:
        valid_until: the end that the venue lists; None has no threshold.
        now: venue time.
        told: the last one told of this approval; None for a fresh approval.

    >>> expiry_warning(Instant(14 * DAY_MS), Instant(0), None).name
    'DAYS_14'
    """
    if valid_until is None:
        return None
    reached = min((one for one in ExpiryWarning if valid_until - now <= one * DAY_MS), default=None)
    return None if reached is None or (told is not None and told <= reached) else reached
