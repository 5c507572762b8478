"""The real environment variables."""

import os
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["SystemEnvironment"]


class SystemEnvironment:
    """Reads the environment of this process."""

    def get(self, name: str) -> str | None:
        """Return one variable, or None when it is not set."""
        return os.environ.get(name)

    def mapping(self) -> Mapping[str, str]:
        """Return all variables as they are now."""
        return MappingProxyType(dict(os.environ))
