"""A run as JSON, `{"schema": "agentic-run/1", "run": …}`, and back without a loss.

Decimals are texts. Three kinds of field cannot be read by their declared type alone: the outcome of an order carries no
tag, and the numbers of a verdict and of a result are exact numbers or names, both texts in JSON.
"""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import asdict, fields

from agentic_core.backtest.report.files import write_whole
from agentic_core.domain.decision import Approved, Decision, Denied, Executed, Noop, NoopResult, Number, RejectedResult
from agentic_core.domain.order import Accepted, Rejected, SendOutcome, Unresolved
from agentic_core.domain.run import DecisionRecord, OrderRecord, RunRecord
from agentic_core.errors import InputError

__all__ = ["SCHEMA", "read_json", "write_json"]

SCHEMA = "agentic-run/1"

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)


class _RunFile(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    run: msgspec.Raw


def write_json(run: RunRecord, path: Path) -> None:
    """Write a run for other programs.

    Raises:
        InputError: the file cannot be written.
    """
    document = {"schema": SCHEMA, "run": run}
    write_whole(path, msgspec.json.encode(document))


def read_json(path: Path) -> RunRecord:
    """Read a run that `write_json` wrote.

    Raises:
        InputError: the file cannot be read, is no run, or is one of another schema.
    """
    try:
        document = msgspec.json.decode(path.read_bytes(), type=_RunFile)
        if document.schema != SCHEMA:
            message = f"{path}: schema {document.schema!r} is not {SCHEMA!r}; export the run with this version"
            raise InputError(message)
        return _run(msgspec.json.decode(document.run, type=_ReadRun))
    except OSError as exc:
        message = f"{path}: {exc.strerror or exc}; name a run written with --json"
        raise InputError(message) from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        message = f"{path}: not a run ({exc}); name a file written with --json"
        raise InputError(message) from exc


def _readable(original: type[msgspec.Struct], **types: object) -> type[msgspec.Struct]:
    # The same struct with the types of a few fields replaced; new fields of the original come along by themselves.
    config = original.__struct_config__
    return msgspec.defstruct(
        f"Read{original.__name__}",
        [
            (field.name, types.get(field.name, field.type))
            if field.required
            else (field.name, types.get(field.name, field.type), msgspec.field(default=None, name=field.encode_name))
            for field in fields(original)
        ],
        kw_only=True,
        tag_field=config.tag_field,
        tag=config.tag,
    )
