"""What a dump holds, as `pg_restore --list` tells it."""

import re

import msgspec

__all__ = ["DumpContents", "GivenFunction", "read_contents"]

_ENTRY = re.compile(r"(?P<id>\d+); \d+ \d+ (?P<rest>.+)")
_FUNCTION = re.compile(r"FUNCTION (?P<schema>\S+) (?P<signature>.+) (?P<owner>\S+)")
_OWN_TABLE = "TABLE DATA public schema_migrations "

_LEFT_OUT = (
    # Every database has it, and it is its owner's.
    "SCHEMA - public ",
    "COMMENT - SCHEMA public ",
    # They name the role that owned the dumped database, which need not exist here.
    "DEFAULT ACL ",
)
_GIVEN_ACL = re.compile(r"ACL public FUNCTION .+ (?P<owner>\S+)")
# Theirs may name that role too; whoever gives the functions away again says who may call them.
_OWNER_POLICY = re.compile(r"POLICY public \S+ owner \S+")


class GivenFunction(msgspec.Struct, frozen=True, kw_only=True):
    """A function that belongs to a service role."""

    signature: str
    """With its schema and the types of its arguments."""
    owner: str


class DumpContents(msgspec.Struct, frozen=True, kw_only=True):
    """The list of a dump, and what of it we restore in which way."""

    lines: tuple[str, ...]
    """The entries to restore."""
    tables: int
    """How many of them are rows of a table."""
    given: tuple[GivenFunction, ...]
    is_ours: bool
    """Whether our migrations were applied in what was dumped."""


def read_contents(listed: str, service_roles: frozenset[str]) -> DumpContents:
    """Read the list of a dump."""
    lines: list[str] = []
    given: list[GivenFunction] = []
    tables = 0
    is_ours = False
    for line in listed.splitlines():
        entry = _ENTRY.fullmatch(line.strip())
        if entry is None or _is_left_out(entry["rest"], service_roles):
            continue
        lines.append(line)
        tables += entry["rest"].startswith("TABLE DATA ")
        is_ours = is_ours or entry["rest"].startswith(_OWN_TABLE)
        function = _FUNCTION.fullmatch(entry["rest"])
        if function is not None and function["owner"] in service_roles:
            signature = f"{function['schema']}.{function['signature']}"
            given.append(GivenFunction(signature=signature, owner=function["owner"]))
    return DumpContents(lines=tuple(lines), tables=tables, given=tuple(given), is_ours=is_ours)


def _is_left_out(entry: str, service_roles: frozenset[str]) -> bool:
    given = _GIVEN_ACL.fullmatch(entry)
    if given is not None and given["owner"] in service_roles:
        return True
    return entry.startswith(_LEFT_OUT) or _OWNER_POLICY.fullmatch(entry) is not None
