"""Whether the tape holds what was answered, and answers the same when it is asked again."""

from agentic_core.chat.tapes.taping import ReplayTransport
from agentic_core.chat.transport import RawAnswer
from agentic_core.errors import TapeMiss
from tests.unattended.chat.stage import ChatStage
from tests.unattended.scene import Scene

__all__ = ["faults_of_tape"]

_WITHIN_MS = 1_000


async def faults_of_tape(scene: Scene, stage: ChatStage) -> list[str]:
    """Ask the tape everything that a decision rests on, and compare with what the provider sent."""
    faults = []
    replay = ReplayTransport(scene.store.tapes.of(stage.deployment))
    used = {
        (decision.decision_id, step.step, step.attempt)
        for decision in stage.decisions
        for step in decision.steps
        if step.outcome == "completed"
    }
    for arrival in stage.provider.arrivals:
        call, wire = arrival.call, arrival.served.wire
        if wire is None or (call.decision, call.step, call.attempt) not in used:
            continue
        try:
            again = await replay.post(
                "/chat/completions", arrival.body, within_ms=_WITHIN_MS, call=call, question=arrival.question
            )
        except TapeMiss as miss:
            faults.append(str(miss))
            continue
        if again != RawAnswer(status=wire.status, headers=wire.headers, body=wire.body):
            faults.append(f"call {call.decision[:8]}/{call.step}/{call.attempt} is another one on its tape")
    return faults
