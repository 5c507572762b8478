"""What a job came to, as figures that are stored and answered."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

__all__ = ["JobFigures", "RunJob"]

JobFigures: TypeAlias = dict[str, str | int]
"""What was counted, by name."""

RunJob: TypeAlias = Callable[[], Awaitable[JobFigures]]
"""Does the work of a job once; may be cancelled at any moment, and doing it again does no harm."""
