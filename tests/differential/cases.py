"""One action twice: as it is asked of the SDK, and as we make it."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from agentic_hl.wire.actions import L1Action, UserAction
from tests.differential.desk import Desk, Sent
from tests.differential.draws import Draws

__all__ = ["Case", "Draw", "Ours"]

Ours: TypeAlias = L1Action | UserAction | Mapping[str, object]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An action to be compared."""

    asked: Callable[[Desk], object]
    """Ask the SDK for it."""
    made: Callable[[Sent], Ours]
    """Make it ourselves; what the SDK sent tells only its clock, its network and the keys it drew."""
    takes_vault: bool = True
    """Whether the account it is done for is part of what is signed."""


Draw: TypeAlias = Callable[[Draws], Case]
