"""Settings, read from a mapping the host hands over."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from agentic_core.errors import ConfigError

__all__ = [
    "OPENROUTER_URL",
    "ChatAccess",
    "chat_access",
    "chat_files",
    "cron_secrets",
    "database_dsn",
    "home_folder",
    "journal_key",
    "journal_public_keys",
    "key_encryption_keys",
    "listen_address",
    "management_key",
    "needed_dsn",
    "pauses_unanswered",
    "refuse_wallet_keys",
    "runner_settings",
    "wrapping_keys",
]

_SUPABASE_PASSWORDS = ("SUPABASE_DB_PASSWORD", "POSTGRES_PASSWORD")
_WALLET_KEYS = ("AGENTIC_KEY_ENCRYPTION_KEY", "AGENTIC_WRAPPING_KEY")
_LISTEN = "127.0.0.1:8080"
_PORT_MAX = 65_535
_OPENROUTER_HOST = "openrouter.ai"
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})

OPENROUTER_URL = f"https://{_OPENROUTER_HOST}/api/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAccess:
    """The way to a provider of chat models."""

    url: str
    key: str | None = field(repr=False)
    is_openrouter: bool
    """Whether it is OpenRouter, which takes more than a plain endpoint."""


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


def needed_dsn(environment: Mapping[str, str]) -> str:
    """Return the configured database, for a process that brings none of its own.

    Raises:
        ConfigError: none is configured.
    """
    try:
        dsn = database_dsn(environment)
    except ConfigError:
        dsn = None
    if dsn is None:
        alternatives = "SUPABASE_URL + (SUPABASE_DB_PASSWORD | POSTGRES_PASSWORD), or DATABASE_URL"
        raise ConfigError(f"set SUPABASE_DB_URL, or {alternatives}")
    return dsn


def runner_settings(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the deployment that this process runs, as `DEPLOYMENT_ID` has it, and the database it finds it in.

    Raises:
        ConfigError: one of them is not configured.
    """
    dsn = needed_dsn(environment)
    return _needed(environment, "DEPLOYMENT_ID", "to the id of the deployment that this process runs"), dsn


def pauses_unanswered(environment: Mapping[str, str]) -> bool:
    """Tell whether a call for a human that nobody answers pauses the deployment: `PAUSE_ON_UNANSWERED_ALERT`.

    Raises:
        ConfigError: it is neither `true` nor `false`.
    """
    said = environment.get("PAUSE_ON_UNANSWERED_ALERT", "").strip() or "false"
    if said not in {"true", "false"}:
        raise ConfigError(f"PAUSE_ON_UNANSWERED_ALERT is {said!r}; set it to true or false")
    return said == "true"


def chat_access(environment: Mapping[str, str]) -> ChatAccess | None:
    """Return how chat models are reached, or None where no way is configured.

    `AGENTIC_CHAT_URL` is the address of any OpenAI-compatible server, opened by `AGENTIC_CHAT_API_KEY` where it has a
    key; without it `OPENROUTER_API_KEY` opens OpenRouter. A key of OpenRouter is sent to no other host.

    Raises:
        ConfigError: the address is none, a key would go over it in the clear, or a key has no address.
    """
    url = environment.get("AGENTIC_CHAT_URL", "").strip()
    key = environment.get("AGENTIC_CHAT_API_KEY", "").strip() or None
    of_openrouter = environment.get("OPENROUTER_API_KEY", "").strip() or None
    if url:
        host = _chat_host(url)
        is_openrouter = host == _OPENROUTER_HOST or host.endswith(f".{_OPENROUTER_HOST}")
        key = key or (of_openrouter if is_openrouter else None)
        if key is not None and not url.startswith("https://") and host not in _HERE:
            raise ConfigError(f"a key would go to {host} in the clear; write AGENTIC_CHAT_URL with https, or no key")
        return ChatAccess(url=url, key=key, is_openrouter=is_openrouter)
    if key is not None:
        raise ConfigError("AGENTIC_CHAT_API_KEY is set and opens nothing; set AGENTIC_CHAT_URL to what it opens")
    if of_openrouter is not None:
        return ChatAccess(url=OPENROUTER_URL, key=of_openrouter, is_openrouter=True)
    return None


