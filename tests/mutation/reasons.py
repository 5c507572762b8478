"""Why survivors may survive: written by hand, checked against what survives."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

__all__ = ["Checked", "check_reasons", "read_reasons"]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """Where reasons and survivors do not meet; all are ids of mutants."""

    missing: list[str]
    """Survivors without a reason."""
    killed: list[str]
    """Reasons for a mutant that is killed."""
    unknown: list[str]
    """Reasons for a mutant that there is not."""


def read_reasons(path: Path) -> dict[str, str]:
    """Return the reasons by the id of their mutant; none where there is no file.

    The file has one table per function, `["package.module:function"]`, with the change as key and the reason as text.
    """
    if not path.exists():
        return {}
    tables = msgspec.convert(tomllib.loads(path.read_text()), dict[str, dict[str, str]])
    return {f"{function} | {change}": reason for function, table in tables.items() for change, reason in table.items()}


def check_reasons(reasons: Mapping[str, str], survivors: Iterable[str], mutants: Iterable[str]) -> Checked:
    """Compare reasons with the ids of the mutants that survive and of all that were judged."""
    surviving, judged = list(survivors), set(mutants)
    return Checked(
        missing=[mutant for mutant in surviving if not reasons.get(mutant, "").strip()],
        killed=[mutant for mutant in reasons if mutant in judged and mutant not in surviving],
        unknown=[mutant for mutant in reasons if mutant not in judged],
    )
