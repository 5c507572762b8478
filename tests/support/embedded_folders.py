"""Fixtures: where embedded databases of tests live, and a cluster that was made once."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.embedded_postgres import embedded


@pytest.fixture(scope="session")
def shared_home() -> Iterator[Path]:
    """Make a folder everybody may pass through; pytest's own folders admit nobody else."""
    with tempfile.TemporaryDirectory(prefix="agentic-test-") as name:
        home = Path(name)
        home.chmod(0o711)
        yield home


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, shared_home: Path) -> Path:
    """Make one cluster for all tests of a run that are not about making it."""
    folder = tmp_path_factory.mktemp("made-once")
    with embedded(folder, shared_home=shared_home):
        pass
    return folder


@pytest.fixture
def folder(tmp_path: Path, made_once: Path, shared_home: Path) -> Path:
    """Return a folder of the test's own with a stopped cluster in it."""
    target = tmp_path / "database"
    if (made_once / "home").is_symlink():  # a copy would belong to the wrong user
        with embedded(target, shared_home=shared_home):
            return target
    target.mkdir()
    shutil.copytree(made_once / "cluster", target / "cluster")
    return target


__all__ = ["folder", "made_once", "shared_home"]
