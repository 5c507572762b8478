"""The short way of the risk engine says yes only where the pipeline does, in the same words."""

import msgspec
from hypothesis import given

from agentic_core.domain import Approved
from agentic_core.risk.facts import gather
from agentic_core.risk.pipeline import judge
from agentic_core.risk.plain import approve_plain
from tests.support.dice import Dice, rolls
from tests.support.examples import thorough
from tests.support.risk_scenes import Scene
from tests.support.rolled_scenes import BYTES, open_scenes


def plainer(dice: Dice) -> Scene:
    """Roll an open of which most things are plain, so that the one that is not decides."""
    scene = open_scenes(dice)
    return msgspec.structs.replace(
        scene,
        open_intents=dice.mostly((), scene.open_intents),
        tiers=dice.any_of((), (), scene.tiers),
        leverage_max=dice.any_of(1, scene.leverage_max),
        stop_bps=dice.any_of(None, None, scene.stop_bps),
        size=None if scene.size is None else scene.instrument.size_down(scene.size),
    )


def both(scene: Scene) -> tuple[Approved | None, object]:
    """Return what the short way and the pipeline say."""
    market = scene.market
    account = scene.account(market)
    short = approve_plain(scene.action, account, market, scene.limits, scene.state)
    return short, judge(gather(scene.action, account, market, scene.limits, scene.state))


@thorough
@given(rolls(plainer, BYTES + 16))
def test_plain_approval_is_the_approval_of_the_pipeline(scene: Scene) -> None:
    """Same plan, same numbers, down to the last digit that is written."""
    short, long = both(scene)
    if short is not None:
        assert short == long
        assert msgspec.json.encode(short) == msgspec.json.encode(long)


def test_plain_open_takes_the_short_way() -> None:
    """An open that every rule lets pass is approved at once."""
    short, long = both(Scene())
    assert isinstance(short, Approved)
    assert short == long
