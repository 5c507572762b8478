"""Where what the records add up to and what the tables hold differ, looked at from both sides."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec.structs import asdict

from agentic_core.journal.facts import Projections, TextFacts

__all__ = ["Difference", "differences"]

_RELATIONS: Final[Mapping[str, str]] = {
    "decisions": "decision",
    "texts": "private text of decision",
    "intents": "intent",
    "fills": "fill",
    "funding": "funding payment",
    "transfers": "transfer",
    "commands": "command",
    "months": "cost of",
    "orders": "mainnet order",
    "positions": "position in",
}


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that journal and tables tell differently."""

    what: str
    """What it is, with its name."""
    detail: str

    def __str__(self) -> str:
        return f"{self.what}: {self.detail}"


def differences(journal: Projections, tables: Projections, *, is_adopted: bool = False) -> tuple[Difference, ...]:
    """Return everything that one side has and the other has not, or has otherwise.

    Epoch and nonces belong to the account and the signer, which other deployments may have used since: there the tables
    may only be ahead.

    Args:
        journal: what the records come to.
        tables: what stands in the tables.
        is_adopted: whether the deployment is older than its journal, so that the tables may hold more.
    """
    found = [_of_one("deployment", journal.deployment, tables.deployment)]
    for name, what in _RELATIONS.items():
        if is_adopted and name in {"months", "orders", "positions"}:
            continue
        told, stored = getattr(journal, name), getattr(tables, name)
        keys = told.keys() if is_adopted else told.keys() | stored.keys()
        found += [_of_one(f"{what} {key}", told.get(key), stored.get(key)) for key in sorted(keys)]
    return tuple(difference for difference in (*found, *_behind(journal, tables)) if difference is not None)


def _of_one(what: str, told: object, stored: object) -> Difference | None:
    if told == stored:
        return None
    if stored is None:
        return Difference(what=what, detail="it is in the journal, and not in its table")
    if told is None:
        return Difference(what=what, detail="it is in its table, and not in the journal")
    if not (isinstance(told, msgspec.Struct) and isinstance(stored, msgspec.Struct)):
        return Difference(what=what, detail=f"{told} by the journal, {stored} by the table")
    one, other = _flat(told), _flat(stored)
    names = [name for name in one if one[name] != other.get(name)]
    if isinstance(told, TextFacts):  # digests of short texts would tell them
        return Difference(what=what, detail=f"{' and '.join(names)} in the table is not what was committed to")
    pairs = ", ".join(f"{name} is {one[name]} by the journal, {other.get(name)} by the table" for name in names)
    return Difference(what=what, detail=pairs)


def _flat(facts: msgspec.Struct) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in asdict(facts).items():
        if isinstance(value, msgspec.Struct):
            flat |= _flat(value)
        else:
            flat[name] = value
    return flat


def _behind(journal: Projections, tables: Projections) -> Iterator[Difference]:
    if journal.epoch is not None and (tables.epoch is None or tables.epoch < journal.epoch):
        detail = f"{journal.epoch} by the journal, {tables.epoch} by the table"
        yield Difference(what="epoch of the trading lease", detail=detail)
    for signer, nonce in sorted(journal.nonces.items()):
        last = tables.nonces.get(signer)
        if last is None or last < nonce:
            yield Difference(what=f"last nonce of {signer}", detail=f"{nonce} by the journal, {last} by the table")
