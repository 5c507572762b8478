"""A truthful venue for many orders, and a broker that reaches it over a link whose troubles are listed beforehand."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from enum import IntEnum
from itertools import count
from typing import TypeVar

from msgspec.structs import replace

from agentic_core.domain import (
    Accepted,
    BrokerKind,
    ClientOrderId,
    Fill,
    Instant,
    IntentKind,
    IntentState,
    OrderIntent,
    PreparedIntent,
    Rejected,
    SendOutcome,
    Side,
    Size,
    TimeInForce,
    Unresolved,
)
from agentic_core.domain.account import AccountView
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.broker import Absent, BrokerCapabilities, Burned, Known, NotBurned, Observation, Searched
from agentic_core.runtime.orders import AccountBook
from agentic_core.simulation.world import World
from tests.support.markets import BTC, AccountByHand, MarketByHand, held
from tests.support.order_replies import fill

__all__ = ["LINK_OF_ORDER", "LittleVenue", "Trouble", "TroubledBroker"]

_T = TypeVar("_T")
S = IntentState
LINK_OF_ORDER = 5_000
"""How long is waited for an answer that is lost, in milliseconds."""

_SEARCH_BACK_MS = 60_000


class Trouble(IntEnum):
    """What happens to one message and its answer."""

    NONE = 0
    ANSWER_LOST = 1
    REQUEST_LOST = 2
    LATE = 3
    """It arrives when nobody waits any more."""
    NEVER_LEFT = 4
    LAGS = 5
    """A question is answered as of some seconds ago."""


class LittleVenue:
    """What really happened: each nonce works once, nothing is taken after its expiry, and half of what rests fills."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.arrivals: Counter[ClientOrderId] = Counter()
        self.nonces: dict[int, str] = {}
        self.fills: list[Fill] = []
        self.opened_beside: list[int] = []
        """Of every open that began to be sent, how many others were unresolved then."""
        self._history: dict[ClientOrderId, list[tuple[int, IntentState, int]]] = {}
        self._numbers = count(1)

    def place(self, prepared: PreparedIntent, portion: str = "1") -> SendOutcome:
        """Take an order and execute a portion of it at once."""
        intent, now = prepared.intent, self.world.clock.now()
        self.arrivals[intent.cloid] += 1
        assert prepared.nonce is not None
        assert prepared.expires_at is not None
        if now > prepared.expires_at:
            return Rejected(cloid=intent.cloid, reason="expired")
        if prepared.nonce in self.nonces:
            return Unresolved(cloid=intent.cloid, cause="the nonce was used before")
        self.nonces[prepared.nonce] = intent.cloid
        if intent.kind is IntentKind.CANCEL:
            return self._cancel(prepared)
        rests = intent.time_in_force is not TimeInForce.IOC
        units = Decimal(0) if intent.kind is IntentKind.STOP else intent.size * Decimal(portion)
        self._execute(prepared, units)
        whole, part = units == intent.size, units > 0
        state = S.FILLED if whole else S.RESTING if rests else S.PARTIAL if part else S.DEAD
        self._show(intent.cloid, state)
        return self._told(prepared, state)

    def noop(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Use a nonce up."""
        assert prepared.nonce is not None
        if prepared.nonce in self.nonces:
            return NotBurned(cause="used before")
        self.nonces[prepared.nonce] = "noop"
        return Burned()

    def look(self, prepared: PreparedIntent, lag_ms: int = 0) -> Observation:
        """Show an order as it was so long ago."""
        cloid, now = prepared.intent.cloid, self.world.clock.now()
        searched = Searched(since=Instant(prepared.prepared_at - _SEARCH_BACK_MS), read_at=now)
        past = [row for row in self._history.get(cloid, []) if row[0] <= now - lag_ms]
        if not past:
            return Absent(cloid=cloid, searched=searched)
        at, state, executions = past[-1]
        fills = tuple([each for each in self.fills if each.cloid == cloid][:executions])
        total = Size(sum((each.size for each in fills), Decimal(0)))
        seen_at = Instant(at)
        return Known(cloid=cloid, state=state, fills=fills, searched=searched, total=total, seen_at=seen_at)

    def executed(self, cloid: ClientOrderId) -> Decimal:
        """Return how much of an order executed."""
        return sum((each.size for each in self.fills if each.cloid == cloid), Decimal(0))

    def state(self, cloid: ClientOrderId) -> IntentState | None:
        """Return what an order is; None where it never arrived."""
        return self._history[cloid][-1][1] if cloid in self._history else None

    @property
    def position(self) -> Decimal:
        """Units held."""
        return sum((each.signed_size for each in self.fills), Decimal(0))

    def _cancel(self, prepared: PreparedIntent) -> SendOutcome:
        target = prepared.intent.target
        if target is None or self.state(target) is not S.RESTING:
            return Rejected(cloid=prepared.intent.cloid, reason="never placed, already canceled, or filled")
        self._show(target, S.PARTIAL if self.executed(target) else S.DEAD)
        return self._told(prepared, S.FILLED)

    def _told(self, prepared: PreparedIntent, state: IntentState) -> SendOutcome:
        cloid = prepared.intent.cloid
        if state is S.DEAD:
            return Rejected(cloid=cloid, reason="it could not match immediately")
        total = Size(self.executed(cloid))
        return Accepted(cloid=cloid, state=state, fills=(), venue_order_id="7", total=total)

    def _execute(self, prepared: PreparedIntent, units: Decimal) -> None:
        if units:
            intent = prepared.intent
            one = fill(intent.cloid, str(units), number=next(self._numbers), side=intent.side)
            self.fills.append(replace(one, time=self.world.clock.now()))

    def _show(self, cloid: ClientOrderId, state: IntentState) -> None:
        executions = sum(each.cloid == cloid for each in self.fills)
        self._history.setdefault(cloid, []).append((self.world.clock.now(), state, executions))


class TroubledBroker:
    """A broker of one process; `step` is awaited at every port of it and ends the process where it dies."""

    def __init__(
        self, venue: LittleVenue, troubles: Iterator[Trouble], book: AccountBook, step: Callable[[], Awaitable[None]]
    ) -> None:
        self.capabilities = BrokerCapabilities(kind=BrokerKind.HYPERLIQUID_MAINNET, rests_stops=True, burns_nonces=True)
        self.market = MarketByHand({BTC: "100"}, at=venue.world.clock.now())
        self._venue = venue
        self._troubles = troubles
        self._book = book
        self._step = step
        self._clock = venue.world.clock

    async def send(self, prepared: PreparedIntent) -> SendOutcome:
        """Send over the link."""
        cloid, trouble = prepared.intent.cloid, next(self._troubles)
        await self._step()
        if _opens(prepared.intent):
            others = (life for life in self._book.lives.values() if life.cloid != cloid and _opens(life.intent))
            self._venue.opened_beside.append(sum(life.is_unresolved and life.sends > 0 for life in others))
        if trouble is Trouble.NEVER_LEFT:
            return Unresolved(cloid=cloid, cause="no connection", left=False)
        answer = await self._pass(lambda: self._placed(prepared), trouble)
        await self._step()
        return answer or Unresolved(cloid=cloid, cause="no answer")

    async def burn(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Burn over the link."""
        await self._step()
        answer = await self._pass(lambda: self._venue.noop(prepared), next(self._troubles))
        await self._step()
        return answer or NotBurned(cause="no answer")

    async def observe(self, prepared: PreparedIntent) -> Observation:
        """Ask over the link; a question that is lost costs a second and a half."""
        trouble = next(self._troubles)
        await self._step()
        if trouble in {Trouble.ANSWER_LOST, Trouble.REQUEST_LOST}:
            await self._clock.sleep(1.5)
            message = "no answer"
            raise VenueUnavailable(message)
        seen = self._venue.look(prepared, 4_500 if trouble is Trouble.LAGS else 0)
        await self._clock.sleep(0.03)
        await self._step()
        return seen

    async def account(self) -> AccountView:
        """Return the account as it is."""
        await self._step()
        self.market.as_of = now = self._clock.now()
        self.market.set(BTC, "100")
        view = AccountByHand(self.market, at=now)
        view.hold(held(BTC, self._venue.position, cost=self._venue.position * 100))
        remembered = self._book.recall(now, view.equity)
        view.unresolved, view.open_intents = remembered.unresolved, remembered.open_intents
        return view.freeze()

    def _placed(self, prepared: PreparedIntent) -> SendOutcome:
        return self._venue.place(prepared, "1" if prepared.intent.side is Side.SELL else "0.5")

    async def _pass(self, arrive: Callable[[], _T], trouble: Trouble) -> "_T | None":
        if trouble is Trouble.LATE:
            self._venue.world.after(LINK_OF_ORDER + 1_000, arrive)
        await self._clock.sleep(0.03)
        answer = arrive() if trouble in {Trouble.NONE, Trouble.LAGS, Trouble.ANSWER_LOST} else None
        if trouble in {Trouble.NONE, Trouble.LAGS}:
            return answer
        await self._clock.sleep(LINK_OF_ORDER / 1_000)
        return None


def _opens(intent: OrderIntent) -> bool:
    return intent.kind is IntentKind.ORDER and not intent.reduce_only
