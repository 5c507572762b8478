"""The same story on paper and at the simulated venue: the same answers, positions, stops, counters and dollars."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec
import pytest
from msgspec.structs import replace

from agentic_core import domain as d
from agentic_core.brokers.paper import PaperTerms
from agentic_core.ports.simulated_venue import CutLink
from tests.support.markets import BTC
from tests.support.session_place import LIMITS, MANDATE, MIDNIGHT, WISH, Room, SessionPlace, play

D = Decimal
CAPS = replace(
    LIMITS,
    position_bps_max=d.Bps(8_000),
    exposure_bps_max=d.Bps(15_000),
    orders_per_day_max=60,
    leverage_max=3,
    daily_loss_bps_max=d.Bps(2_000),
    drawdown_bps_max=d.Bps(3_000),
    stop_bps=d.Bps(500),
)
BEFORE_MIDNIGHT = d.Instant(MIDNIGHT - 70_000)
_SETTLED_S = 10.0


class Open(NamedTuple):
    """Open for so many dollars at the next mark; below zero short."""

    usd: int


class Close(NamedTuple):
    """Close at the next mark."""


class Move(NamedTuple):
    """Let the price change."""

    to: str


class Pass(NamedTuple):
    """Let time pass."""

    seconds: float


class Down(NamedTuple):
    """Let the process be gone for a while, in whose middle the price changes."""

    seconds: float
    to: str


class Cut(NamedTuple):
    """Let nothing come or go for a while, in whose middle the price changes."""

    seconds: float
    to: str


class Flatten(NamedTuple):
    """Close everything at once."""


Step = Open | Close | Move | Pass | Down | Cut | Flatten


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What is so after a step, on either side."""

    answer: str
    positions: dict[d.Symbol, Decimal]
    equity: Decimal
    orders: int
    stops: tuple[tuple[d.Side, Decimal | None, Decimal], ...]
    halts: tuple[d.HaltReason, ...]
    pages: int
    is_free: bool


class Player:
    """Plays steps in one room, one process after the other."""

    def __init__(self, room: Room) -> None:
        room.terms = PaperTerms(slippage_bps=D(0))
        self.room = room
        self.clock = room.world.clock
        self.seen: list[Seen] = []
        self.halts: list[d.HaltReason] = []

    async def play(self, steps: Sequence[Step]) -> None:
        """Play all of them."""
        left = list(steps)
        while left:
            async with self.room.running() as place:
                while left and not isinstance(left[0], Down):
                    answer = await self._step(place, left.pop(0))
                    await self.clock.sleep(_SETTLED_S)
                    self.seen.append(await self._see(place, answer))
                self.halts += [reason for reason, _ in place.halts]
            if left:
                await self._be_away(left.pop(0))

    async def _step(self, place: SessionPlace, step: Step) -> str:
        match step:
            case Open(usd=usd):
                side = d.Side.BUY if usd > 0 else d.Side.SELL
                size = d.Usd(D(abs(usd)))
                return await self._turn(
                    place, d.ProposedAction(kind=d.ActionKind.OPEN, symbol=BTC, side=side, size_usd=size)
                )
            case Close():
                return await self._turn(place, d.ProposedAction(kind=d.ActionKind.CLOSE, symbol=BTC))
            case Move(to=price):
                self.room.price(price)
            case Cut(seconds=seconds, to=price):
                self.room.venue.inject(CutLink(for_ms=int(seconds * 1_000)))
                await self._pass_with(seconds, price)
                await self.clock.sleep(45)
            case Flatten():
                return str((await place.session.flatten(f"command:{len(self.seen)}")).left)
            case Pass(seconds=seconds):
                await self.clock.sleep(seconds)
            case Down():
                raise AssertionError("a process is gone outside of it")
        return ""

    async def _turn(self, place: SessionPlace, wish: d.ProposedAction) -> str:
        await self.clock.sleep((60_000 - self.clock.now() % 60_000) / 1_000 + 0.3)
        WISH.action = wish
        try:
            result = (await place.turn()).result
        finally:
            WISH.action = None
        return result.rule if isinstance(result, d.RejectedResult) else type(result).__name__

    async def _be_away(self, step: Step) -> None:
        assert isinstance(step, Down)
        await self._pass_with(step.seconds, step.to)

    async def _pass_with(self, seconds: float, price: str) -> None:
        await self.clock.sleep(seconds / 2)
        self.room.price(price)
        await self.clock.sleep(seconds / 2)

    async def _see(self, place: SessionPlace, answer: str) -> Seen:
        account = await place.session.account()
        resting = (await place.live.live.exits.ports.reads.orders()).orders
        return Seen(
            answer=answer,
            positions={symbol: held.size for symbol, held in account.positions.items()},
            equity=account.equity,
            orders=account.day.orders,
            stops=tuple((one.side, one.trigger.price if one.trigger else None, one.limit_price) for one in resting),
            halts=(*self.halts, *(reason for reason, _ in place.halts)),
            pages=len(place.pages),
            is_free=not place.session.restrictions,
        )


def played(steps: Sequence[Step], *, on_paper: bool, start: d.Instant = MIDNIGHT) -> list[Seen]:
    """Return what was so after each step."""
    players: list[Player] = []

    async def story(room: Room) -> None:
        players.append(Player(room))
        await players[0].play(steps)

    mandate = replace(MANDATE, limits=CAPS)
    play(story, mandate=mandate, on_paper=on_paper, start=start)
    return players[0].seen


STORIES: dict[str, tuple[Step, ...]] = {
    "both ways across restarts": (
        Open(2_000),
        Down(1, "100"),
        Open(-3_000),
        Down(20, "99.5"),
        Open(-700),
        Move("106.5"),
    ),
    "past its stop, and again while nobody ran": (Open(-3_000), Move("131"), Open(3_000), Down(70, "91"), Pass(1)),
    "past its stop in an outage": (Open(3_000), Cut(100, "70"), Pass(1)),
}
OVER_MIDNIGHT: tuple[Step, ...] = (Open(2_000), Pass(170), Open(500))
HALTING: tuple[Step, ...] = (Open(8_000), Move("105"), Open(5_000), Move("60"), Pass(5), Open(100))


@pytest.mark.parametrize("name", STORIES)
def test_paper_session_agrees_with_one_at_the_venue(name: str) -> None:
    """After every step, to the last digit of a dollar."""
    on_paper = played(STORIES[name], on_paper=True)
    assert on_paper == played(STORIES[name], on_paper=False)
    assert sum(one.orders for one in on_paper)


def test_paper_session_halts_where_one_at_the_venue_does() -> None:
    """For the same reason, flat by its stop or its own hand; nothing is bought after it."""
    on_paper = played(HALTING, on_paper=True)
    assert on_paper == played(HALTING, on_paper=False)
    assert on_paper[-1].halts
    assert on_paper[-1].positions == {}


def test_paper_session_agrees_with_one_at_the_venue_over_midnight() -> None:
    """Orders are counted anew, and the funding of the hour is the same once it is paid."""
    on_paper, real = (played(OVER_MIDNIGHT, on_paper=one, start=BEFORE_MIDNIGHT) for one in (True, False))
    assert on_paper[1:] == real[1:]
    assert [one.orders for one in on_paper] == [1, 0, 1]
    assert on_paper[0].equity > on_paper[1].equity
