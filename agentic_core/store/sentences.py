"""What the stores say when they refuse; the same words whichever store it is."""

from agentic_core.domain.chat import CallId
from agentic_core.domain.records import IntentRecord
from agentic_core.errors import Conflict, Fenced, NotFound, UsageError

__all__ = [
    "ATTEMPTED_BEFORE",
    "CALL_SETTLED",
    "CONFLICTS",
    "DECIDED_BEFORE",
    "DEPLOYMENT_EXISTS",
    "INTENT_LEARNED",
    "INTENT_NUMBERED",
    "JOURNAL_LINKED",
    "MAINNET_TAKEN",
    "MASTER_TAKEN",
    "NONCE_USED",
    "ORDERED_BEFORE",
    "PENDING_KEPT",
    "PENDING_KEY_KEPT",
    "RUN_EXISTS",
    "SEALED_BEFORE",
    "SKILL_BROKER_TAKEN",
    "WALLET_KEPT",
    "conflict",
    "fenced",
    "forgetful",
    "no_agent_wallet",
    "no_call",
    "no_command",
    "no_deployment",
    "no_deployment_on",
    "no_intent",
    "no_link",
    "no_master",
    "no_run",
    "no_skill",
    "no_user",
    "no_version",
    "no_wallet",
    "not_free",
    "unnamed_deployment",
]

MAINNET_TAKEN = "deployments_one_active_mainnet_per_user"
SKILL_BROKER_TAKEN = "deployments_one_active_per_skill_broker"
DEPLOYMENT_EXISTS = "deployments_pkey"
RUN_EXISTS = "sim_runs_pkey"
DECIDED_BEFORE = "decision_snapshots_pkey"
ATTEMPTED_BEFORE = "order_intents_one_per_attempt"
ORDERED_BEFORE = "order_intents_pkey"
NONCE_USED = "order_intents_one_per_nonce"
INTENT_LEARNED = "order_intents_learned"
INTENT_NUMBERED = "order_intents_numbered"
CALL_SETTLED = "chat_calls_stay_settled"
JOURNAL_LINKED = "journal_checkpoints_record"
MASTER_TAKEN = "hyperliquid_master_wallets_one_address"
PENDING_KEPT = "pending_hyperliquid_agents_pkey"
PENDING_KEY_KEPT = "pending_hyperliquid_agents_one_key"
SEALED_BEFORE = "secrets_name_idx"
WALLET_KEPT = "hyperliquid_agents_one_address"

_KEPT = "this agent wallet or its key was kept before, and no key is approved twice; draw a new one"

CONFLICTS = {
    MAINNET_TAKEN: "you already have an active mainnet deployment, and one at a time is allowed; stop it first",
    SKILL_BROKER_TAKEN: "this skill already runs on this broker; stop that deployment first, or redeploy it",
    DEPLOYMENT_EXISTS: "a deployment with this id exists already",
    RUN_EXISTS: "a backtest with this id exists already",
    DECIDED_BEFORE: "this tick was decided before; another runner may have taken it",
    ATTEMPTED_BEFORE: "a decision prepares each attempt at a leg once for each kind of action",
    ORDERED_BEFORE: "this client order id was prepared before; another runner may have taken this tick",
    NONCE_USED: "this nonce was given to another intent of the same signer; its row in signer_nonces was set back",
    CALL_SETTLED: "this call of a chat model was settled before; a further one has another step or attempt",
    MASTER_TAKEN: "this account is paired with another user; sign in as that user, or pair another account",
    PENDING_KEPT: _KEPT,
    PENDING_KEY_KEPT: _KEPT,
    SEALED_BEFORE: "the key of this agent wallet is kept already, and none is approved twice; draw a new one",
    WALLET_KEPT: _KEPT,
    "hyperliquid_agents_one_key": _KEPT,
    "hyperliquid_agents_one_per_name": (
        "the account has an agent wallet of this name; revoke that one first, or choose another name"
    ),
    "users_one_email": "this e-mail address is another user's; sign in as that user",
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


def forgetful(known: IntentRecord, record: IntentRecord) -> Conflict:
    """Say that a note would forget what is known of an intent."""
    return Conflict(
        f"{known.prepared.intent.cloid} is known as {_known(known)}; {_known(record)} would forget some of it, "
        "and nothing was written: read it again before noting it",
        constraint=INTENT_LEARNED,
    )


def not_free(known: IntentRecord, epoch: int) -> Conflict:
    """Say that an intent gets no nonce any more."""
    prepared = known.prepared
    return Conflict(
        f"{prepared.intent.cloid} is {known.state} by epoch {prepared.fence.epoch} with nonce {prepared.nonce}; "
        f"epoch {epoch} gives one only to what it prepared itself without any and has not sent",
        constraint=INTENT_NUMBERED,
    )


def _known(record: IntentRecord) -> str:
    return (
        f"{record.state} with {record.filled} filled and {record.booked} booked "
        f"after {record.sends} sends and {record.burns} burns"
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


def no_deployment_on(deployment: str, account: str) -> NotFound:
    """Say that an account is not traded by a deployment."""
    return NotFound(f"there is no deployment {deployment!r} that trades account {account!r}")


def unnamed_deployment(account: str) -> UsageError:
    """Say that a lease is taken for a deployment."""
    return UsageError(f"account {account!r} does not say whose it is; name the deployment that the lease is taken for")


def no_agent_wallet(wallet: str, user: str) -> NotFound:
    """Say that a user has no such agent wallet."""
    return NotFound(f"user {user!r} has no agent wallet {wallet!r}; approve one first")


def no_run(run: str) -> NotFound:
    """Say that the backtest is unknown."""
    return NotFound(f"there is no backtest {run!r}")


def no_command(command: str) -> NotFound:
    """Say that the command is unknown."""
    return NotFound(f"there is no command {command!r}")


def no_call(call: CallId) -> NotFound:
    """Say that nothing was held for a call of a chat model."""
    return NotFound(
        f"nothing was held for step {call.step}, attempt {call.attempt} of decision {call.decision!r}; "
        "reserve a call before it is made"
    )


def no_intent(cloid: str, account: str) -> NotFound:
    """Say that the account has no such intent."""
    return NotFound(f"account {account!r} has no prepared intent {cloid!r}")


def no_link(deployment: str, seq: int, digest: str) -> Conflict:
    """Say that a journal has no such record."""
    return Conflict(
        f"the journal of {deployment!r} has no record {seq} with the hash {digest}; nothing was written: "
        "verify the journal before signing anything of it",
        constraint=JOURNAL_LINKED,
    )


def no_master(master: str) -> NotFound:
    """Say that the account was never paired."""
    return NotFound(f"there is no paired account {master!r}; its owner pairs it first")


def no_wallet(address: str) -> NotFound:
    """Say that the agent wallet is unknown."""
    return NotFound(f"there is no agent wallet {address!r}; open an approval for a new one")
