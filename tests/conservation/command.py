"""Operate paper accounts at random for as long as asked, and say how much of everything came about."""

from collections import Counter

from agentic_core.ports.clock import Clock
from tests.conservation.accounts import FollowedAccount
from tests.conservation.running import balance_command, operate_many

__all__ = ["main", "operate"]

_OPERATIONS_EACH = 500
"""Of one account, after which another is opened."""


def operate(operations: int, *, seed: int) -> Counter[str]:
    """Do so many operations on one account after another and return what came about.

    Raises:
        OutOfBalance: an account lost or made money.
    """
    return operate_many(operations, seed=seed, opened=FollowedAccount, each=_OPERATIONS_EACH)


def main(clock: Clock | None = None) -> int:
    """Run the command."""
    return balance_command("tests.conservation", FollowedAccount, each=_OPERATIONS_EACH, clock=clock)
