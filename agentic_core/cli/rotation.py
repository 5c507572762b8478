"""`agentic db rotate-keys`: seal what the vault keeps anew, under the newest root key."""

import anyio
import typer

from agentic_core.cli.database import as_a_setting, reach_database
from agentic_core.cli.services import Services
from agentic_core.errors import ConfigError
from agentic_core.ports.secrets import Rotation
from agentic_core.settings import key_encryption_keys

__all__ = ["RotationCommands"]

try:
    from agentic_core.store.postgres import open_store
    from agentic_core.store.vault import KeyRing, Rewrapping
except ImportError as exc:
    _MISSING = "sealing needs cryptography and psycopg: pip install 'agentic-perps[postgres]'"
    raise ConfigError(_MISSING) from exc


class RotationCommands:
    """What an operator does with the root keys."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def rotate_keys(self) -> None:
        """Seal the agent wallets' keys anew under the first key of AGENTIC_KEY_ENCRYPTION_KEY; the others open them.

        Every runner needs its wrapping key under the first key before. Exit codes: 0 done, 1 some keys stayed as they
        were, 2 the settings are wrong or the database does not answer.
        """
        ring = KeyRing.from_text(key_encryption_keys(self._services.environment.mapping()))
        with as_a_setting(), reach_database(self._services) as (dsn, _):
            rotation = anyio.run(self._rotate, dsn, ring)
        typer.echo(f"{rotation.rewrapped} key(s) sealed anew under {ring.newest!r}")
        for key, cause in rotation.failures.items():
            typer.echo(f"{key} stays as it was: {cause}")
        if rotation.failures:
            raise typer.Exit(1)

    async def _rotate(self, dsn: str, ring: KeyRing) -> Rotation:
        async with open_store(dsn) as store:
            return await Rewrapping(store.secrets, ring, self._services.entropy).rotate()
