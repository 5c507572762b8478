"""Driving a turn: with an event loop, or at once where nothing ever waits."""

from collections.abc import Generator

import pytest
from anyio.lowlevel import checkpoint

from agentic_core.domain import Side, TradingState
from agentic_core.errors import UsageError
from agentic_core.runtime import Held, Turned, drive, immediately, tick
from agentic_core.runtime.drive import resume
from agentic_core.runtime.effects import Effect, EffectReply
from agentic_core.runtime.tick import TickGenerator
from tests.support.markets import AT, BTC, AccountByHand, MarketByHand
from tests.support.turns import Says, World, filled, mandate, open_of


def turn_of(policy: Says) -> TickGenerator:
    """Begin a turn."""
    market = MarketByHand({BTC: "50000"})
    return tick(mandate(policy), market, AccountByHand(market), TradingState.ACTIVE, mark=AT, record_holds=False)


class Performed:
    """Performs effects as a `World` answers them, one after the other, waiting in between if asked to."""

    def __init__(self, *, waits: bool = False) -> None:
        self.world = World(filled)
        self._waits = waits

    async def __call__(self, effect: Effect) -> EffectReply:
        """Perform one."""
        if self._waits:
            await checkpoint()

        def one() -> Generator[Effect, EffectReply, Held]:
            self.reply = yield effect
            return Held()

        self.world.play(one())
        return self.reply


def test_immediately_returns_what_a_coroutine_that_never_waits_returns() -> None:
    """Coroutines that call each other are fine as long as nothing waits."""

    async def inner() -> int:
        return 20

    async def outer() -> int:
        return await inner() + 1

    assert immediately(outer()) == 21


def test_immediately_passes_on_what_the_coroutine_raises() -> None:
    """An error keeps its type."""

    async def fails() -> None:
        message = "no such order"
        raise LookupError(message)

    with pytest.raises(LookupError, match="no such order"):
        immediately(fails())


def test_immediately_refuses_a_coroutine_that_waits_and_lets_it_clean_up() -> None:
    """A coroutine that needs an event loop is closed at the place where it waits."""
    cleaned = []

    class Pause:
        def __await__(self) -> Generator[None]:
            yield

    async def pauses() -> None:
        try:
            await Pause()
        finally:
            cleaned.append("closed")

    async def pauses_deeper() -> None:
        await pauses()

    with pytest.raises(UsageError, match="run it in an event loop"):
        immediately(pauses_deeper())
    assert cleaned == ["closed"]


@pytest.mark.anyio
@pytest.mark.parametrize("waits", [False, True])
async def test_drive_performs_every_effect_in_order_and_returns_the_outcome(waits: bool) -> None:
    """Whether performing waits or not makes no difference to the turn."""
    perform = Performed(waits=waits)
    outcome = await drive(turn_of(Says(open_of(Side.BUY, "0.01"))), perform)
    assert isinstance(outcome, Turned)
    assert perform.world.names == ["Persist", "Send", "Record"]


@pytest.mark.anyio
async def test_drive_of_a_turn_without_effects_performs_nothing() -> None:
    """A hold that is not recorded costs nothing."""
    perform = Performed()
    assert await drive(turn_of(Says(None)), perform) == Held()
    assert perform.world.names == []


def test_resume_goes_on_from_an_effect_that_was_yielded_already() -> None:
    """A backtest looks at the first effect itself; none is performed twice, none is left out."""
    turn = turn_of(Says(open_of(Side.BUY, "0.01")))
    perform = Performed()
    outcome = immediately(resume(turn, next(turn), perform))
    assert isinstance(outcome, Turned)
    assert perform.world.names == ["Persist", "Send", "Record"]


@pytest.mark.anyio
async def test_drive_ends_the_turn_when_an_effect_cannot_be_performed() -> None:
    """What performing raises comes out, and the turn does not go on."""
    turn = turn_of(Says(open_of(Side.BUY, "0.01")))

    async def refuse(effect: Effect) -> EffectReply:
        message = f"{type(effect).__name__} failed"
        raise LookupError(message)

    with pytest.raises(LookupError, match="Persist failed"):
        await drive(turn, refuse)
