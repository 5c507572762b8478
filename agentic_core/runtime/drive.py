"""Driving a tick: with an event loop, or at once where nothing ever waits."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

from agentic_core.errors import UsageError
from agentic_core.runtime.effects import Effect, EffectReply
from agentic_core.runtime.tick import TickGenerator, TickOutcome

__all__ = ["Perform", "answer", "drive", "immediately", "resume"]

Perform: TypeAlias = Callable[[Effect], Awaitable[EffectReply]]

_Result = TypeVar("_Result")


async def drive(turn: TickGenerator, perform: Perform) -> TickOutcome:
    """Run a tick to its end, performing each effect it yields."""
    try:
        effect = next(turn)
    except StopIteration as stop:
        outcome: TickOutcome = stop.value
        return outcome
    return await resume(turn, effect, perform)


async def resume(turn: TickGenerator, effect: Effect, perform: Perform) -> TickOutcome:
    """Run a tick that has yielded an effect to its end."""
    return await answer(turn, await perform(effect), perform)


async def answer(turn: TickGenerator, reply: EffectReply, perform: Perform) -> TickOutcome:
    """Give a tick the reply that it waits for, and run it to its end."""
    try:
        while True:
            reply = await perform(turn.send(reply))
    except StopIteration as stop:
        outcome: TickOutcome = stop.value
        return outcome


def immediately(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine that never waits, without an event loop.

    Raises:
        UsageError: it waited for something.
    """
    try:
        work.send(None)
    except StopIteration as stop:
        result: _Result = stop.value
        return result
    work.close()
    message = "this coroutine waits for something; run it in an event loop"
    raise UsageError(message)
