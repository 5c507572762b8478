"""The pages of the reference that are drawn from the tables the code works by."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from agentic_core.domain.deployment_states import DEPLOYMENT_TABLE, FINAL_STATUSES, DeploymentEvent
from agentic_core.domain.order import TERMINAL_STATES, IntentState
from agentic_core.domain.trading import RESTRICTION_ALLOWS, STATUS_ALLOWS, DeploymentStatus
from agentic_core.execution.findings import INTENT_MOVES, Effect
from agentic_core.risk.rules import ADJUSTMENTS, RULES, Rule
from tests.docs.assumptions import hyperliquid_assumptions
from tests.docs.chat_tools import chat_tools
from tests.docs.gotchas import hyperliquid_gotchas
from tests.docs.roles import database_roles
from tests.docs.simulated_venue import simulated_venue

__all__ = ["PAGES", "ROOT", "outdated"]

ROOT = Path(__file__).resolve().parents[2]
_HOW = "Drawn from the code by `python -m tests.docs`; the test suite compares it."


def risk_rules() -> str:
    """Return the page of all rule ids."""
    return "\n".join(
        [
            "# Risk rules",
            "",
            _HOW,
            "",
            "An open is judged in this order, and the first rule that refuses names the verdict. A verdict carries",
            "every number it was reached with and, where it refuses, the smallest changes that together would let the",
            "same open pass. Of a leash, `R3_OFF_LEASH`, only the turn of a hybrid skill knows.",
            "`R3_STATE_MOVED`, `R4_NO_ACCOUNT`, `R4_TOO_LATE` and `R6_LEVERAGE_CHANGE` belong to the",
            "gate, which asks all the others again just before sending.",
            "",
            "| stage | rule | refuses when | cure |",
            "|---|---|---|---|",
            *(_rule_row(rule) for rule in RULES),
            "",
            "A close is refused only where it is misshapen (`R1_…`). Where the venue would refuse its size, it grows:",
            "",
            "| rule | what happens |",
            "|---|---|",
            *(f"| `{rule.id}` | {rule.meaning} |" for rule in ADJUSTMENTS),
            "",
        ]
    )


def states() -> str:
    """Return the page of the state machines."""
    return "\n".join(
        [
            "# State machines",
            "",
            _HOW,
            "",
            "## Deployment",
            "",
            "An event that has no arrow in a status is refused there. Arrows back to the same status are left out.",
            "",
            *_diagram(_deployment_arrows(), "provisioning", FINAL_STATUSES),
            "",
            "| " + " | ".join(["status", *DeploymentEvent]) + " |",
            "|---" * (len(DeploymentEvent) + 1) + "|",
            *(_deployment_row(status) for status in DeploymentStatus),
            "",
            "## Trading state",
            "",
            "Computed, never stored: the tightest of what the status and every restriction allow. `active` lets",
            "everything pass that the caps allow; `reducing` and `halted` only what shrinks a position.",
            "",
            "| status or restriction | allows |",
            "|---|---|",
            *(f"| `{name}` | `{state}` |" for name, state in (*STATUS_ALLOWS.items(), *RESTRICTION_ALLOWS.items())),
            "",
            "## Order intent",
            "",
            "What is found out about an order moves it. Findings that leave a state as it is are left out; the ones",
            "that contradict what was known before move it too, and are reported (`!`). Where the ledger holds all",
            "of an order by the time its end is known, `booked` follows at once. One that the venue calls `filled`",
            "without saying how much that was (it may have been clipped to the position) is not booked before its",
            "total is proven.",
            "",
            *_diagram(_intent_arrows(), IntentState.PREPARED, TERMINAL_STATES),
            "",
        ]
    )


def _rule_row(rule: Rule) -> str:
    return f"| {rule.stage} | `{rule.id}` | {rule.meaning} | {rule.cure} |"


def _deployment_row(status: DeploymentStatus) -> str:
    cells = (DEPLOYMENT_TABLE[status, event] or "refused" for event in DeploymentEvent)
    return f"| **{status}** | " + " | ".join(cells) + " |"


def _deployment_arrows() -> Mapping[tuple[str, str], list[str]]:
    arrows = defaultdict(list)
    for (status, event), target in DEPLOYMENT_TABLE.items():
        if target is not None and target is not status:
            arrows[str(status), str(target)].append(str(event))
    return arrows


def _intent_arrows() -> Mapping[tuple[str, str], list[str]]:
    arrows = defaultdict(list)
    for (state, finding), move in INTENT_MOVES.items():
        if move.to is not state and move.effect in {Effect.MOVES, Effect.CONTRADICTS}:
            arrows[str(state), str(move.to)].append(
                f"{finding}!" if move.effect is Effect.CONTRADICTS else str(finding)
            )
    return arrows


def _diagram(arrows: Mapping[tuple[str, str], list[str]], start: str, ends: Iterable[str]) -> list[str]:
    return [
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {start}",
        *(f"    {source} --> {target}: {', '.join(words)}" for (source, target), words in arrows.items()),
        *(f"    {end} --> [*]" for end in sorted(ends)),
        "```",
    ]


PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/chat-tools.md": chat_tools,
    "docs/reference/database-roles.md": database_roles,
    "docs/reference/hyperliquid-assumptions.md": hyperliquid_assumptions,
    "docs/reference/hyperliquid-gotchas.md": hyperliquid_gotchas,
    "docs/reference/risk-rules.md": risk_rules,
    "docs/reference/simulated-venue.md": simulated_venue,
    "docs/reference/states.md": states,
}
"""Every generated page with what writes it."""


def outdated(root: Path) -> list[str]:
    """Name the pages below a root that differ from what the code would write."""
    return [
        name
        for name, page in PAGES.items()
        if not (root / name).exists() or (root / name).read_text(encoding="utf-8") != page()
    ]
