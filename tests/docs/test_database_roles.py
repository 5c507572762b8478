"""The matrix of roles names every statement of the store, and nothing twice."""

import re
from collections import Counter
from itertools import chain

from tests.docs.generated import ROOT
from tests.docs.roles import read_roles

NAME = re.compile(r"^-- name: *(\w+)", re.MULTILINE)
SQL = ROOT / "agentic_core" / "store" / "postgres" / "sql"


def test_every_statement_is_sent_by_exactly_one_of_the_matrix() -> None:
    """A role of it, the owner, or anybody; the harness of the narrow roles goes by that."""
    named = [name for path in SQL.glob("*.sql") for name in NAME.findall(path.read_text())]
    assert Counter(chain(*read_roles().statements.values())) == Counter(named)


def test_matrix_speaks_of_roles_and_rows_that_it_knows() -> None:
    """No entry is for a role that is not there, and no phrase for rows is used that is not explained, or never used."""
    expected = read_roles()
    used = [access for by in expected.tables.values() for access in by.values()]
    phrases = {phrase for access in used for phrase in (access.rows, access.adds, access.keeps) if phrase is not None}
    assert phrases == set(expected.rows)
    roles = {role for by in expected.tables.values() for role in by} | set(chain(*expected.functions.values()))
    assert roles <= set(expected.roles)
    assert set(expected.statements) <= {*expected.roles, "owner", "anybody"}
