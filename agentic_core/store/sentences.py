"""What the stores say when they refuse; the same words whichever store it is."""

from agentic_core.errors import Conflict, Fenced, NotFound

__all__ = [
    "CONFLICTS",
    "DECIDED_BEFORE",
    "DEPLOYMENT_EXISTS",
    "MAINNET_TAKEN",
    "ORDERED_BEFORE",
    "RUN_EXISTS",
    "SKILL_BROKER_TAKEN",
    "conflict",
    "fenced",
    "no_command",
    "no_deployment",
    "no_intent",
    "no_run",
    "no_skill",
    "no_user",
    "no_version",
]

MAINNET_TAKEN = "deployments_one_active_mainnet_per_user"
SKILL_BROKER_TAKEN = "deployments_one_active_per_skill_broker"
DEPLOYMENT_EXISTS = "deployments_pkey"
RUN_EXISTS = "sim_runs_pkey"
DECIDED_BEFORE = "decision_snapshots_pkey"
ORDERED_BEFORE = "order_intents_pkey"

CONFLICTS = {
    MAINNET_TAKEN: "you already have an active mainnet deployment, and one at a time is allowed; stop it first",
    SKILL_BROKER_TAKEN: "this skill already runs on this broker; stop that deployment first, or redeploy it",
    DEPLOYMENT_EXISTS: "a deployment with this id exists already",
    RUN_EXISTS: "a backtest with this id exists already",
    DECIDED_BEFORE: "this tick was decided before; another runner may have taken it",
    ORDERED_BEFORE: "this client order id was prepared before; another runner may have taken this tick",
}
"""What a person should know, by the name of the uniqueness rule that refused."""


def conflict(constraint: str) -> Conflict:
    """Say which uniqueness rule refused."""
    return Conflict(
        CONFLICTS.get(constraint, f"the rule {constraint} allows such a row only once"), constraint=constraint
    )


def fenced(account: str, epoch: int) -> Fenced:
    """Say that a fence is not the live lease."""
    return Fenced(
        f"epoch {epoch} is not the live lease of account {account!r}: it was taken over, released or ran out; "
        "nothing was written and nothing may be sent"
    )


def no_skill(slug: str) -> NotFound:
    """Say that the user has no such skill."""
    return NotFound(f"you have no skill {slug!r}; save it first")


def no_version(skill: str, version: int) -> NotFound:
    """Say that the skill has no such version."""
    return NotFound(f"skill {skill!r} has no version {version}")


def no_user(user: str) -> NotFound:
    """Say that the user is unknown."""
    return NotFound(f"there is no user {user!r}; whoever saves a skill becomes one")


def no_deployment(deployment: str) -> NotFound:
    """Say that the deployment is unknown."""
    return NotFound(f"there is no deployment {deployment!r}")


def no_run(run: str) -> NotFound:
    """Say that the backtest is unknown."""
    return NotFound(f"there is no backtest {run!r}")


def no_command(command: str) -> NotFound:
    """Say that the command is unknown."""
    return NotFound(f"there is no command {command!r}")


def no_intent(cloid: str, account: str) -> NotFound:
    """Say that the account has no such intent."""
    return NotFound(f"account {account!r} has no prepared intent {cloid!r}")
