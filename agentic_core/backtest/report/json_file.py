"""A run as JSON, `{"schema": "agentic-run/1", "run": …}`, and back without a loss; exact numbers are texts in it."""

from pathlib import Path

import msgspec

from agentic_core.backtest.report.files import write_whole
from agentic_core.domain.run import RunRecord
from agentic_core.errors import InputError

__all__ = ["SCHEMA", "read_json", "write_json"]

SCHEMA = "agentic-run/1"


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    schema: str


class _RunFile(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    run: RunRecord


def write_json(run: RunRecord, path: Path) -> None:
    """Write a run for other programs.

    Raises:
        InputError: the file cannot be written.
    """
    write_whole(path, msgspec.json.encode({"schema": SCHEMA, "run": run}))


def read_json(path: Path) -> RunRecord:
    """Read a run that `write_json` wrote.

    Raises:
        InputError: the file cannot be read, is no run, or is one of another schema.
    """
    try:
        content = path.read_bytes()
    except OSError as exc:
        message = f"{path}: {exc.strerror or exc}; name a file written with --json"
        raise InputError(message) from exc
    try:
        schema = msgspec.json.decode(content, type=_Header).schema
        if schema == SCHEMA:
            return msgspec.json.decode(content, type=_RunFile).run
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        message = f"{path}: not a run ({exc}); name a file written with --json"
        raise InputError(message) from exc
    message = f"{path}: schema {schema!r} is not {SCHEMA!r}; write the run again with this version"
    raise InputError(message)
