"""One process of a story: the shipped runner over the shipped live session, in a world that does things to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, cast

import anyio
from msgspec.structs import replace

from agentic_core.chat.wire import Flavour
from agentic_core.cli.chat_services import ChatDoor
from agentic_core.domain import ClientOrderId
from agentic_core.domain.records import DeploymentRecord, LogLine
from agentic_core.ports.live_venue import OpenVenue, VenueWish
from agentic_core.ports.repositories import Store
from agentic_core.runtime import ByRules, Mandate
from agentic_core.runtime.live_session import live_sessions
from agentic_core.runtime.mandates import mandates
from agentic_core.runtime.runner import Ended, run_until_stopped
from agentic_core.runtime.runner_ports import RunnerPorts
from agentic_hl.live import Machine, VenueAddress, Ways, hyperliquid_venues
from agentic_hl.rest import MemoryBudgets
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from tests.lifecycles.places import DEPLOYMENT
from tests.support.hyperliquid_desk import LIVE, WALLET
from tests.unattended.chat.link import ProviderLink
from tests.unattended.chat.skill import CATALOGUE, SpyTool, Taped
from tests.unattended.database import Connection, Member
from tests.unattended.mistakes import Mistake
from tests.unattended.restless import Restless
from tests.unattended.scene import Scene
from tests.unattended.vitals import ProcessClock, Steps, Vitals
from tests.unattended.wire import Sent, WatchedLink

__all__ = ["Process"]

_ADDRESS = VenueAddress(network=Network.TESTNET, rest_url="http://simulated", stream_url="ws://simulated")


class Process:
    """From its start to its end, which may be a kill."""

    def __init__(self, scene: Scene, number: int, *, ahead_ms: int = 0, mistake: Mistake | None = None) -> None:
        self.scene: Final = scene
        self.number: Final = number
        self.began: Final = scene.ms
        self.vitals: Final = Vitals(scene.clock)
        self.wall: Final = scene.world.clock_ahead(ahead_ms)
        self.stop: Final = anyio.Event()
        self.ended: Ended | None = None
        self.over_at: int | None = None
        """When it had ended, or was killed."""
        self.stopping_at: int | None = None
        """When it was told to end."""
        self.mistake: Final = mistake or Mistake()
        self._scope = anyio.CancelScope()
        self.steps: Final = Steps(self.vitals, self._scope)
        self.clock: Final = ProcessClock(self.wall, self.vitals)
        self.member: Final = Member(self.vitals, self.clock, self.steps)
        watched = WatchedLink(scene.place.connect(f"process {number}"), self.vitals, self.steps, self._leaves)
        self._link = self.mistake.link(watched)

    @property
    def is_over(self) -> bool:
        """Whether it is gone."""
        return self.over_at is not None

    @property
    def holds(self) -> bool:
        """Whether it may rely on the lease just now."""
        return self.member.taken_at is not None and self.scene.ms < self.member.relies_until

    def kill(self) -> None:
        """Kill it here and now."""
        self.steps.kill()

    def tell_to_end(self) -> None:
        """Send it a SIGTERM."""
        self.stopping_at = self.scene.ms
        self.stop.set()

    async def run(self) -> None:
        """Run until it ends."""
        scene = self.scene
        with self._scope:
            self.ended = await self.mistake.run(run_until_stopped, DEPLOYMENT, self._ports(), self.stop)
        self.over_at = scene.ms
        if self.vitals.is_dead:
            scene.counts["killed"] += 1
        elif self.ended is not None:
            scene.counts[f"ended {self.ended.reason}"] += 1

    def _ports(self) -> RunnerPorts:
        store = Connection(self.scene.database, self.member).as_store()
        ports = RunnerPorts(
            store=self.mistake.store(store),
            clock=self.clock,
            holder=f"process {self.number}",
            open_session=self.mistake.session(live_sessions(self._venues())),
            mandate_of=self._mandate_of,
            listener=self._heard,
            page=self._paged,
        )
        return self.mistake.ports(ports)

    async def _mandate_of(self, record: DeploymentRecord) -> Mandate:
        store = Connection(self.scene.database, self.member).as_store()
        chat = self.scene.chat
        if chat is None:
            pinned = await mandates(store)(record)
            return replace(pinned, decider=ByRules(policy=Restless(self.scene)))
        link = ProviderLink(chat, self.number, (self.vitals, self.steps, self.clock))
        door = ChatDoor(
            transport=self.mistake.transport(link),
            catalogue=CATALOGUE,
            clock=self.clock,
            flavour=Flavour.OPENROUTER,
            foreign=(SpyTool(chat),),
        )
        setup = door.live(cast("Store", Taped(store, self.mistake.tape)), record.id)
        return self.mistake.mandate(await mandates(store, setup)(record), setup.tools)

    def _venues(self) -> OpenVenue:
        world = self.scene.world

        @asynccontextmanager
        async def ways(_address: VenueAddress) -> AsyncIterator[Ways]:
            yield Ways(http=self._link, stream=self._link)

        async def signer(_wish: VenueWish) -> Signer:
            return WALLET

        machine = Machine(
            clock=self.clock,
            entropy=world.entropy,
            environment=LIVE,
            budgets=MemoryBudgets(world.clock),
            open_ways=ways,
        )
        return hyperliquid_venues(_ADDRESS, machine, signer)

    def _leaves(self, kind: str, opens: tuple[ClientOrderId, ...], was_held: bool) -> None:
        scene, member = self.scene, self.member
        scene.sent.append(Sent(scene.ms, self.number, member.epoch, member.relies_until, kind, opens, was_held))

    def _heard(self, line: LogLine) -> None:
        if not self.vitals.is_dead:
            self.scene.said.append((self.scene.ms, self.number, line))

    def _paged(self, words: str) -> None:
        if not self.vitals.is_dead:
            self.scene.pages.append((self.scene.ms, words))
