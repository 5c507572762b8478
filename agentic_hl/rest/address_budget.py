"""The actions that the venue allows one account, and what is kept of them for closing.

An account may send 10,000 actions and one more for each USDC it ever traded; cancels have a second, larger allowance.
One that has used them up may send one action every ten seconds. An order or cancel of a batch counts like one alone.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_hl.wire.weights import ADDRESS_LIMITS

__all__ = ["AddressBudget", "AddressDenied", "AddressFigures", "AddressGranted", "AddressVerdict", "Purpose"]

_RESERVE = 500


class Purpose(StrEnum):
    """What an action is for; the reserve is for whatever reduces risk."""

    OPEN = "open"
    CLOSE = "close"
    """Closes or protects a position, or burns a nonce."""

    CANCEL = "cancel"


class AddressFigures(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the venue said of an account, and what was sent since."""

    used: int
    cap: int

    @property
    def cancel_cap(self) -> int:
        """The allowance that cancels count against."""
        return ADDRESS_LIMITS.cancels(self.cap)


class AddressGranted(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="verdict", tag="granted"):
    """So many actions may be sent now."""

    is_slow: bool = False
    """The allowance is used up, and this is the one action of these ten seconds."""


class AddressDenied(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="verdict", tag="denied"):
    """They may not, and why."""

    message: str
    wait_ms: int | None = None
    """When it is worth asking again: 0 is at once with fewer, None not before the figures change."""


AddressVerdict: TypeAlias = AddressGranted | AddressDenied


class AddressBudget:
    """Counts the actions of one account; without I/O, and for the one process that trades the account.

    Assumed: what `nRequestsSurplus` says is left aside, and an agent wallet's actions count against its master.
    """

    def __init__(self, *, reserve: int = _RESERVE) -> None:
        """Keep so many actions for closes and cancels; until figures are learned, nothing is opened."""
        self._reserve = reserve
        self._figures: AddressFigures | None = None
        self._sent_since_asked = 0
        self._slow_at: int | None = None
        self._slow_before: int | None = None

    @property
    def figures(self) -> AddressFigures | None:
        """What is known; None before the first answer."""
        return self._figures

    @property
    def remaining(self) -> int | None:
        """The actions that are left, the reserve included."""
        return None if self._figures is None else max(0, self._figures.cap - self._figures.used)

    def asked(self) -> None:
        """Note that the figures are being read: what is sent from now on may be missing in the answer."""
        self._sent_since_asked = 0

    def learned(self, *, used: int, cap: int) -> None:
        """Take the venue's figures, and add what was sent while they were on their way."""
        self._figures = AddressFigures(used=used + self._sent_since_asked, cap=cap)

    def permits(self, purpose: Purpose, count: int, now: int) -> AddressVerdict:
        """Judge whether so many actions may be sent at a time since boot."""
        figures = self._figures
        if figures is None:
            if purpose is Purpose.OPEN:
                return AddressDenied(message="how many actions the account has left was not read yet, so nothing opens")
            return AddressGranted()
        if purpose is Purpose.OPEN:
            return self._for_open(figures, count)
        cap = figures.cancel_cap if purpose is Purpose.CANCEL else figures.cap
        return AddressGranted() if figures.used + count <= cap else self._slowly(count, now)

    def sent(self, count: int, now: int) -> None:
        """Count actions that left; a stale `expiresAfter` costs five each."""
        self._sent_since_asked += count
        figures = self._figures
        if figures is not None:
            self._figures = AddressFigures(used=figures.used + count, cap=figures.cap)
            if figures.used + count > figures.cap:
                self._slow_before, self._slow_at = self._slow_at, now

    def not_counted(self, count: int) -> None:
        """Take back the actions last sent: refused as a whole by the venue, or never left, they cost nothing."""
        self._sent_since_asked = max(0, self._sent_since_asked - count)
        if self._figures is not None:
            self._figures = AddressFigures(used=max(0, self._figures.used - count), cap=self._figures.cap)
        self._slow_at = self._slow_before

    def exhausted(self, now: int) -> None:
        """Take the venue's word that the allowance is used up, whatever we counted.

        A refusal for that reason neither counts nor starts the ten seconds anew; those run from the last action sent.
        """
        figures = self._figures or AddressFigures(used=0, cap=0)
        self._figures = AddressFigures(used=max(figures.used, figures.cap), cap=figures.cap)
        self._slow_at = now if self._slow_at is None else self._slow_at

    def _for_open(self, figures: AddressFigures, count: int) -> AddressVerdict:
        left = figures.cap - figures.used
        if left - count >= self._reserve:
            return AddressGranted()
        return AddressDenied(
            message=f"{left} of {figures.cap} actions are left and {self._reserve} of them are kept for closes; "
            "trade more volume or reserve request weight at the venue"
        )

    def _slowly(self, count: int, now: int) -> AddressVerdict:
        # What costs several would be refused as a whole, and the one that may go is then worth more.
        if count > 1:
            return AddressDenied(message=f"the allowance is used up; send the {count} actions one at a time", wait_ms=0)
        wait = 0 if self._slow_at is None else self._slow_at + ADDRESS_LIMITS.exhausted_ms - now
        if wait > 0:
            return AddressDenied(message="the allowance is used up: one action every ten seconds", wait_ms=wait)
        return AddressGranted(is_slow=True)
