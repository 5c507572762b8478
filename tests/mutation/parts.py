"""What is known about the tests, file by file, so that only files that changed are run again."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import msgspec

from tests.mutation.plan import Plan

__all__ = ["Parts", "Survey", "digest_of", "split", "together"]

_SOURCES = {".py", ".json", ".csv", ".toml"}


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """The tests that may judge, and what they reach."""

    files: list[str]
    """The files of tests that were run."""
    seconds: dict[str, float]
    """Every test that passes, by its pytest id, with the seconds of processor time it takes."""
    red: list[str]
    """Tests and files that fail without any mutation; they judge nothing."""
    lines: dict[str, dict[int, list[str]]]
    """File to line to the tests that execute it."""
    imported: dict[str, list[int]]
    """File to the lines that are executed by importing and collecting."""
    modules: list[str]
    """What the tests import that is not part of the project, in the order in which it was first imported."""

    def known(self) -> frozenset[str]:
        """Return every test there is."""
        return frozenset({*self.seconds, *self.red})


def together(parts: Sequence[Survey]) -> Survey:
    """Join what is known about several files of tests."""
    lines: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    imported: defaultdict[str, set[int]] = defaultdict(set)
    for part in parts:
        for file, reached in part.lines.items():
            for line, tests in reached.items():
                lines[file][line] += tests
        for file, numbers in part.imported.items():
            imported[file].update(numbers)
    return Survey(
        files=[file for part in parts for file in part.files],
        seconds={test: seconds for part in parts for test, seconds in part.seconds.items()},
        red=sorted({test for part in parts for test in part.red}),
        lines={file: {line: sorted(tests) for line, tests in reached.items()} for file, reached in lines.items()},
        imported={file: sorted(numbers) for file, numbers in imported.items()},
        modules=list(dict.fromkeys(name for part in parts for name in part.modules)),
    )


def split(survey: Survey) -> dict[str, Survey]:
    """Return what is known about each file of tests; what is imported is known of all of them together."""
    lines: defaultdict[str, defaultdict[str, defaultdict[int, list[str]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for file, reached in survey.lines.items():
        for line, tests in reached.items():
            for test in tests:
                lines[_file(test)][file][line].append(test)
    return {
        file: Survey(
            files=[file],
            seconds={test: seconds for test, seconds in survey.seconds.items() if _file(test) == file},
            red=[test for test in survey.red if _file(test) == file],
            lines={name: dict(reached) for name, reached in lines[file].items()},
            imported=survey.imported,
            modules=survey.modules,
        )
        for file in survey.files
    }


class Parts:
    """A folder that keeps what is known about files of tests, as long as nothing changes on which it depends."""

    def __init__(self, plan: Plan, folder: Path, tests: Iterable[str]) -> None:
        """Use a folder; each file of tests depends on itself and on every source that is no such file."""
        self._plan = plan
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._rest = digest_of(plan, without={file for file in tests if Path(file).name.startswith("test_")})

    def known(self, file: str) -> Survey | None:
        """Return what is known about a file."""
        place = self._place(file)
        return msgspec.json.decode(place.read_bytes(), type=Survey) if place.exists() else None

    def keep(self, survey: Survey, files: Collection[str]) -> None:
        """Keep what is known about some files, if nothing in them is red; red may be a matter of the moment."""
        for file, part in split(survey).items():
            if file in files and not part.red:
                written = self._place(file).with_suffix(f".{os.getpid()}")
                written.write_bytes(msgspec.json.encode(part))
                written.replace(self._place(file))

    def _place(self, file: str) -> Path:
        content = (self._plan.root / file).read_bytes()
        name = hashlib.sha256(f"{self._rest} {file} ".encode() + content).hexdigest()[:20]
        return self._folder / f"{name}.json"


def digest_of(plan: Plan, *, without: set[str]) -> str:
    """Return the hash of the plan and of every source of the project and its tests, but for some files."""
    tops = {Path(place).parts[0] for place in (*plan.packages, *plan.targets, *plan.judges)}
    files = {path for top in tops for path in (plan.root / top).rglob("*") if path.suffix in _SOURCES}
    files -= {plan.root / file for file in (*without, plan.reasons)}
    digest = hashlib.sha256(msgspec.json.encode([str(plan.root), plan.targets, plan.judges, plan.left_out]))
    for path in sorted({*files, plan.root / "pyproject.toml"}):
        digest.update(str(path).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:20]


def _file(test: str) -> str:
    return test.split("::", maxsplit=1)[0]
