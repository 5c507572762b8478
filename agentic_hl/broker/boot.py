"""Whether a process may begin to trade an account: every fact that is unclear is a reason not to."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import DAY_MS, Instant
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.messages.account import AgentWallet, UserRole

__all__ = [
    "ACCEPTED_MODES",
    "LIVE_SWITCH",
    "BootCheck",
    "BootFacts",
    "BootRules",
    "ClockReading",
    "Finding",
    "LeverageWanted",
    "ListingRead",
    "Severity",
    "Unread",
    "boot_findings",
    "live_denial",
]

ACCEPTED_MODES: Final = frozenset({"default", "disabled", "unifiedAccount"})
"""Modes of an account whose money this library can read."""

LIVE_SWITCH: Final = "HYPERLIQUID_LIVE_ENABLED"
_ON: Final = "true"
_AGENT_WALLET: Final = "agent"
_SOON_DAYS: Final = 14


class Severity(StrEnum):
    """What a finding asks for."""

    REFUSES = "refuses"
    """Nothing may start."""
    WARNS = "warns"


class BootCheck(StrEnum):
    """What was looked at."""

    ROLE = "role"
    MASTER = "master"
    MODE = "mode"
    VALIDITY = "validity"
    CLOCK = "clock"
    LEVERAGE = "leverage"
    LISTING = "listing"


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that is not as it should be."""

    check: BootCheck
    severity: Severity
    message: str
    symbol: Symbol | None = None


