"""What became of exits."""

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import ZERO, Size, plain
from agentic_core.domain.times import Instant

__all__ = ["CloseReport", "FlattenReport"]


class CloseReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How a close ended."""

    symbol: Symbol
    closed: Size = Size(ZERO)
    """Units known to have executed."""
    held: Size | None
    """Signed units left when it was looked at last; None where nothing could be read."""
    paged: str | None = None
    """What a human was told; None where none was needed."""

    @property
    def is_flat(self) -> bool:
        """Whether nothing was left when it was looked at last."""
        return self.held is not None and not self.held

    @property
    def detail(self) -> str:
        """One line for people."""
        left = "nobody knows what is left" if self.held is None else f"{plain(self.held)} left"
        paged = "" if self.paged is None else f"; a human was called: {self.paged}"
        return f"{self.symbol}: {plain(self.closed)} closed, {left}{paged}"


class FlattenReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How a flatten ended; flat only by two reads that agree, orders and triggers included."""

    left: tuple[str, ...]
    """What is left and why, a line each; empty where the account is flat."""
    closes: tuple[CloseReport, ...]
    """Every close there was, in the order in which they were looked at."""
    begun_at: Instant
    ended_at: Instant

    @property
    def is_flat(self) -> bool:
        """Whether it is proven that nothing is left."""
        return not self.left
