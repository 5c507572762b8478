"""A thought of several calls played in a world of its own time: a chat model and a tool that take their time."""

from collections.abc import Sequence
from decimal import Decimal

from agentic_core.chat import said
from agentic_core.chat.effects import Ask, Reserve, UseTool
from agentic_core.chat.toolbox import Toolbox
from agentic_core.domain import Decision, Fence, TradingState, Usd
from agentic_core.domain.chat import CallId, CostCaps
from agentic_core.domain.ids import AccountKey
from agentic_core.errors import UsageError
from agentic_core.ports.chat_model import CallOutcome, CallUsage, ChatRequest, Completion, ToolCall, ToolSpec
from agentic_core.ports.chat_tools import ToolContext, ToolMode, ToolResult
from agentic_core.ports.clock import Clock
from agentic_core.runtime import ByChatModel, tick
from agentic_core.runtime.chat_desk import ChatDesk, DeskPorts
from agentic_core.runtime.effects import Effect, EffectReply, Forgo, Record
from agentic_core.runtime.playing import Played, play
from agentic_core.runtime.turn_gate import TurnGate
from agentic_core.simulation.world import World
from agentic_core.store.memory import MemoryStore
from tests.support.markets import BTC, AccountByHand, MarketByHand
from tests.support.thinking import thinking_by
from tests.support.turns import DEPLOYMENT, mandate

__all__ = ["BOUND", "CENT", "ENDS_MS", "LOOKS", "NOTHING", "Place"]

D = Decimal
CENT, BOUND = Usd(D("0.01")), Usd(D("0.05"))
PAID = CallUsage(cost_usd=CENT)
ENDS_MS = 45_000
NOTHING = said(None, "wait", usage=PAID)
LOOKS = Completion(
    text="",
    tool_calls=(ToolCall(id="1", name="look", arguments="{}"),),
    usage=PAID,
    request_hash="3" * 64,
    model_id="slow",
)


class Slow:
    """A chat model that takes its time for each answer."""

    model_id = "slow"

    def __init__(self, clock: Clock, script: Sequence[tuple[float, CallOutcome]]) -> None:
        self._clock = clock
        self._script = list(script)
        self.calls: list[CallId] = []

    def bound(self, request: ChatRequest) -> Usd | None:
        """Return the bound."""
        return BOUND

    async def call(self, call: CallId, request: ChatRequest, *, within_ms: int) -> CallOutcome:
        """Think."""
        seconds, outcome = self._script[len(self.calls)]
        self.calls.append(call)
        await self._clock.sleep(seconds)
        return outcome

    async def cost_of(self, generation: str) -> Usd | None:
        """Say nothing."""
        return None


class Look:
    """A tool that takes its time."""

    spec = ToolSpec(name="look", description="Looks.", parameters=b'{"type":"object"}')
    mode = ToolMode.READ

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds

    async def use(self, arguments: str, context: ToolContext) -> ToolResult:
        """Look."""
        await self._clock.sleep(self._seconds)
        return ToolResult(content="{}")


class Place:
    """A desk under a lease, a gate, and what was recorded."""

    def __init__(
        self,
        world: World,
        script: Sequence[tuple[float, CallOutcome]],
        *,
        looks_s: float = 0,
        reserves_s: float = 0,
    ) -> None:
        self.clock = world.clock
        self._reserves_s = reserves_s
        self.store = MemoryStore(now=world.clock.now)
        self.chat_model = Slow(world.clock, script)
        self.gate = TurnGate(world.clock)
        self.recorded: list[Decision] = []
        tools = Toolbox([Look(world.clock, looks_s)])
        self.decider = ByChatModel(thinking=thinking_by(self.chat_model, tools=tools, attempts_max=2))
        self._desk: ChatDesk | None = None

    async def turn(self, *, month: str = "1") -> Played:
        """Take one turn."""
        lease = await self.store.leases.acquire(AccountKey("here"), "me", 60_000)
        assert lease is not None
        clock = self.clock
        fence = Fence(account=lease.account, epoch=lease.epoch)
        ports = DeskPorts(ledger=self.store.costs, fence=fence, now=clock.now, sleep=clock.sleep)
        self._desk = ChatDesk(self.decider.thinking, ports, lambda: CostCaps(month_usd=Usd(D(month))))
        market = MarketByHand({BTC: "50000"}, at=clock.now())
        account = AccountByHand(market, at=clock.now())
        mark = clock.now()
        turn = tick(mandate(self.decider), market, account, TradingState.ACTIVE, mark=mark, record_holds=True)
        return await play(turn, self.perform, self.gate, clock, ends_ms=clock.boottime_ms() + ENDS_MS)

    async def perform(self, effect: Effect) -> EffectReply:
        """Perform what a turn without an order asks for."""
        assert self._desk is not None
        match effect:
            case Reserve():
                await self.clock.sleep(self._reserves_s)
                return await self._desk.reserve(effect)
            case Ask():
                return await self._desk.ask(effect)
            case UseTool():
                return await self._desk.use(effect)
            case Forgo():
                return await self._desk.forgo(effect)
            case Record():
                self.recorded.append(effect.decision)
                return None
            case _:
                raise UsageError(f"{effect!r} was not expected")

    async def spent(self) -> tuple[object, object]:
        """Return what is settled and what is held."""
        standing = await self.store.costs.standing(DEPLOYMENT, self.clock.now())
        return standing.month_settled, standing.month_held
