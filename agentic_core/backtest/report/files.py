"""Writes a file whole or not at all."""

from contextlib import suppress
from pathlib import Path

from agentic_core.errors import InputError

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Put content in place of whatever the path held; a reader never sees half of it.

    Raises:
        InputError: the folder does not take the file.
    """
    draft = path.with_name(f".{path.name}.partial")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as exc:
        with suppress(OSError):
            draft.unlink()
        message = f"cannot write {path}: {exc.strerror or exc}; name a file in a folder that exists and can be written"
        raise InputError(message) from exc
