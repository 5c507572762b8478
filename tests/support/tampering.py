"""Fixture: a told story, for each test as it was told.

Asked for with `pytest_plugins = ["tests.support.tampering"]` in a test module.
"""

from collections.abc import Iterator

import pytest
from psycopg.conninfo import make_conninfo

from tests.support.by_hand import execute
from tests.support.journal_scene import Scene, told_in

pytest_plugins = ["tests.support.postgres"]

_DATABASE = "told_story"


@pytest.fixture(scope="module")
def told_story(postgres_server: str, migrated_template: str) -> Iterator[Scene]:
    """Tell the story once for a module."""
    execute(postgres_server, f"create database {_DATABASE} template {migrated_template}")
    yield told_in(make_conninfo(postgres_server, dbname=_DATABASE))
    execute(postgres_server, f"drop database {_DATABASE} with (force)")


@pytest.fixture
def scene(told_story: Scene) -> Iterator[Scene]:
    """Yield the story as it was told, whatever the test before did to it."""
    yield told_story
    told_story.put_back()


__all__ = ["scene", "told_story"]
