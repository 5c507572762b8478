"""One night of trouble from a seed: weather on the links, lagging reads, a mark that moves, runners that crash."""

from decimal import Decimal
from typing import NamedTuple

from agentic_core.domain import Price
from agentic_core.ports.simulated_venue import LagReads, MoveMark, VenueTruth, Weather
from agentic_core.simulation.minimal_venue import MinimalVenue
from agentic_core.simulation.world import World
from tests.support.simulated_desk import BTC, Bug, Desk, supervise

__all__ = ["Night", "play_night"]


class Night(NamedTuple):
    """What a night ended with."""

    desk: Desk
    truth: VenueTruth
    world: World

    @property
    def faults(self) -> list[str]:
        """What is wrong between what the desk believes and what is so."""
        found = list(self.desk.contradictions)
        believed = {life.cloid: life for life in self.desk.lives}
        for fill in self.truth.fills:
            life = believed.get(fill.cloid)
            if life is None or life.filled != fill.size:
                found.append(f"{fill.cloid} filled {fill.size} and is written down as {life and life.state}")
        held = sum((fill.size for fill in self.truth.fills), Decimal(0))
        if held > 1:
            found.append(f"{held} units were bought with a cap of 1")
        if not self.desk.done:
            found.append(f"not ended: {[str(life.state) for life in self.desk.lives]}")
        return found


def play_night(seed: int, *, bug: str = Bug.NONE) -> Night:
    """Play a night to its end: a minute of trouble, then five of calm."""
    world = World(seed)
    chance = world.chance("night")

    async def main(world: World) -> Night:
        place, desk = MinimalVenue(world), Desk(world)
        place.inject(
            Weather(
                lose=chance.pick((0, 100, 400)),
                repeat=chance.pick((0, 100, 400)),
                garble=chance.pick((0, 100, 400)),
                delay=chance.pick((0, 100, 700)),
                delay_ms_max=chance.pick((500, 3_000, 14_000)),
            )
        )
        place.inject(LagReads(by_ms=chance.pick((0, 1_000, 5_000))))
        place.inject(MoveMark(symbol=BTC, price=Price(Decimal(chance.pick((100, 100, 102))))))
        world.after(20_000, lambda: place.inject(MoveMark(symbol=BTC, price=Price(Decimal(100)))))
        world.after(60_000, lambda: place.inject(Weather()))
        await supervise(desk, place, chance, bug=bug)
        return Night(desk, place.truth(), world)

    return world.run(main)
