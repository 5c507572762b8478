"""Where the programs of PostgreSQL are: on PATH, or in the wheel of the embedded one."""

import shutil
from collections.abc import Mapping

from agentic_core.errors import ConfigError
from agentic_core.store.embedded.binaries import find_binaries

__all__ = ["find_program"]


def find_program(name: str, environment: Mapping[str, str], *, embedded: bool = False) -> str:
    """Return the path of a program such as `psql`.

    The ones of the wheel fit the embedded server and speak no TLS, so any other server is served by those on PATH where
    there are some.

    Raises:
        ConfigError: there is none.
    """
    on_path = shutil.which(name, path=environment.get("PATH", ""))
    if on_path is not None and not embedded:
        return on_path
    try:
        return find_binaries().program(name)
    except ConfigError as exc:
        if on_path is not None:
            return on_path
        message = f"{name} is not on PATH; install PostgreSQL's programs, or pip install 'agentic-perps[embedded]'"
        raise ConfigError(message) from exc
