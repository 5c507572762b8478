"""Identifiers, and how the derived ones are computed.

Whatever names a decision or an order is a function of given values, so that a repeated tick names the same order
and a unique index can stop the second one.
"""

from hashlib import sha256
from typing import NewType

import msgspec

from agentic_core.domain.times import Instant

__all__ = [
    "AccountKey",
    "ClientOrderId",
    "DecisionId",
    "DeploymentId",
    "SkillId",
    "Symbol",
    "TickId",
    "TraceId",
    "UserId",
    "client_order_id",
    "decision_of",
    "derived_uuid",
    "paper_account",
    "trace_of",
]

UserId = NewType("UserId", str)
SkillId = NewType("SkillId", str)
DeploymentId = NewType("DeploymentId", str)
"""A UUID as text; also names the run of a backtest."""

DecisionId = NewType("DecisionId", str)
TraceId = NewType("TraceId", str)
"""32 hex digits that join a tick's decision, orders, log lines and errors."""

Symbol = NewType("Symbol", str)
"""An instrument's name as the venue spells it, such as BTC; case-sensitive."""

AccountKey = NewType("AccountKey", str)
"""What a trading lease covers: network and traded address, or `paper:` and the deployment."""

ClientOrderId = NewType("ClientOrderId", str)
"""16 bytes as `0x` and 32 hex digits, chosen by us."""


class TickId(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One turn of one deployment."""

    deployment: DeploymentId
    mark: Instant
    cause: str = "tick"
    """What took the turn: the schedule, or `command:` and its id."""

    def digest(self) -> str:
        """Return 64 hex digits that name this turn and no other."""
        return _digest(f"{self.deployment}\x1f{self.mark}\x1f{self.cause}")

    @property
    def trace(self) -> TraceId:
        """The trace id of this turn."""
        return trace_of(self.digest())

    @property
    def decision(self) -> DecisionId:
        """The decision id of this turn."""
        return decision_of(self.digest())


def trace_of(digest: str) -> TraceId:
    """Return the trace id of the turn with this digest."""
    return TraceId(digest[:32])


def decision_of(digest: str) -> DecisionId:
    """Return the decision id of the turn with this digest."""
    return DecisionId(_as_uuid(digest[32:]))


def paper_account(deployment: DeploymentId) -> AccountKey:
    """Return the account key of a paper deployment."""
    return AccountKey(f"paper:{deployment}")


def client_order_id(account: AccountKey, tick: str, *, leg: int, attempt: int) -> ClientOrderId:
    """Derive a client order id from the digest of its turn.

    It holds no epoch, so a second runner repeating a turn derives the same one.
    """
    return ClientOrderId("0x" + _digest(f"{account}\x1f{tick}\x1f{leg}\x1f{attempt}")[:32])


def derived_uuid(*parts: str) -> str:
    """Derive a UUID (version 8) from text parts."""
    return _as_uuid(_digest("\x1f".join(parts)))


_VARIANT_10 = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def _as_uuid(digits: str) -> str:
    # RFC 9562 version 8 (custom), variant 10.
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{_VARIANT_10[digits[16]]}{digits[17:20]}-{digits[20:32]}"


def _digest(parts: str) -> str:
    # Joined by a separator that cannot occur in any part, so different parts never meet in one digest.
    return sha256(parts.encode()).hexdigest()
