"""Identifiers, and how the derived ones are computed.

Whatever names a decision or an order is a function of given values, so that a repeated tick names the same order
and a unique index can stop the second one.
"""

from hashlib import sha256
from typing import NewType
from uuid import UUID

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
    "derived_uuid",
    "paper_account",
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


class TickId(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of one deployment."""

    deployment: DeploymentId
    mark: Instant

    @property
    def trace(self) -> TraceId:
        """The trace id of this turn."""
        return TraceId(_digest("trace", self.deployment, str(self.mark))[:32])

    @property
    def decision(self) -> DecisionId:
        """The decision id of this turn."""
        return DecisionId(derived_uuid("decision", self.deployment, str(self.mark)))


def paper_account(deployment: DeploymentId) -> AccountKey:
    """Return the account key of a paper deployment."""
    return AccountKey(f"paper:{deployment}")


def client_order_id(account: AccountKey, tick: TickId, *, leg: int, attempt: int) -> ClientOrderId:
    """Derive the client order id; it holds no epoch, so a second runner repeating a tick derives the same one."""
    parts = (account, tick.deployment, str(tick.mark), str(leg), str(attempt))
    return ClientOrderId("0x" + _digest("cloid", *parts)[:32])


def derived_uuid(*parts: str) -> str:
    """Derive a UUID (version 8) from text parts."""
    raw = bytearray.fromhex(_digest(*parts)[:32])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(raw)))


def _digest(*parts: str) -> str:
    # The separator cannot occur in any part, so different parts never meet in one digest.
    return sha256("\x1f".join(parts).encode()).hexdigest()
