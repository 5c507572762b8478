"""Fixtures: a server that tests may kill, and a gated database on it.

Asked for with `pytest_plugins = ["tests.support.mortal_postgres"]` in a test module.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import anyio
import pytest

from agentic_core.store.postgres.migrator import migrate
from tests.support.by_hand import execute
from tests.support.embedded_postgres import embedded
from tests.support.gated_writes import put_up_gates
from tests.support.killing import Premises
from tests.support.mortal_server import MortalPostgres

pytest_plugins = ["tests.support.embedded_folders"]

_TEMPLATE = "gated"
_numbers = count(1)


@pytest.fixture(scope="session")
def mortal_postgres(tmp_path_factory: pytest.TempPathFactory, shared_home: Path) -> Iterator[MortalPostgres]:
    """Start a server with a gated template in it."""
    server = embedded(tmp_path_factory.mktemp("mortal"), shared_home=shared_home)
    with server:
        mortal = MortalPostgres(server)
        execute(server.dsn, f"create database {_TEMPLATE}")
        anyio.run(migrate, mortal.dsn(_TEMPLATE))
        put_up_gates(mortal.dsn(_TEMPLATE))
        yield mortal
        mortal.end()


@pytest.fixture
def premises(mortal_postgres: MortalPostgres) -> Premises:
    """Copy the gated database, and furnish the copy."""
    return _furnished(mortal_postgres)


@pytest.fixture(scope="session")
def shared_premises(mortal_postgres: MortalPostgres) -> Premises:
    """Do the same once, for those who leave little behind."""
    return _furnished(mortal_postgres)


def _furnished(mortal: MortalPostgres) -> Premises:
    name = f"gated_{next(_numbers)}"
    mortal.recover()
    execute(mortal.dsn("postgres"), f"create database {name} template {_TEMPLATE}")
    premises = Premises(mortal, name)
    anyio.run(premises.furnish)
    return premises


__all__ = ["mortal_postgres", "premises", "shared_premises"]
