"""Until when chat models can have learned, as their makers said it."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files

from agentic_core.domain.times import Instant, from_datetime

__all__ = ["KNOWLEDGE_SOURCE", "end_of_day", "knowledge_until"]

KNOWLEDGE_SOURCE = "models.dev, edition of 2026-07-02"


def knowledge_until(model_id: str) -> Instant | None:
    """Return the end of the last day that a chat model can have learned of, or None where nobody says.

    A date or a variant at the end of an id does not change what was learned.
    """
    known = _known()
    if model_id.startswith("~"):
        return None  # what a moving alias names can have learned more since
    return known.get(model_id) or known.get(model_id.partition(":")[0])


def end_of_day(day: date) -> Instant:
    """Return the first instant after a day in UTC."""
    return from_datetime(datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC))


@cache
def _known() -> dict[str, Instant]:
    text = files("agentic_core.chat.catalogue").joinpath("knowledge.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {model_id: end_of_day(date.fromisoformat(day)) for model_id, day in rows}
