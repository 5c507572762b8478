"""Where settings of the process come from."""

from collections.abc import Mapping
from typing import Protocol

__all__ = ["Environment"]


class Environment(Protocol):
    """The environment variables of the process."""

    def get(self, name: str) -> str | None:
        """Return one variable, or None when it is not set."""

    def mapping(self) -> Mapping[str, str]:
        """Return all variables as they are now; later changes do not show in it."""
