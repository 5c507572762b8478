"""How much of what tools answer one turn shows."""

from agentic_core.chat.thought import Answer
from agentic_core.ports.chat_tools import ToolResult
from tests.support.thoughts import NOTHING, Stage, question, spoke, thinking, wished


def test_answers_of_tools_are_bounded_over_a_whole_turn() -> None:
    """A chat model that asks again and again is told to answer: each request holds all answers before it."""
    wishes = [wished(("echo", "{}")) for _ in range(3)]
    stage = Stage([*wishes, spoke(NOTHING)], results=[ToolResult(content=letter * 60_000) for letter in "xyz"])
    thought = stage.play(thinking(steps_max=6), question())
    assert isinstance(thought, Answer)
    assert [step.outcome for step in thought.steps if step.tool] == ["answered", "answered", "refused"]
    said = [message.content for message in stage.asks[-1].request.messages]
    assert sum(map(len, said)) < 130_000
    assert said[-1] == '{"error":"the tools have answered as much as one turn shows; give your answer"}'
