"""A venue that judges signatures: funded accounts, and requests answered as JSON."""

import json
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.engine.markets import MARKETS
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.exchange import Exchange
from agentic_hl.venue.exchange.signers import AgentWalletRules
from agentic_hl.wire.signing import Signer

__all__ = ["NOW", "OWNER", "SigningVenue"]

NOW = 1_800_000_000_000
OWNER = Signer.from_hex("0x0123456789012345678901234567890123456789012345678901234567890123")
PENDING_MS = AgentWalletRules().blocks_for_ms


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue answered."""

    status: str
    response: object

    @property
    def text(self) -> str:
        """The text of a refusal."""
        return str(self.response)


class SigningVenue:
    """A venue on the test network where one owner has money."""

    def __init__(self) -> None:
        self.now = NOW
        self.engine = Engine(MARKETS, options=Options(), seed=7, now=NOW)
        self.engine.deposit(OWNER.address, Decimal(10_000))
        self._exchange = Exchange(self.engine)

    def hear(self, body: bytes | Mapping[str, object]) -> Heard:
        """Hand a request in."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        reply = self._exchange.handle(content, self.now)
        assert reply.status == 200, reply.body
        return msgspec.json.decode(reply.body, type=Heard)

    def agents(self) -> list[str]:
        """Return the addresses of the owner's agent wallets that have names."""
        return [agent.address for agent in self._exchange.agents.named(OWNER.address, self.now)]
