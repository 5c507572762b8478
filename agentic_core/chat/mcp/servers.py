"""Which servers are connected, and which of their tools exist for us; a file that the operator writes."""

import re
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from agentic_core.errors import InputError
from agentic_core.ports.files import Files

__all__ = ["McpServer", "read_mcp_servers"]

_NAME: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_TOOL: Final = re.compile(r"[A-Za-z0-9_-]{1,48}")
_URL: Final = re.compile(r"https?://[^\s]+")
_NAME_MAX: Final = 14
"""A server's name, two underscores and a tool's name are at most 64 characters, as providers take them."""


class McpServer(msgspec.Struct, frozen=True, kw_only=True):
    """One server, with those of its tools that skills may list."""

    name: str
    """Tools are offered as `name__tool`."""
    command: tuple[str, ...] = ()
    """A program and its arguments, spoken to over its standard input and output."""
    url: str = ""
    """Where it answers over HTTP; exactly one of this and the command is there."""
    env: dict[str, str] = msgspec.field(default_factory=dict)
    """Further variables of the program's environment; it inherits PATH, HOME and their like, and no key of ours."""
    tools: tuple[str, ...]


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    command: tuple[str, ...] = ()
    url: str = ""
    env: dict[str, str] = msgspec.field(default_factory=dict)
    tools: tuple[str, ...]


_Entries: TypeAlias = dict[str, _Entry]


def read_mcp_servers(path: Path, files: Files) -> tuple[McpServer, ...]:
    """Read `{"name": {"command": [...] or "url": …, "tools": [...], "env": {...}}}`, in the sequence of the file.

    Raises:
        InputError: the file is not there, or says something else; with the name of the server.
    """
    try:
        content = files.read_bytes(path)
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    if content is None:
        raise InputError(f"{path} is not there; write the servers as a JSON object of names, or unset the setting")
    try:
        entries = msgspec.json.decode(content, type=_Entries)
    except msgspec.DecodeError as exc:
        raise InputError(f"{path}: {exc}; write a JSON object with one object a server") from exc
    return tuple(_server(path, name, entry) for name, entry in entries.items())


def _server(path: Path, name: str, entry: _Entry) -> McpServer:
    place = f"{path}: {name}"
    if len(name) > _NAME_MAX or not _NAME.fullmatch(name):
        raise InputError(
            f"{place}: name a server with at most {_NAME_MAX} lower-case letters, digits and single dashes"
        )
    if bool(entry.command) is bool(entry.url):
        raise InputError(f"{place}: write exactly one of command and url")
    if entry.url and not _URL.fullmatch(entry.url):
        raise InputError(f"{place}: url was {entry.url!r}; write one that begins with http:// or https://")
    if not entry.tools:
        raise InputError(f"{place}: tools was empty; list the tools that skills may use, or remove the server")
    odd = next((tool for tool in entry.tools if not _TOOL.fullmatch(tool)), None)
    if odd is not None:
        raise InputError(f"{place}: the tool {odd!r} cannot be offered; a name has 1 to 48 letters, digits, _ and -")
    return McpServer(name=name, command=entry.command, url=entry.url, env=entry.env, tools=entry.tools)
