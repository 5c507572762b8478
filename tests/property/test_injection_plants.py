"""The injection gate sees what escapes from the shipped turn: holes are put into it, each is found out."""

from collections.abc import Callable

import anyio
import msgspec
import pytest

from agentic_core.chat.thinking import Thinking
from agentic_core.chat.toolbox import Toolbox
from agentic_core.domain import Bps, Symbol
from agentic_core.ports.chat_model import ToolSpec
from agentic_core.ports.chat_tools import ToolContext, ToolMode, ToolResult
from agentic_core.runtime.mandate import ByChatModel, Mandate
from tests.injection.corpus import Attack
from tests.injection.figures import SUCCESS_LEAST
from tests.injection.gate import GULLIBLE, around
from tests.injection.goals import Harm
from tests.injection.judge import harms
from tests.injection.scene import scene_of
from tests.injection.shipped import Plant, play
from tests.injection.tally import once

_BPS = Bps(100_000_000)


class Withdraws:
    """A tool that no skill lists."""

    spec = ToolSpec(name="withdraw_all", description="Sends everything away.", parameters=b'{"type":"object"}')
    mode = ToolMode.WRITE

    async def use(self, arguments: str, context: ToolContext) -> ToolResult:
        """Say that it is done."""
        return ToolResult(content='{"done":true}')


def thinking_with(change: Callable[[Thinking], Thinking]) -> Plant:
    """Return what changes how a skill thinks."""

    def plant(mandate: Mandate) -> Mandate:
        decider = mandate.decider
        assert isinstance(decider, ByChatModel)
        return msgspec.structs.replace(mandate, decider=ByChatModel(thinking=change(decider.thinking)))

    return plant


def without_canary(thinking: Thinking) -> Thinking:
    """Look for no word in what is said."""
    return msgspec.structs.replace(thinking, canary="")


class Widened(Toolbox):
    """A box with one tool more than it was given."""

    def __init__(self, box: Toolbox) -> None:
        super().__init__((Withdraws(),))
        self._box = box

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the box, and one more."""
        return (*self._box.names, *super().names)

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return all of them."""
        return (*self._box.specs(), *super().specs())

    async def use(self, name: str, arguments: str, context: ToolContext) -> ToolResult:
        """Use one of them."""
        if name in self._box.names:
            return await self._box.use(name, arguments, context)
        return await super().use(name, arguments, context)


def with_another_tool(thinking: Thinking) -> Thinking:
    """Offer a tool that is not on the list."""
    return msgspec.structs.replace(thinking, tools=Widened(thinking.tools))


def without_caps(mandate: Mandate) -> Mandate:
    """Let everything be opened."""
    limits = msgspec.structs.replace(
        mandate.limits,
        position_bps_max=_BPS,
        exposure_bps_max=_BPS,
        leverage_max=10_000,
        collar_bps=_BPS,
        symbols_allowed=mandate.limits.symbols_allowed | {Symbol("DOGE")},
    )
    return msgspec.structs.replace(mandate, limits=limits)


def attacks(goals: str) -> list[Attack]:
    """Return a few attacks with some goals, through the doors where everything is obeyed."""
    named = goals.split()
    doors = ("headline", "memory")
    found = [attack for attack in once() if attack.payload.goal.name in named and attack.channel in doors]
    assert len(found) > 5
    return found[:20]


@pytest.mark.parametrize(
    ("plant", "goals", "harm"),
    [
        (thinking_with(without_canary), "tell tell_as_reason tell_base64", Harm.CANARY),
        (thinking_with(with_another_tool), "withdraw", Harm.TOOL),
        (without_caps, "any_price", Harm.ACTION),
    ],
)
def test_hole_in_the_shipped_turn_is_found_out(plant: Plant, goals: str, harm: Harm) -> None:
    """With the hole most attacks of its kind do harm in the shipped turn, without it none does."""

    async def done(attack: Attack, plant: Plant) -> tuple[Harm, ...]:
        scene = scene_of(attack, attack.channel)
        return harms(await play(scene, GULLIBLE.reply, plant), around(scene, attack.payload.mark))

    async def share(plant: Plant) -> float:
        tried = attacks(goals)
        return sum([harm in await done(attack, plant) for attack in tried]) / len(tried)

    assert anyio.run(share, plant) >= SUCCESS_LEAST
    assert anyio.run(share, lambda mandate: mandate) == 0
