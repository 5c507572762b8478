"""The short way of the risk engine says yes only where the pipeline does, in the same words."""

import msgspec
from hypothesis import given

from agentic_core.domain import Approved
from tests.support.dice import rolls
from tests.support.examples import thorough
from tests.support.plain_scenes import PLAINER_BYTES, both, near_plain
from tests.support.risk_scenes import Scene


@thorough
@given(rolls(near_plain, PLAINER_BYTES))
def test_plain_approval_is_the_approval_of_the_pipeline(scene: Scene) -> None:
    """Same plan, same numbers; where the size is named with all digits of its step, down to the last one written."""
    short, long = both(scene)
    if short is None:
        return
    assert short == long
    if short.plan[0].size.as_tuple().exponent == -scene.size_decimals:
        assert msgspec.json.encode(short) == msgspec.json.encode(long)


def test_plain_open_takes_the_short_way() -> None:
    """An open that every rule lets pass is approved at once."""
    short, long = both(Scene())
    assert isinstance(short, Approved)
    assert short == long
