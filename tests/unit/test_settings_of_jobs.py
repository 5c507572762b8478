"""Settings of the jobs: who may call them, where they listen, and what they must not hold."""

from base64 import b64encode

import pytest

from agentic_core.errors import ConfigError
from agentic_core.settings import (
    cron_secrets,
    journal_key,
    journal_public_keys,
    listen_address,
    needed_dsn,
    refuse_wallet_keys,
)


@pytest.mark.parametrize(
    ("environment", "secrets"),
    [
        ({}, ()),
        ({"CRON_SECRET": ""}, ()),
        ({"CRON_SECRET": "new"}, ("new",)),
        ({"CRON_SECRET": "new", "CRON_SECRET_PREVIOUS": "old"}, ("new", "old")),
        ({"CRON_SECRET_PREVIOUS": "old"}, ("old",)),
        ({"CRON_SECRET": "from a file\n", "CRON_SECRET_PREVIOUS": " \t"}, ("from a file",)),
    ],
)
def test_secrets_are_the_one_and_the_one_before(environment: dict[str, str], secrets: tuple[str, ...]) -> None:
    """An empty one is none, and no header could carry the end of a line."""
    assert cron_secrets(environment) == secrets


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (None, ("127.0.0.1", 8080)),
        ("", ("127.0.0.1", 8080)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),  # noqa: S104 - as a container says it
        ("[::]:8080", ("::", 8080)),
        ("localhost:0", ("localhost", 0)),
    ],
)
def test_address_is_a_host_and_a_port(said: str | None, address: tuple[str, int]) -> None:
    """This machine only, unless somebody says otherwise."""
    assert listen_address({} if said is None else {"AGENTIC_LISTEN": said}) == address


@pytest.mark.parametrize("said", ["8080", ":8080", "localhost", "localhost:http", "localhost:65536", "localhost:-1"])
def test_address_that_is_none_is_refused(said: str) -> None:
    """With an example of one."""
    with pytest.raises(ConfigError, match=r"AGENTIC_LISTEN is .*such as 127\.0\.0\.1:8080"):
        listen_address({"AGENTIC_LISTEN": said})


def test_keys_of_journals_are_base64() -> None:
    """The signing one may be absent; public ones are written with commas in between."""
    seed = bytes(range(32))
    assert journal_key({}) is None
    assert journal_key({"AGENTIC_JOURNAL_KEY": b64encode(seed).decode() + "\n"}) == seed
    with pytest.raises(ConfigError, match="AGENTIC_JOURNAL_KEY is not base64"):
        journal_key({"AGENTIC_JOURNAL_KEY": "no key"})
    assert journal_public_keys({}) == ()
    assert journal_public_keys({"AGENTIC_JOURNAL_PUBLIC_KEYS": "one, two,"}) == ("one", "two")


@pytest.mark.parametrize("name", ["AGENTIC_KEY_ENCRYPTION_KEY", "AGENTIC_WRAPPING_KEY"])
def test_keys_of_wallets_are_refused_by_name_only(name: str) -> None:
    """The value is never said."""
    with pytest.raises(ConfigError, match=f"unset {name}$"):
        refuse_wallet_keys({name: "hunter2"})
    refuse_wallet_keys({name: ""})


def test_database_has_to_be_configured() -> None:
    """The message names every setting that would do."""
    assert needed_dsn({"DATABASE_URL": "postgresql://a/b"}) == "postgresql://a/b"
    for environment in ({}, {"SUPABASE_URL": "https://x.supabase.co"}):
        with pytest.raises(ConfigError, match=r"SUPABASE_DB_URL, or SUPABASE_URL \+ .*, or DATABASE_URL$"):
            needed_dsn(environment)
