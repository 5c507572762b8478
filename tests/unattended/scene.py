"""What outlives the processes of a story: the venue with its books, the database, and all that was seen of both."""

from collections import Counter
from decimal import Decimal
from typing import NamedTuple

from agentic_core.domain import (
    DeploymentStatus,
    Desired,
    IntentKind,
    IntentState,
    Price,
    Symbol,
)
from agentic_core.domain.records import AgentStateRecord, Command, CommandState, IntentRecord, LogLine
from agentic_core.ports.simulated_venue import MoveMark
from agentic_core.simulation.world import World
from agentic_core.store.memory.store import MemoryStore
from agentic_hl.simulated import SimulatedHyperliquid
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.venue import VenueOptions
from tests.lifecycles.places import ACCOUNT, DEPLOYMENT
from tests.lifecycles.venue_books import VenueBooks
from tests.support.hyperliquid_desk import OWNER, approve
from tests.unattended.chat.skill import chat_changes
from tests.unattended.chat.stage import ChatPlan, ChatStage
from tests.unattended.database import Database
from tests.unattended.furnishing import furnish
from tests.unattended.wire import Sent

__all__ = ["INTERVAL_MS", "MARKS", "Answered", "Scene", "Standing", "is_doubtful"]

INTERVAL_MS = 60_000
_ALL = 1_000_000
_FINAL = frozenset({CommandState.APPLIED, CommandState.REFUSED, CommandState.EXPIRED})
_ANSWERS = frozenset({"ack", "claim", "expire_rest", "queue", "pause_own", "unit"})
_MOVES = frozenset({"move", "set_desired", "queue", "acquire", "revoke", "unit"})
_DOUBTFUL = frozenset({IntentState.PREPARED, IntentState.SENT, IntentState.UNKNOWN})
_SIGNS = frozenset({"write", "unit"})
DEPOSIT = Decimal(100_000)
MARKS = {Symbol("BTC"): Decimal(95_000), Symbol("ETH"): Decimal(3_200)}
_OPTIONS = VenueOptions(
    engine=Options(
        start_prices=dict(enumerate(MARKS.values())),
        levels=0,
        print_usd=Decimal(0),
        default_leverage=10,
    )
)


class Standing(NamedTuple):
    """What the database said of the deployment from a moment on."""

    at: int
    status: DeploymentStatus
    desired: Desired
    halt_reason: str | None
    held: Decimal
    """What the venue's books held at that moment, all positions together."""
    doubtful: int = 0
    """Orders of which nobody knew what became of them, where it has ended."""


class Answered(NamedTuple):
    """What became of one command, by the world's clock."""

    queued: int
    command: Command
    acked: int | None = None
    finished: int | None = None
    finals: int = 0
    """How often it got a final outcome."""
    changed: bool = False
    """Whether anything of it changed after its final outcome."""
    held: Decimal = Decimal(0)
    """What the venue's books held when it got that, all positions together."""


def is_doubtful(record: IntentRecord) -> bool:
    """Tell whether an order may be anywhere; a stop that waits for its entry has no number and is nowhere."""
    prepared = record.prepared
    waits = prepared.intent.kind is IntentKind.STOP and prepared.nonce is None
    return record.state in _DOUBTFUL and not waits


class Scene:
    """The world of one story."""

    def __init__(self, world: World, chat: ChatPlan | None = None) -> None:
        self.world = world
        self.clock = world.clock
        self.began = world.clock.boottime_ms()
        self.place = SimulatedHyperliquid(world, account=OWNER.address, deposit=DEPOSIT, options=_OPTIONS)
        approve(self.place.venue, world.clock.now())
        self.books = VenueBooks(self.place.venue, OWNER.address, world.clock)
        self.database = Database(world)
        self.database.on_change = self.look
        self.chat = None if chat is None else ChatStage(world, self.database.store, chat)
        """What a chat model adds, where one decides."""
        self.sent: list[Sent] = []
        self.said: list[tuple[int, int, LogLine]] = []
        """When, by which process, what."""
        self.again: list[int] = []
        """Marks for which somebody was asked though they were decided."""
        self.pages: list[tuple[int, str]] = []
        self.standings: list[Standing] = []
        self.answers: dict[str, Answered] = {}
        self.heard: list[int] = []
        """When the state was written."""
        self.platform: list[tuple[int, bool]] = []
        """When trading was switched off for everybody, and on again."""
        self.edits: list[tuple[int, bool]] = []
        """When the payload became another one, and the deployed one again."""
        self.skewed_ms = 0
        """By how much the venue's time was ever off, at most."""
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []
        self.calm_at = 0
        """When the last trouble was over."""
        self.is_over_in_time = False
        self.marks = dict(MARKS)
        self._state: AgentStateRecord | None = None
        for symbol, price in MARKS.items():
            self.move(symbol, price)

    @property
    def store(self) -> MemoryStore:
        """What the database holds, without any trouble on the way."""
        return self.database.store

    @property
    def ms(self) -> int:
        """The world's time."""
        return self.clock.boottime_ms()

    @property
    def lived_ms(self) -> int:
        """How long the story has gone on."""
        return self.ms - self.began

    @property
    def held(self) -> Decimal:
        """What the venue's books hold now, all positions together, in units."""
        return sum((abs(size) for size in self.books.held.values()), Decimal(0))

    @property
    def decided(self) -> int:
        """How many turns were decided."""
        return len(self.store.decisions.decisions)

    async def furnish(self) -> None:
        """Deploy the skill on the account."""
        chat = self.chat
        if chat is not None:
            self.database.on_call = chat.hear
        await furnish(self.store, self.clock.now(), {} if chat is None else chat_changes(chat.plan))
        await self.look("move")

    def move(self, symbol: Symbol, price: Decimal) -> None:
        """Let a market trade at a price."""
        self.marks[symbol] = price
        self.place.inject(MoveMark(symbol=symbol, price=Price(price)))
        self.books.look()

    async def look(self, what: str) -> None:
        """Take note of what the database says by now, after something was done to it."""
        if self.chat is not None:
            await self.chat.look(what)
        if what in _MOVES:
            await self._look_at_deployment()
        if what in _ANSWERS:
            await self._look_at_commands()
        if what in _SIGNS:
            state = await self.store.states.read(DEPLOYMENT)
            if state is not None and state is not self._state:
                self._state = state
                self.heard.append(self.ms)

    async def _look_at_deployment(self) -> None:
        row = self.store.deployments.trading(DEPLOYMENT, ACCOUNT)
        if self.standings and self.standings[-1][1:4] == (row.status, row.desired, row.halt_reason):
            return
        living = await self.store.intents.living(ACCOUNT) if row.status is DeploymentStatus.STOPPED else ()
        doubtful = sum(is_doubtful(record) for record in living)
        self.standings.append(Standing(self.ms, row.status, row.desired, row.halt_reason, self.held, doubtful))

    async def _look_at_commands(self) -> None:
        for command in await self.store.commands.recent(DEPLOYMENT, _ALL):
            known = self.answers.get(command.id) or Answered(self.ms, command)
            if known.command is command and command.id in self.answers:
                continue
            is_final = command.state in _FINAL
            was_final = known.command.state in _FINAL
            self.answers[command.id] = Answered(
                queued=known.queued,
                command=command,
                acked=self.ms if known.acked is None and command.acked_at is not None else known.acked,
                finished=self.ms if is_final and known.finished is None else known.finished,
                finals=known.finals + (is_final and not was_final),
                changed=known.changed or (was_final and command != known.command),
                held=self.held if is_final and known.finished is None else known.held,
            )
