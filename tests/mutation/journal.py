"""Keep results outside the tree as they come, under the hash of everything they depend on."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.mutation.plan import Plan
from tests.mutation.survey import Survey
from tests.mutation.verdicts import Verdict

__all__ = ["Journal", "JournalTaken", "open_journal"]


class JournalTaken(Exception):
    """Another run works on the same sources."""


class Journal:
    """The survey and the verdicts of one state of the sources."""

    def __init__(self, folder: Path) -> None:
        """Use a folder."""
        self.folder = folder
        self._survey = folder / "survey.json"
        self._verdicts = folder / "verdicts.jsonl"

    def forget(self) -> None:
        """Start anew."""
        self._survey.unlink(missing_ok=True)
        self._verdicts.unlink(missing_ok=True)

    def survey(self) -> Survey | None:
        """Return the survey, if it was finished."""
        return msgspec.json.decode(self._survey.read_bytes(), type=Survey) if self._survey.exists() else None

    def keep_survey(self, survey: Survey) -> None:
        """Keep a survey."""
        written = self._survey.with_suffix(".new")
        written.write_bytes(msgspec.json.encode(survey))
        written.replace(self._survey)

    def verdicts(self) -> dict[str, Verdict]:
        """Return the verdicts so far, by the id of the mutant; a line that was cut short does not count."""
        if not self._verdicts.exists():
            return {}
        lines = self._verdicts.read_bytes().splitlines(keepends=True)
        kept = [msgspec.json.decode(line, type=Verdict) for line in lines if line.endswith(b"\n")]
        return {verdict.id: verdict for verdict in kept}

    def keep(self, verdict: Verdict) -> None:
        """Keep a verdict."""
        with self._verdicts.open("ab") as file:
            file.write(msgspec.json.encode(verdict) + b"\n")


@contextmanager
def open_journal(plan: Plan) -> Iterator[Journal]:
    """Hold the journal of the sources as they are now.

    Raises:
        JournalTaken: another process holds it.
    """
    folder = Path(tempfile.gettempdir()) / f"mutation-{os.getuid()}" / _key(plan)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise JournalTaken(f"another run judges the same sources; wait for it, or end it ({folder})") from error
        yield Journal(folder)


def _key(plan: Plan) -> str:
    tops = {Path(place).parts[0] for place in (*plan.packages, *plan.targets, *plan.judges)}
    files = {path for top in tops for path in (plan.root / top).rglob("*") if path.suffix in {".py", ".json", ".csv"}}
    digest = hashlib.sha256(msgspec.json.encode([str(plan.root), plan.targets, plan.judges, plan.left_out]))
    for path in sorted({*files, plan.root / "pyproject.toml"}):
        digest.update(str(path).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:20]
