"""What each login should be able to do with each table, written down from the design and not from the grants.

Columns are those of `add` and `change`; rows are told by whose they are.
"""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

__all__ = ["EXPECTED", "ROLE_OF", "Can", "reached"]

Rows: TypeAlias = frozenset[str]

ROLE_OF = {
    "web for anna": "web",
    "web for nobody": "web",
    "runner of anna's paper": "runner",
    "runner of anna's live": "runner",
    "runner of bert's live": "runner",
    "unbound runner": "runner",
    "jobs": "jobs",
    "stranger": "nobody",
}

_RUNS = ("paper", "old", "live")
_OF_ANNA = frozenset(
    {"anna", "anna run", "anna old wallet", "anna live wallet", "anna version 1", "anna version 2"}
    | {f"anna {run}" for run in _RUNS}
)
_EVERYBODYS = _OF_ANNA | {label.replace("anna", "bert") for label in _OF_ANNA} | {"shared"}


def _runners(paper: set[str], live: set[str]) -> dict[str, Rows]:
    return {
        "runner of anna's paper": frozenset(paper),
        "runner of anna's live": frozenset(live),
        "runner of bert's live": frozenset(label.replace("anna", "bert") for label in live),
    }


_WHOSE: Mapping[str, Mapping[str, Rows]] = {
    "everybody's": dict.fromkeys(ROLE_OF, _EVERYBODYS),
    "nobody's": {},
    "the user's": {"web for anna": _OF_ANNA},
    "the user's backtests'": {"web for anna": frozenset({"anna run"})},
    "its deployment's": _runners({"anna paper"}, {"anna live"}),
    # The deployment before it, on the same account, has ended; what that left is its successor's to end.
    "its account's": _runners({"anna paper"}, {"anna old", "anna live"}),
    "its wallet": _runners(set(), {"anna live wallet"}),
    "its account's wallets'": _runners(set(), {"anna old wallet", "anna live wallet"}),
    "whose account it is": _runners(set(), {"anna"}),
    "the version it runs": _runners({"anna version 1"}, {"anna version 1"}),
}


def reached(whose: str, login: str) -> Rows:
    """Return which rows a login reaches where it reaches these."""
    return _WHOSE[whose].get(login, frozenset())


class Can(msgspec.Struct, frozen=True):
    """What the logins of a role can do with a table: which rows they see, and more where it is said."""

    sees: str
    add: str = ""
    """Columns that may be given; `*` for all."""
    change: str = ""
    adds: str = ""
    """Which rows it adds, where those are others than it sees."""
    keeps: str = ""
    """Which rows may be left as they were by a change, where those are others."""
    removes: bool = False


_SHARED = {role: Can("everybody's", add="*", change="full_at") for role in ("web", "runner", "jobs")}
_READ_BY_ALL = {role: Can("everybody's") for role in ("web", "runner", "jobs")}
_LINE = "deployment_id ts level event message trace_id data line_key"
_OUTCOME = "state outcome acked_at finished_at"
_MOVES = "status error_text error_trace_id halt_reason halted_at started_at stopped_at"

