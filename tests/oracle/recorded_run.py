"""Read a run file (`agentic-run/1`) into the shape of the oracle's outcome, so that the two can be compared."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from tests.oracle.reference_terms import Outcome

Json: TypeAlias = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None


def facts_recorded(document: Json) -> dict[str, object]:
    """Take from a run file what the oracle computes too."""
    assert _text(document, "schema") == "agentic-run/1"
    run = _at(document, "run")
    orders = _rows(run, "orders")
    # Of the outcomes of an order only a rejection has a reason.
    refused = [(_whole(item, "time"), "VENUE") for item in orders if "reason" in _keys(item, "outcome")]
    decided = _decided(_rows(run, "decisions"), {_text(item, "intent", "cloid") for item in orders})
    return {
        **decided,
        "rejections": sorted([*decided["rejections"], *refused]),
        "fills": [
            (
                _whole(item, "time"),
                _text(item, "side"),
                *(Fraction(_text(item, name)) for name in ("size", "price", "fee")),
            )
            for item in _rows(run, "fills")
        ],
        "halts": [(_whole(item, "time"), _text(item, "reason")) for item in _rows(run, "halts")],
        "funding": [(_whole(item, "time"), Fraction(_text(item, "amount"))) for item in _rows(run, "funding")],
        "orders": len(orders),
        "ticks": _whole(run, "ticks"),
        "final equity": Fraction(_text(run, "final_equity")),
        "first and last mark": (_whole(run, "start"), _whole(run, "end")),
    }


def _decided(decisions: Sequence[Json], sent: set[str]) -> dict[str, list[Any]]:
    approved = [item for item in decisions if _text(item, "decision", "verdict", "kind") == "approved"]
    return {
        "rejections": [
            (_whole(item, "decision", "tick_at"), _text(item, "decision", "verdict", "rule"))
            for item in decisions
            if _text(item, "decision", "verdict", "kind") == "denied"
        ],
        "withheld": [
            (_whole(item, "decision", "tick_at"), _text(item, "decision", "verdict", "withheld", "rule"))
            for item in approved
            if _at(item, "decision", "verdict", "withheld") is not None
        ],
        "stopped": [
            _whole(item, "decision", "tick_at")
            for item in approved
            if _text(item, "result", "kind") == "executed" and not sent.issuperset(_keys(item, "result", "states"))
        ],
        "adjusted": [
            (_whole(item, "decision", "tick_at"), tuple(_rows(item, "decision", "verdict", "adjusted")))
            for item in approved
            if _rows(item, "decision", "verdict", "adjusted")
        ],
        "closings": [
            (_whole(item, "decision", "tick_at"), _text(item, "decision", "decided_by").removeprefix("halt:"))
            for item in decisions
            if _text(item, "decision", "decided_by").startswith("halt:")
        ],
    }


def facts_computed(outcome: Outcome) -> dict[str, object]:
    """Lay out the oracle's outcome in the same shape."""
    marks = list(outcome.equity)
    return {
        "fills": outcome.fills,
        "rejections": sorted(outcome.rejections),
        "withheld": outcome.withheld,
        "stopped": [time for time, _ in outcome.stopped],
        "adjusted": outcome.adjusted,
        "halts": outcome.halts,
        "closings": outcome.closings,
        "funding": outcome.funding,
        "orders": outcome.orders,
        "ticks": len(marks) - 1,
        "final equity": outcome.equity[marks[-1]],
        "first and last mark": (marks[0], marks[-1]),
    }


def equity_recorded(document: Json) -> dict[int, Fraction]:
    """Return the recorded equity points by their marks."""
    points = _rows(_at(document, "run"), "equity")
    return {_whole(point, "time"): Fraction(_text(point, "equity")) for point in points}


def denials_computed(outcome: Outcome) -> list[tuple[int, str]]:
    """Return what the oracle refused by a rule of ours, whole."""
    return [(time, rule) for time, rule in outcome.rejections if rule != "VENUE"]


def denials_recorded(document: Json) -> list[tuple[int, str]]:
    """Return what the stored results, as opposed to the verdicts, call rejected by a rule of ours."""
    results = [
        (_whole(item, "decision", "tick_at"), _text(item, "result", "rule"))
        for item in _rows(_at(document, "run"), "decisions")
        if _text(item, "result", "kind") == "rejected"
    ]
    return [(time, rule) for time, rule in results if rule != "VENUE"]


def _at(value: Json, *path: str) -> Json:
    for name in path:
        assert isinstance(value, Mapping), f"{name}: looked for in {value!r}"
        value = value[name]
    return value


def _keys(value: Json, *path: str) -> list[str]:
    found = _at(value, *path)
    assert isinstance(found, Mapping)
    return list(found)


def _rows(value: Json, *path: str) -> Sequence[Json]:
    found = _at(value, *path)
    assert isinstance(found, Sequence)
    assert not isinstance(found, str)
    return found


def _text(value: Json, *path: str) -> str:
    found = _at(value, *path)
    assert isinstance(found, str), f"{path}: {found!r} is no text"
    return found


def _whole(value: Json, *path: str) -> int:
    found = _at(value, *path)
    assert isinstance(found, int), f"{path}: {found!r} is no whole number"
    return found
