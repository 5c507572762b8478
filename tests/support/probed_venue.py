"""The probe in a world with a simulated venue, and everything that it sent there."""

from collections.abc import Awaitable, Callable, Collection
from decimal import Decimal
from typing import Any

import msgspec

from agentic_core.simulation.world import World
from agentic_hl.probe.answers import Outcome, ProbeReport
from agentic_hl.probe.asking import chosen, run_probe
from agentic_hl.probe.room import Room
from agentic_hl.probe.signed_room import SignedRoom
from agentic_hl.rest.transport import HttpOutcome, HttpTransport
from agentic_hl.simulated.venue import SimulatedHyperliquid
from agentic_hl.stream.transport import NotConnected, StreamLink, StreamTransport
from agentic_hl.venue.engine.options import Generated, Options
from agentic_hl.venue.venue import VenueOptions
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer

__all__ = ["FULL", "OWNER", "SECRET", "ProbedVenue", "outcomes", "probed"]

SECRET = bytes(range(1, 33))
OWNER = Signer(SECRET)

FULL = VenueOptions(engine=Options(prices=Generated(history_minutes=600)))
"""With a page of candles from before the start, which takes half a second to make."""

_DEFAULTS = VenueOptions(engine=Options(prices=Generated(history_minutes=20)))


class Wire:
    """Both transports, with a note of all that is sent."""

    def __init__(self, http: HttpTransport, streams: StreamTransport) -> None:
        self._http = http
        self._streams = streams
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.links = 0
        self.instead: Callable[[dict[str, Any]], HttpOutcome | None] = lambda _body: None
        """What is answered in place of the venue."""

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Note a request and pass it on."""
        content = msgspec.json.decode(body)
        self.posted.append((path, content))
        return self.instead(content) or await self._http.post(path, body, timeout_ms)

    async def connect(self) -> StreamLink | NotConnected:
        """Note a link and make it."""
        self.links += 1
        return await self._streams.connect()


class ProbedVenue:
    """A venue, the probe's way to it, and the owner's account with 1,000 dollars."""

    def __init__(self, world: World, options: VenueOptions = _DEFAULTS) -> None:
        self.hyperliquid = SimulatedHyperliquid(world, account=OWNER.address, deposit=Decimal(1000), options=options)
        link = self.hyperliquid.connect("probe")
        self.wire = Wire(link, link)
        self.room = Room(http=self.wire, streams=self.wire, clock=world.clock, entropy=world.entropy)

    async def probe(
        self,
        *ids: str,
        with_key: bool = False,
        limits: bool = False,
        network: Network = Network.TESTNET,
        signed_for: Network = Network.TESTNET,
    ) -> ProbeReport:
        """Ask what is named, or everything."""
        signed = SignedRoom(room=self.room, owner=OWNER, network=signed_for) if with_key else None
        return await run_probe(self.room, chosen(ids), network=network, signed=signed, limits=limits)

    def actions(self) -> list[dict[str, Any]]:
        """Return what was sent to `/exchange`."""
        return [content for path, content in self.wire.posted if path == "/exchange"]


def probed(scene: Callable[[ProbedVenue], Awaitable[None]], options: VenueOptions = _DEFAULTS) -> None:
    """Play a scene in a world of its own."""

    async def main(world: World) -> None:
        await scene(ProbedVenue(world, options))

    World(1).run(main)


def outcomes(report: ProbeReport, among: Collection[Outcome] | None = None) -> dict[str, str]:
    """Return each outcome by its id."""
    found = {answer.id: answer.finding.outcome for answer in report.answers}
    return {name: str(outcome) for name, outcome in found.items() if among is None or outcome in among}
