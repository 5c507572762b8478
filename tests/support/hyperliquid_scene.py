"""The live broker in a simulated world, where the network and the venue can be made to misbehave."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

from agentic_core.domain import ClientOrderId, Price, Size
from agentic_core.ports.simulated_venue import Fault, MoveMark
from agentic_core.simulation.world import World
from agentic_hl.simulated import SimulatedHyperliquid
from tests.support.hyperliquid_desk import OPTIONS, OWNER, access_over, approve, broker_over
from tests.support.markets import BTC

__all__ = ["Scene", "play"]

D = Decimal


class Scene:
    """A world with the broker and the venue; BTC trades at 100 to any depth."""

    def __init__(self, world: World) -> None:
        self.clock = world.clock
        self._trace = world.trace
        self.venue = SimulatedHyperliquid(world, account=OWNER.address, deposit=D(10_000), options=OPTIONS)
        approve(self.venue.venue, world.clock.now())
        self.quote("100")
        self.access = access_over(self.venue.connect("desk"), world.clock, world.entropy)
        self.broker = broker_over(self.access)

    async def ready(self) -> None:
        """Let everything be known that the first order needs, as opening the broker does."""
        await self.broker.warm_up()

    def quote(self, price: str, depth: str | None = None) -> None:
        """Let BTC trade at a price, to a depth."""
        size = None if depth is None else Size(D(depth))
        self.venue.inject(MoveMark(symbol=BTC, price=Price(D(price)), depth=size))

    def go_wrong(self, fault: Fault) -> None:
        """Make something go wrong."""
        self.venue.inject(fault)

    def sent(self, kind: str) -> int:
        """Return how many requests of a kind left the broker."""
        facts = [dict(event.facts) for event in self._trace if event.what == "sends"]
        return sum(1 for each in facts if each["kind"] == kind)

    def executed(self, cloid: ClientOrderId) -> Decimal:
        """Return what really executed of an order."""
        return sum((fill.size for fill in self.venue.truth().fills if fill.cloid == cloid), D(0))


def play(scene: Callable[[Scene], Awaitable[None]], seed: int = 3) -> None:
    """Play a scene in a world of its own."""

    async def main(world: World) -> None:
        made = Scene(world)
        await made.ready()
        await scene(made)

    World(seed).run(main)
