"""Why a proposal was refused, as the smallest changes that together would let it pass."""

from agentic_core.domain.decision import Change, Denied
from agentic_core.risk.facts import Facts

__all__ = ["changes_for_close", "why_not"]


def why_not(facts: Facts, denied: Denied) -> tuple[Change, ...]:
    """Return the smallest changes that together would let an open pass, in the order of the rules they answer."""
    return ()


def changes_for_close(rule: str) -> tuple[Change, ...]:
    """Return the change that would make a misshapen close pass."""
    return ()
