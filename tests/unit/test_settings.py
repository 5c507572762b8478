"""Settings from a mapping: which database, and where local state lives."""

from pathlib import Path

import pytest

from agentic_core.errors import ConfigError
from agentic_core.settings import database_dsn, home_folder, runner_settings

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


DEPLOYMENT = "00000000-0000-4000-8000-000000000001"
MISSING = "set SUPABASE_DB_URL, or SUPABASE_URL + (SUPABASE_DB_PASSWORD | POSTGRES_PASSWORD), or DATABASE_URL"


def test_runner_is_told_its_deployment_and_its_database() -> None:
    """Both are named by the environment, and by nothing else."""
    environment = {"DEPLOYMENT_ID": DEPLOYMENT, "SUPABASE_DB_URL": "postgresql://c/d"}
    assert runner_settings(environment) == (DEPLOYMENT, "postgresql://c/d")


@pytest.mark.parametrize("environment", [{}, {"SUPABASE_URL": PROJECT}, {"DATABASE_URL": ""}])
def test_runner_without_a_database_is_told_what_to_set(environment: dict[str, str]) -> None:
    """A runner machine has no database of its own, so there is nothing to fall back to."""
    with pytest.raises(ConfigError) as refused:
        runner_settings({"DEPLOYMENT_ID": DEPLOYMENT, **environment})
    assert str(refused.value) == MISSING


def test_runner_without_a_deployment_is_told_so() -> None:
    """The setting is named."""
    with pytest.raises(ConfigError, match="set DEPLOYMENT_ID to the id of the deployment"):
        runner_settings({"DATABASE_URL": "postgresql://a/b"})
