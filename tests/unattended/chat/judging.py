"""Judges what a chat model did, cost and brought about, by the provider's log, the stored rows and the orders."""

from collections.abc import Sequence

from tests.lifecycles.written import Line
from tests.unattended.chat.judge_calls import faults_of_calls
from tests.unattended.chat.judge_costs import faults_of_costs
from tests.unattended.chat.judge_tape import faults_of_tape
from tests.unattended.chat.judge_thoughts import faults_of_thoughts
from tests.unattended.process import Process
from tests.unattended.scene import Scene

__all__ = ["faults_of_chat"]


async def faults_of_chat(scene: Scene, processes: Sequence[Process], lines: Sequence[Line]) -> tuple[str, ...]:
    """Look at everything there is at the end; nothing where no chat model decided."""
    stage = scene.chat
    if stage is None:
        return ()
    results = {
        record.decision.decision_id: record.result
        for record in await scene.store.decisions.recent(stage.deployment, 1_000_000)
    }
    return (
        *stage.faults,
        *faults_of_calls(scene, stage, processes),
        *faults_of_costs(stage),
        *faults_of_thoughts(scene, stage, results, lines),
        *(await faults_of_tape(scene, stage)),
    )