class Unread(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fact that could not be read."""

    cause: str


class ClockReading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The venue's time, and our own when it was asked for and when it was there."""

    venue_time: Instant
    asked_at: Instant
    answered_at: Instant


class LeverageWanted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a symbol has to be set to."""

    value: int
    isolated: bool = False

    @property
    def words(self) -> str:
        """What people read."""
        return f"{self.value}x {'isolated' if self.isolated else 'cross'}"


class ListingRead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the venue lists."""

    version: str
    leverage_max: Mapping[Symbol, int]
    """Of what can be traded."""


class BootFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was read before the start."""

    account: Address
    """The account that was configured."""
    wallet: Address
    """Of the key that signs."""
    role: UserRole | Unread
    mode: str | Unread
    wallets: tuple[AgentWallet, ...] | Unread
    """The named wallets of the account."""
    clock: ClockReading | Unread
    listing: ListingRead | Unread
    wanted: Mapping[Symbol, LeverageWanted]
    """Of every symbol to be traded; what each is set to is looked at before the first open in it."""


class BootRules(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where the limits are."""

    clock_ms_max: int = 2_000
    """How far our clock may be from the venue's, as badly as the reading leaves open."""
    valid_soon_ms: int = _SOON_DAYS * DAY_MS
    listing_version: str | None = None
    """The listings that were seen last; None where none were."""


_RULES: Final = BootRules()


def live_denial(value: str | None) -> str | None:
    """Return why orders may not go to the live venue by the value of the switch, or None where they may.

    >>> live_denial("true") is None, live_denial("True") is None
    (True, False)
    """
    if value == _ON:
        return None
    found = "is not set" if value is None else f"is {value!r}"
    return f"{LIVE_SWITCH} {found}; orders go to the venue only where it is exactly {_ON!r}"


def boot_findings(facts: BootFacts, rules: BootRules = _RULES) -> tuple[Finding, ...]:
    """Return everything that is not as it should be; nothing may start while one of them refuses."""
    return (
        *_of_role(facts),
        *_of_mode(facts.mode),
        *_of_validity(facts, rules),
        *_of_clock(facts.clock, rules),
        *_of_listing(facts, rules),
    )


def _refused(check: BootCheck, message: str, symbol: Symbol | None = None) -> Finding:
    return Finding(check=check, severity=Severity.REFUSES, message=message, symbol=symbol)


def _unread(check: BootCheck, what: str, unread: Unread, symbol: Symbol | None = None) -> Finding:
    return _refused(check, f"{what} could not be read: {unread.cause}", symbol)


def _of_role(facts: BootFacts) -> Iterator[Finding]:
    role = facts.role
    if isinstance(role, Unread):
        yield _unread(BootCheck.ROLE, f"what {facts.wallet} is at the venue", role)
        return
    if role.role != _AGENT_WALLET:
        message = f"{facts.wallet} is {role.role!r} at the venue, not an agent wallet; let the owner approve this key"
        yield _refused(BootCheck.ROLE, message)
        return
    owner = role.owner
    if owner is None or owner.lower() != facts.account:
        message = (
            f"{facts.wallet} acts for {owner or 'nobody named'}, and the account configured is {facts.account}; "
            "correct the account, or let its owner approve this key"
        )
        yield _refused(BootCheck.MASTER, message)


def _of_mode(mode: str | Unread) -> Iterator[Finding]:
    if isinstance(mode, Unread):
        yield _unread(BootCheck.MODE, "the account's mode", mode)
    elif mode not in ACCEPTED_MODES:
        known = ", ".join(sorted(ACCEPTED_MODES))
        yield _refused(BootCheck.MODE, f"the account's mode is {mode!r}; this library trades only {known}")


def _of_validity(facts: BootFacts, rules: BootRules) -> Iterator[Finding]:
    if isinstance(facts.wallets, Unread):
        yield _unread(BootCheck.VALIDITY, "how long the agent wallet is valid", facts.wallets)
        return
    ends = [one.valid_until for one in facts.wallets if one.address.lower() == facts.wallet]
    told = [end for end in ends if end is not None]
    if not told or len(told) != len(ends):
        message = (
            f"the venue does not say until when {facts.wallet} is valid; it tells it of named wallets only, "
            "so let the owner approve a fresh key under a name"
        )
        yield _refused(BootCheck.VALIDITY, message)
        return
    if isinstance(facts.clock, Unread):
        yield _unread(BootCheck.VALIDITY, "the venue's time, which tells whether the wallet is valid,", facts.clock)
        return
    left = min(told) - facts.clock.venue_time
    if left <= 0:
        message = f"{facts.wallet} was valid until {min(told)}; let the owner approve a fresh key"
        yield _refused(BootCheck.VALIDITY, message)
    elif left <= rules.valid_soon_ms:
        message = f"{facts.wallet} is valid for {left // DAY_MS} more whole days; let the owner approve a fresh key"
        yield Finding(check=BootCheck.VALIDITY, severity=Severity.WARNS, message=message)


def _of_clock(clock: ClockReading | Unread, rules: BootRules) -> Iterator[Finding]:
    if isinstance(clock, Unread):
        yield _unread(BootCheck.CLOCK, "the venue's clock", clock)
        return
    # The venue looked at its clock at some moment between question and answer; the farther end counts.
    early, late = clock.venue_time - clock.answered_at, clock.venue_time - clock.asked_at
    offset = max(abs(early), abs(late))
    if clock.answered_at < clock.asked_at or offset > rules.clock_ms_max:
        message = (
            f"the venue's clock is from {early} to {late} ms ahead of ours, and {rules.clock_ms_max} ms are allowed; "
            "set this machine's clock, or look for what slows its way to the venue"
        )
        yield _refused(BootCheck.CLOCK, message)


def _of_listing(facts: BootFacts, rules: BootRules) -> Iterator[Finding]:
    listing = facts.listing
    if isinstance(listing, Unread):
        yield _unread(BootCheck.LISTING, "what the venue lists", listing)
        return
    for symbol, wanted in facts.wanted.items():
        most = listing.leverage_max.get(symbol)
        if most is None:
            yield _refused(BootCheck.LISTING, f"{symbol} cannot be traded: it is not listed or not supported", symbol)
        elif not 1 <= wanted.value <= most:
            message = f"{symbol} is to be traded at {wanted.value}x and the venue gives from 1x to {most}x"
            yield _refused(BootCheck.LEVERAGE, message, symbol)
    if rules.listing_version not in {None, listing.version}:
        message = f"the listings are {listing.version}, and were {rules.listing_version} when last seen"
        yield Finding(check=BootCheck.LISTING, severity=Severity.WARNS, message=message)
