"""Settings, read from a mapping the host hands over."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from agentic_core.errors import ConfigError

__all__ = ["database_dsn", "home_folder", "key_encryption_keys", "wrapping_keys"]

_SUPABASE_PASSWORDS = ("SUPABASE_DB_PASSWORD", "POSTGRES_PASSWORD")


def database_dsn(environment: Mapping[str, str]) -> str | None:
    """Return the configured database, or None when none is and the embedded one serves.

    `DATABASE_URL` comes first, then `SUPABASE_DB_URL`, then `SUPABASE_URL` with a password.

    Raises:
        ConfigError: a project address is there without a password.
    """
    for name in ("DATABASE_URL", "SUPABASE_DB_URL"):
        if environment.get(name):
            return environment[name]
    project = environment.get("SUPABASE_URL")
    if not project:
        return None
    for name in _SUPABASE_PASSWORDS:
        password = environment.get(name)
        if password:
            host = project.removeprefix("https://").removeprefix("http://").strip("/")
            return f"postgresql://postgres:{quote(password, safe='')}@db.{host}:5432/postgres"
    message = "set SUPABASE_DB_URL, or SUPABASE_URL with SUPABASE_DB_PASSWORD or POSTGRES_PASSWORD, or DATABASE_URL"
    raise ConfigError(message)


def home_folder(environment: Mapping[str, str]) -> Path:
    """Return where local state lives: `AGENTIC_HOME`, else the user's data folder."""
    explicit = environment.get("AGENTIC_HOME")
    if explicit:
        return Path(explicit)
    shared = environment.get("XDG_DATA_HOME")
    base = Path(shared) if shared else Path(environment.get("HOME", "/var/lib")) / ".local" / "share"
    return base / "agentic-perps"


def key_encryption_keys(environment: Mapping[str, str]) -> str:
    """Return the root keys that agent wallets are sealed under, as `AGENTIC_KEY_ENCRYPTION_KEY` has them.

    Raises:
        ConfigError: there is none.
    """
    cure = "to id:base64, the key drawn by `openssl rand -base64 32`, newest first"
    return _needed(environment, "AGENTIC_KEY_ENCRYPTION_KEY", cure)


def wrapping_keys(environment: Mapping[str, str]) -> str:
    """Return what a runner opens the key of its deployment with, as `AGENTIC_WRAPPING_KEY` has it.

    Raises:
        ConfigError: there is none.
    """
    cure = "to what was derived for this deployment; a runner is never given a root key"
    return _needed(environment, "AGENTIC_WRAPPING_KEY", cure)


def _needed(environment: Mapping[str, str], name: str, cure: str) -> str:
    found = environment.get(name)
    if not found:
        raise ConfigError(f"set {name} {cure}")
    return found