def chat_files(environment: Mapping[str, str]) -> tuple[Path | None, Path | None, Path | None]:
    """Return the files of headlines, of notes, and of MCP servers; None where one is not configured.

    They are named by `AGENTIC_CHAT_NEWS`, `AGENTIC_CHAT_NOTES` and `AGENTIC_CHAT_MCP`.
    """
    names = (environment.get(f"AGENTIC_CHAT_{what}", "").strip() for what in ("NEWS", "NOTES", "MCP"))
    news, notes, servers = (Path(name) if name else None for name in names)
    return news, notes, servers


def cron_secrets(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return what may be said to start a job: `CRON_SECRET`, and `CRON_SECRET_PREVIOUS` while it is being replaced.

    No header keeps the blanks around a value, so those around a secret, as a file ends with one, are none of it.
    """
    found = (environment.get(name, "").strip() for name in ("CRON_SECRET", "CRON_SECRET_PREVIOUS"))
    return tuple(secret for secret in found if secret)


def listen_address(environment: Mapping[str, str]) -> tuple[str, int]:
    """Return where to listen, as `AGENTIC_LISTEN` has it: this machine only where it is not set.

    Raises:
        ConfigError: it is not a host and a port.
    """
    said = environment.get("AGENTIC_LISTEN") or _LISTEN
    host, _, port = said.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _PORT_MAX:
        raise ConfigError(f"AGENTIC_LISTEN is {said!r}; set it to a host and a port, such as {_LISTEN}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def journal_key(environment: Mapping[str, str]) -> bytes | None:
    """Return what the key that signs journals is made of, as `AGENTIC_JOURNAL_KEY` has it in base64; None without.

    Raises:
        ConfigError: it is not base64.
    """
    said = environment.get("AGENTIC_JOURNAL_KEY")
    try:
        return b64decode(said.strip(), validate=True) if said else None
    except ValueError as exc:
        raise ConfigError("AGENTIC_JOURNAL_KEY is not base64; make one with: agentic journal key FILE") from exc


def journal_public_keys(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the public keys that may have signed journals: `AGENTIC_JOURNAL_PUBLIC_KEYS`, with commas in between."""
    said = environment.get("AGENTIC_JOURNAL_PUBLIC_KEYS", "").split(",")
    return tuple(key.strip() for key in said if key.strip())


def refuse_wallet_keys(environment: Mapping[str, str]) -> None:
    """Refuse to go on where the environment would open keys of agent wallets.

    Raises:
        ConfigError: it would.
    """
    held = [name for name in _WALLET_KEYS if environment.get(name)]
    if held:
        raise ConfigError(f"this process signs nothing and holds no key of a wallet; unset {' and '.join(held)}")


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


def management_key(environment: Mapping[str, str]) -> str:
    """Return what makes and revokes keys at OpenRouter, as `OPENROUTER_MANAGEMENT_KEY` has it.

    Raises:
        ConfigError: there is none.
    """
    cure = "to a management key, which OpenRouter's settings make; a runner is never given one"
    return _needed(environment, "OPENROUTER_MANAGEMENT_KEY", cure).strip()


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


def _chat_host(url: str) -> str:
    wrong = "AGENTIC_CHAT_URL is no address of a server; set it to one such as http://127.0.0.1:8000/v1"
    try:
        parts = urlsplit(url)
    except ValueError as exc:
        raise ConfigError(wrong) from exc
    if parts.hostname is None or parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        raise ConfigError(wrong)
    if parts.username is not None or parts.password is not None:
        raise ConfigError("AGENTIC_CHAT_URL holds a password; set AGENTIC_CHAT_API_KEY instead")
    return parts.hostname
