"""The page of who may do what in the database, and the matrix it is drawn from."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import msgspec

__all__ = ["Access", "Columns", "Role", "Roles", "database_roles", "read_roles"]

_FILE = Path(__file__).with_name("roles.toml")

Columns: TypeAlias = bool | tuple[str, ...]
"""All columns, none, or these."""


class Role(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role of an application."""

    name: str
    is_login: bool
    who: str


class Access(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a role may do with a table."""

    rows: str
    """Which rows it reaches."""
    adds: str | None = None
    """What a row it adds must be, where that is something else."""
    keeps: str | None = None
    """What a row it changes must be afterwards, where that is something else."""
    select: Columns = False
    insert: Columns = False
    update: Columns = False
    delete: bool = False


class Roles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The expected matrix."""

    roles: dict[str, Role]
    rows: dict[str, tuple[str, ...]]
    """What a policy says where it admits such rows."""
    tables: dict[str, dict[str, Access]]
    functions: dict[str, tuple[str, ...]]
    """Who may execute each that anybody but the owner may."""
    statements: dict[str, tuple[str, ...]]
    """Which statements of the store each sends; `owner` and `anybody` besides the roles."""


def read_roles() -> Roles:
    """Return the matrix."""
    return msgspec.toml.decode(_FILE.read_bytes(), type=Roles)


def database_roles() -> str:
    """Return the page."""
    expected = read_roles()
    return "\n".join(
        [
            "# Roles of the database",
            "",
            "Drawn by `python -m tests.docs` from `tests/docs/roles.toml`. The test suite compares that file with the",
            "privileges and policies of a migrated database, and runs every statement of the store as the role that",
            "sends it. Why it is so: [the database](../concepts/database.md).",
            "",
            "| role | login | who |",
            "|---|---|---|",
            *(
                f"| `{role.name}` | {'yes' if role.is_login else 'no'} | {role.who} |"
                for role in expected.roles.values()
            ),
            "",
            "The owner of the tables may do everything. Nobody else may do anything: every table has row-level",
            "security forced, and PUBLIC has no privilege on any table, function or schema of ours.",
            "",
            *_tables(expected),
            *_rows(expected),
            *_functions(expected),
            "## Statements",
            "",
            "Which statements of `agentic_core/store/postgres/sql` each sends.",
            "",
            *(line for who, names in expected.statements.items() for line in _statements(who, names)),
        ]
    )


def _tables(expected: Roles) -> Iterator[str]:
    closed = ", ".join(f"`{name}`" for name, by in expected.tables.items() if not by)
    yield from (
        "## Tables",
        "",
        "A role does this with the rows it reaches, and no other row is there for it. Tables that are not listed",
        f"are the owner's only: {closed}.",
        "",
        "| table | role | rows | reads | adds | changes | removes |",
        "|---|---|---|---|---|---|---|",
    )
    yield from (_row(table, role, access) for table, by in expected.tables.items() for role, access in by.items())
    yield ""


def _rows(expected: Roles) -> Iterator[str]:
    yield from ("## Rows", "", "| rows | as a policy says it |", "|---|---|")
    for name, written in expected.rows.items():
        yield f"| {name} | {'<br>'.join(f'`{each}`' for each in written)} |"
    yield ""


def _functions(expected: Roles) -> Iterator[str]:
    yield from ("## Functions", "", "Only the owner executes those that are not listed; triggers need nobody's leave.")
    yield from ("", "| function | roles |", "|---|---|")
    yield from (f"| `{name}` | {', '.join(roles)} |" for name, roles in expected.functions.items())
    yield ""


def _row(table: str, role: str, access: Access) -> str:
    rules = [access.rows]
    rules += [f"added: {access.adds}"] if access.adds is not None else []
    rules += [f"kept: {access.keeps}"] if access.keeps is not None else []
    cells = (_columns(access.select), _columns(access.insert), _columns(access.update), _columns(access.delete))
    return f"| `{table}` | {role} | {'<br>'.join(rules)} | {' | '.join(cells)} |"


def _columns(columns: Columns) -> str:
    match columns:
        case True:
            return "yes"
        case False:
            return ""
        case _:
            return ", ".join(f"`{column}`" for column in columns)


def _statements(who: str, names: tuple[str, ...]) -> Iterator[str]:
    yield from (f"- **{who}**: {', '.join(f'`{name}`' for name in sorted(names))}", "")
