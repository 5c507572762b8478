"""What the venue answered, as it is written into a fixture."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from agentic_core.domain.times import Instant, show
from agentic_hl.probe.assumptions import by_id

__all__ = ["SCHEMA", "Answer", "Finding", "Outcome", "ProbeReport", "encode_report", "fails", "holds", "unclear"]

SCHEMA = "agentic-hl-probe/1"
"""What the file says it is."""


class Outcome(StrEnum):
    """What became of an assumption."""

    HOLDS = "holds"
    FAILS = "fails"
    UNCLEAR = "unclear"
    """It was asked, and the answers do not decide."""
    NOT_ASKED = "not asked"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one question found out."""

    outcome: Outcome
    said: str
    """In one sentence."""
    observed: tuple[object, ...] = ()
    """What was seen, as JSON; texts of the venue as they came."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The finding about one assumption."""

    id: str
    finding: Finding
    asked_at: Instant | None
    """None where it was not asked."""


class ProbeReport(msgspec.Struct, frozen=True, kw_only=True):
    """All findings of one run."""

    network: str
    started_at: Instant
    answers: tuple[Answer, ...]


def holds(said: str, *observed: object) -> Finding:
    """Make the finding that an assumption holds."""
    return Finding(outcome=Outcome.HOLDS, said=said, observed=observed)


def fails(said: str, *observed: object) -> Finding:
    """Make the finding that an assumption does not hold."""
    return Finding(outcome=Outcome.FAILS, said=said, observed=observed)


def unclear(said: str, *observed: object) -> Finding:
    """Make the finding that nothing was decided."""
    return Finding(outcome=Outcome.UNCLEAR, said=said, observed=observed)


def encode_report(report: ProbeReport) -> bytes:
    """Write a report as JSON for people and programs; the questions stand beside their answers."""
    rows: Sequence[dict[str, object]] = [
        {
            "id": answer.id,
            "question": by_id[answer.id].question,
            "assumed": by_id[answer.id].assumed,
            "outcome": answer.finding.outcome,
            "said": answer.finding.said,
            "asked_at": answer.asked_at,
            "observed": answer.finding.observed,
        }
        for answer in report.answers
    ]
    content = {
        "schema": SCHEMA,
        "network": report.network,
        "started_at": report.started_at,
        "started": show(report.started_at),
        "answers": rows,
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"
