"""Gets bytes, text, table rows and JSON lists out of files people hand in, refusing each in one line."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agentic_core.errors import CandlesInvalid

__all__ = ["csv_rows", "json_rows", "line_of_row", "looks_like_json", "read_text", "read_whole"]


def read_whole(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        CandlesInvalid: it cannot be read, or holds nothing.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        message = f"{path}: {reason}; name a file that exists and can be read"
        raise CandlesInvalid(message) from exc
    if not content.strip():
        message = f"{path}: the file is empty; bring one with rows in it"
        raise CandlesInvalid(message)
    return content


def read_text(file: str, content: bytes) -> str:
    """Return a file's text without its byte order mark.

    Raises:
        CandlesInvalid: it is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        message = f"{file}:{line}: byte 0x{content[exc.start]:02x} is not UTF-8; save the file as UTF-8"
        raise CandlesInvalid(message) from exc


def looks_like_json(path: Path, text: str) -> bool:
    """Tell JSON from a table by extension and first character."""
    return path.suffix.lower() == ".json" or text.lstrip()[:1] in {"[", "{"}


def csv_rows(file: str, text: str) -> Iterator[list[str]]:
    """Yield the rows that are not blank, the header first.

    Raises:
        CandlesInvalid: the text is no table.
    """
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        yield from filter(None, reader)
    except csv.Error as exc:
        message = f"{file}:{reader.line_num}: not readable as CSV ({exc}); export the file again"
        raise CandlesInvalid(message) from exc


def line_of_row(text: str, index: int) -> int:
    """Return the line on which a row ends, the first row after the header being 0.

    Blank lines and line breaks inside quotes make lines differ from rows, so the table is read once more.
    """
    reader = csv.reader(io.StringIO(text, newline=""))
    for number, _ in enumerate(filter(None, reader), start=-1):
        if number == index:
            break
    return reader.line_num


def json_rows(file: str, text: str, shape: str) -> Sequence[Any]:
    """Read a list from JSON; numbers that are no integers stay texts.

    Raises:
        CandlesInvalid: it is no JSON, or no list.
    """
    try:
        rows = json.loads(text, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as exc:
        message = f"{file}:{exc.lineno}: not JSON ({exc.msg}); bring {shape}"
        raise CandlesInvalid(message) from exc
    except (ValueError, RecursionError) as exc:
        message = f"{file}: not JSON that can be read ({type(exc).__name__}); bring {shape}"
        raise CandlesInvalid(message) from exc
    if not isinstance(rows, list):
        message = f"{file}: JSON, but not a list; bring {shape}"
        raise CandlesInvalid(message)
    return rows
