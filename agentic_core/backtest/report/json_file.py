"""A run as JSON, `{"schema": "agentic-run/1", "run": …}`, and back without a loss; exact numbers are texts in it."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import fields

from agentic_core.backtest.report.files import write_whole
from agentic_core.domain.order import Accepted, OrderIntent, Rejected, SendOutcome, Unresolved
from agentic_core.domain.run import OrderRecord, RunRecord
from agentic_core.domain.times import Instant
from agentic_core.errors import InputError

__all__ = ["SCHEMA", "read_json", "write_json"]

SCHEMA = "agentic-run/1"


class _RunFile(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    run: dict[str, msgspec.Raw]


class _OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    time: Instant
    intent: OrderIntent
    outcome: msgspec.Raw


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
        document = msgspec.json.decode(content, type=_RunFile)
        if document.schema == SCHEMA:
            return _run(document.run)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        message = f"{path}: not a run ({exc}); name a file written with --json"
        raise InputError(message) from exc
    message = f"{path}: schema {document.schema!r} is not {SCHEMA!r}; write the run again with this version"
    raise InputError(message)


def _run(rows: dict[str, msgspec.Raw]) -> RunRecord:
    values: dict[str, Any] = {}
    for field in fields(RunRecord):
        if field.name not in rows:
            message = f"field {field.name!r} is missing"
            raise msgspec.ValidationError(message)
        kind = tuple[_OrderRow, ...] if field.name == "orders" else field.type
        values[field.name] = msgspec.json.decode(rows[field.name], type=kind)
    values["orders"] = tuple(
        OrderRecord(time=order.time, intent=order.intent, outcome=_outcome(order.outcome)) for order in values["orders"]
    )
    return RunRecord(**values)


def _outcome(raw: msgspec.Raw) -> SendOutcome:
    # Outcomes carry no tag, but each has a field of its own.
    names = msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).keys()
    if "state" in names:
        return msgspec.json.decode(raw, type=Accepted)
    if "reason" in names:
        return msgspec.json.decode(raw, type=Rejected)
    return msgspec.json.decode(raw, type=Unresolved)
