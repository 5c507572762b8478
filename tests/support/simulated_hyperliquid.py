"""Somebody who trades on the simulated Hyperliquid of a world with our own wire."""

from decimal import Decimal

import msgspec

from agentic_core.domain import ClientOrderId, Instant
from agentic_core.simulation.world import World
from agentic_hl.rest.transport import Answered, HttpOutcome, NeverLeft, Unclear
from agentic_hl.simulated import SimulatedHyperliquid
from agentic_hl.wire.actions.orders import IOC, Grouping, OrderLine, PlaceOrders
from agentic_hl.wire.envelope import sign_l1_request
from agentic_hl.wire.messages.answers import ORDER_STATUS
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.network import Network
from agentic_hl.wire.replies import Filled, RequestRefused, Statuses, read_reply
from agentic_hl.wire.signing import Signer

__all__ = ["HyperliquidTrader"]

_OWNER = Signer.from_hex("0x" + "0b" * 32)
_PATIENCE_MS = 30_000


class HyperliquidTrader:
    """Buys one BTC at 101 or better, always by the same signed bytes, which expire after a minute."""

    def __init__(self, world: World, cloid: ClientOrderId) -> None:
        self.venue = SimulatedHyperliquid(world, account=_OWNER.address, deposit=Decimal(100_000))
        self._link = self.venue.connect("desk")
        self._cloid = cloid
        now = world.clock.now()
        line = OrderLine(
            asset=0, is_buy=True, limit_price="101", size="1", reduce_only=False, terms=IOC, cloid=str(cloid)
        )
        self._body = sign_l1_request(
            _OWNER,
            PlaceOrders(orders=(line,), grouping=Grouping.NONE),
            nonce=now,
            network=Network.TESTNET,
            expires_after=Instant(now + 60_000),
        )

    async def buy(self) -> str:
        """Send the order, and say what came of it."""
        outcome = await self._link.post("/exchange", self._body, _PATIENCE_MS)
        match outcome:
            case NeverLeft():
                return "nothing left"
            case Unclear():
                return "silence"
            case Answered(status=200):
                return _said(outcome)
            case _:
                return "error"

    async def look(self) -> bool:
        """Ask for the order by its cloid."""
        question = {"type": "orderStatus", "user": _OWNER.address, "oid": str(self._cloid)}
        outcome: HttpOutcome = await self._link.post("/info", msgspec.json.encode(question), _PATIENCE_MS)
        assert isinstance(outcome, Answered)
        found = ORDER_STATUS.read(outcome.body)
        assert not isinstance(found, Unreadable)
        return found.status == "order"


def _said(outcome: Answered) -> str:
    match read_reply(outcome.status, outcome.body):
        case Statuses(items=(Filled(),)):
            return "filled"
        case RequestRefused():
            return "refused"
        case strange:
            return str(strange)