EXPECTED: Mapping[str, Mapping[str, Can]] = {
    "schema_migrations": _READ_BY_ALL,
    "platform_config": _READ_BY_ALL,
    "rate_budgets": _SHARED,
    "users": {"web": Can("the user's", add="*", change="email")},
    "sessions": {"web": Can("the user's", add="*", change="expires_at ended_at")},
    "skills": {"web": Can("the user's", add="*", change="name slug description latest_version is_archived updated_at")},
    "skill_versions": {
        "web": Can("the user's", add="*", change="notes"),
        "runner": Can("the version it runs"),
    },
    "sim_runs": {
        "web": Can(
            "the user's",
            add="*",
            change="status progress_pct error_text metrics_json cost_usd started_at finished_at",
        )
    },
    "deployments": {
        "web": Can(
            "the user's",
            add="*",
            change=f"{_MOVES} desired commands_issued hyperliquid_agent_id fly_machine_id fly_region fly_image",
        ),
        "runner": Can("its deployment's", change=f"{_MOVES} desired"),
        "jobs": Can("everybody's", change=f"{_MOVES} desired", keeps="nobody's"),
    },
    "leases": {
        "runner": Can(
            "its account's",
            add="*",
            change="epoch holder state expires_at deployment_id taken_at",
            adds="its deployment's",
        ),
        # Whatever they make is nobody's to trade with, and no row of the world is such a one.
        "jobs": Can(
            "everybody's", add="account_key epoch holder state expires_at", change="epoch state", adds="nobody's"
        ),
    },
    "decision_snapshots": {
        "web": Can("the user's", add="*", adds="the user's backtests'"),
        "runner": Can("its deployment's", add="*", change="engine_result"),
    },
    "cost_rollups": {
        "web": Can("the user's"),
        "runner": Can("its deployment's", add="*", change="cost_usd unknown_costs"),
    },
    "order_intents": {
        "web": Can("the user's"),
        "runner": Can(
            "its account's",
            add="*",
            change="signer nonce expires_at state venue_order_id cause filled booked sends burns absent_at uncounted"
            " filled_at ended_by settled_at",
            adds="its deployment's",
        ),
    },
    "fills": {"web": Can("the user's"), "runner": Can("its account's", add="*")},
    "funding_payments": {"web": Can("the user's"), "runner": Can("its account's", add="*")},
    "transfers": {"web": Can("the user's"), "runner": Can("its account's", add="*")},
    "mainnet_orders": {"web": Can("the user's"), "runner": Can("its account's")},
    "signer_nonces": {"runner": Can("its account's wallets'", add="*", change="nonce")},
    "agent_state": {
        "web": Can("the user's"),
        "runner": Can(
            "its deployment's", add="*", change="equity_usd day_pnl_usd positions marks last_tick_at updated_at"
        ),
        "jobs": Can("everybody's"),
    },
    "agent_logs": {
        "web": Can("the user's"),
        "runner": Can("its deployment's", add=_LINE),
        "jobs": Can("everybody's", add=_LINE),
    },
    "agent_commands": {
        "web": Can("the user's", add="*"),
        "runner": Can("its deployment's", change=f"{_OUTCOME} claimed_epoch steps"),
        "jobs": Can("everybody's", change=_OUTCOME, keeps="nobody's"),
    },
    "hyperliquid_master_wallets": {
        "web": Can("the user's", add="*", change="verified_at pairing_sig_hash"),
        "runner": Can("whose account it is"),
        "jobs": Can("everybody's"),
    },
    "pending_hyperliquid_agents": {
        "web": Can("the user's", add="*", removes=True),
        "jobs": Can("everybody's", removes=True),
    },
    "hyperliquid_agents": {
        "web": Can("the user's", add="*", change="revoked_at ended_by replaced_by lease_revoked_at key_destroyed_at"),
        "runner": Can("its wallet"),
        "jobs": Can(
            "everybody's",
            change="expiry_told revoked_at ended_by replaced_by lease_revoked_at key_destroyed_at gone_at",
        ),
    },
    "key_openings": {"web": Can("the user's")},
    "account_days": {"runner": Can("its account's", add="*", change="baseline_usd opened_at peak_usd as_of")},
    "paper_accounts": {"runner": Can("its account's", add="*", change="as_of state")},
    "chat_calls": {
        "web": Can("the user's"),
        "runner": Can("its deployment's", add="*", change="cost_usd source settled_at"),
    },
    "chat_months": {
        "web": Can("the user's"),
        "runner": Can("its deployment's", add="*", change="settled_usd held_usd repair_usd"),
    },
    "chat_tape": {"web": Can("the user's"), "runner": Can("its deployment's", add="*")},
    "job_runs": {"jobs": Can("everybody's", add="*", change="holder started_at finished_at outcome")},
    "journal": {"web": Can("the user's"), "runner": Can("its deployment's"), "jobs": Can("everybody's")},
    "journal_heads": {"web": Can("the user's"), "runner": Can("its deployment's"), "jobs": Can("everybody's")},
    "journal_payloads": {"web": Can("the user's")},
    "journal_checkpoints": {"web": Can("the user's"), "jobs": Can("everybody's", add="*")},
    # The owner's alone.
    "owner_edits": {},
    "database_identity": {},
    "restores": {},
    "runner_logins": {},
}
