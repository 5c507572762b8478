"""Settings from a mapping: which database, and where local state lives."""

from pathlib import Path

import pytest

from agentic_core.errors import ConfigError
from agentic_core.settings import database_dsn, home_folder

PROJECT = "https://abcdefgh.supabase.co"


@pytest.mark.parametrize(
    ("environment", "dsn"),
    [
        ({}, None),
        ({"DATABASE_URL": ""}, None),
        ({"DATABASE_URL": "postgresql://a/b"}, "postgresql://a/b"),
        ({"SUPABASE_DB_URL": "postgresql://c/d"}, "postgresql://c/d"),
        ({"DATABASE_URL": "postgresql://a/b", "SUPABASE_DB_URL": "postgresql://c/d"}, "postgresql://a/b"),
        ({"DATABASE_URL": "", "SUPABASE_DB_URL": "postgresql://c/d"}, "postgresql://c/d"),
        (
            {"SUPABASE_URL": PROJECT, "SUPABASE_DB_PASSWORD": "s3cret"},
            "postgresql://postgres:s3cret@db.abcdefgh.supabase.co:5432/postgres",
        ),
        (
            {"SUPABASE_URL": PROJECT + "/", "POSTGRES_PASSWORD": "s3cret"},
            "postgresql://postgres:s3cret@db.abcdefgh.supabase.co:5432/postgres",
        ),
        (
            {"SUPABASE_URL": PROJECT, "SUPABASE_DB_PASSWORD": "first", "POSTGRES_PASSWORD": "second"},
            "postgresql://postgres:first@db.abcdefgh.supabase.co:5432/postgres",
        ),
        (
            {"SUPABASE_URL": PROJECT, "SUPABASE_DB_PASSWORD": "p@ss/w:rd?#%"},
            "postgresql://postgres:p%40ss%2Fw%3Ard%3F%23%25@db.abcdefgh.supabase.co:5432/postgres",
        ),
        ({"SUPABASE_DB_URL": "postgresql://c/d", "SUPABASE_URL": PROJECT}, "postgresql://c/d"),
    ],
)
def test_database_is_the_first_one_configured(environment: dict[str, str], dsn: str | None) -> None:
    """A full address comes before a project with its password; none at all means the embedded database."""
    assert database_dsn(environment) == dsn


@pytest.mark.parametrize("password", [{}, {"SUPABASE_DB_PASSWORD": ""}])
def test_database_project_without_password_is_a_config_error(password: dict[str, str]) -> None:
    """The message names every setting that would do."""
    with pytest.raises(ConfigError, match="SUPABASE_DB_PASSWORD or POSTGRES_PASSWORD, or DATABASE_URL"):
        database_dsn({"SUPABASE_URL": PROJECT, **password})


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"AGENTIC_HOME": "/srv/agentic", "XDG_DATA_HOME": "/x", "HOME": "/u"}, "/srv/agentic"),
        ({"XDG_DATA_HOME": "/x", "HOME": "/u"}, "/x/agentic-perps"),
        ({"HOME": "/u"}, "/u/.local/share/agentic-perps"),
        ({"AGENTIC_HOME": "", "XDG_DATA_HOME": "", "HOME": "/u"}, "/u/.local/share/agentic-perps"),
    ],
)
def test_home_folder_is_named_or_the_users_own(environment: dict[str, str], folder: str) -> None:
    """An empty setting is none."""
    assert home_folder(environment) == Path(folder)
