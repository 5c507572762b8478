"""How often a property is tried."""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import settings

__all__ = ["EXAMPLES", "thorough"]

EXAMPLES = 10_000

_Test = TypeVar("_Test", bound=Callable[..., None])


def thorough(test: _Test) -> _Test:
    """Try a cheap property on 10,000 examples in the `ci` profile; any other profile keeps its own number."""
    return settings(max_examples=EXAMPLES)(test) if settings.get_current_profile_name() == "ci" else test
