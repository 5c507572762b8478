"""Commands as they stand in their table, and what a plan made of them comes to."""

from collections.abc import Mapping, Sequence

from agentic_core.domain import Command, CommandKind, CommandState, DeploymentStatus, Instant
from agentic_core.domain.deployment_states import status_after
from agentic_core.runtime.commands import Answer, Begin, Obey, Refuse
from tests.support.stored_values import AT, DEPLOYMENT, uuid_of

__all__ = ["command", "final_status", "refused", "waiting"]


def command(
    seq: int,
    kind: CommandKind,
    state: CommandState = CommandState.QUEUED,
    payload: Mapping[str, str] | None = None,
) -> Command:
    """Return the command of this number."""
    return Command(
        id=uuid_of(f"command {seq}"),
        deployment_id=DEPLOYMENT,
        seq=seq,
        kind=kind,
        payload=dict(payload or {}),
        issued_at=Instant(AT + seq),
        state=state,
    )


def waiting(*kinds: CommandKind) -> list[Command]:
    """Return commands that wait, numbered from one on."""
    return [command(seq, kind) for seq, kind in enumerate(kinds, 1)]


def final_status(status: DeploymentStatus, answers: Sequence[Answer]) -> DeploymentStatus:
    """Return where the answers lead to, one after the other.

    Raises:
        IllegalTransition: one of them is refused where the ones before it lead to.
    """
    for answer in answers:
        match answer:
            case Obey(event=event) | Begin(event=event) if event is not None:
                status = status_after(status, event)
            case _:
                pass
    return status


def refused(answers: Sequence[Answer]) -> dict[int, str]:
    """Return the reasons by number."""
    return {answer.command.seq: answer.reason for answer in answers if isinstance(answer, Refuse)}
