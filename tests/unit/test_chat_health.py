"""A chat model that gives nothing usable for a while: a human is called, once."""

import pytest

from agentic_core.domain import NoopResult
from agentic_core.domain.chat import UnusableCause
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.chat_health import ChatHealth
from agentic_core.runtime.last_turn import unusable_reason

WELL = NoopResult(reason="nothing_proposed")


class Room:
    """A chat model's health, and who is told of it."""

    def __init__(self) -> None:
        self.said: list[LogEvent] = []
        self.paged: list[str] = []

        def say(event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
            self.said.append(event)

        self.health = ChatHealth(say, self.paged.append)

    def turn(self, cause: UnusableCause) -> None:
        """Take in a turn without a usable answer."""
        self.health.turned(NoopResult(reason=unusable_reason(cause)))


def test_human_is_called_after_three_unusable_turns_in_a_row_and_once() -> None:
    """Whatever the causes are, the last one is named."""
    room = Room()
    room.turn(UnusableCause.REFUSED)
    room.turn(UnusableCause.UNAVAILABLE)
    assert room.paged == []
    room.turn(UnusableCause.MALFORMED)
    room.turn(UnusableCause.MALFORMED)
    assert room.paged == ["the chat model gave no usable answer in 3 turn(s) in a row, the last time: malformed"]
    assert room.said == [LogEvent.CHAT_DEGRADED, LogEvent.HUMAN_NEEDED]


def test_usable_answer_begins_the_count_anew() -> None:
    """Then a further series calls again."""
    room = Room()
    for _ in range(2):
        room.turn(UnusableCause.EMPTY)
        room.turn(UnusableCause.EMPTY)
        room.health.turned(WELL)
    assert room.paged == []
    for _ in range(2):
        for _ in range(3):
            room.turn(UnusableCause.EMPTY)
        room.health.turned(WELL)
    assert len(room.paged) == 2


@pytest.mark.parametrize("cause", [UnusableCause.NOT_ALLOWED, UnusableCause.LEAKED])
def test_human_is_called_at_once_where_asking_again_cures_nothing(cause: UnusableCause) -> None:
    """A key that is refused, or a prompt that leaks."""
    room = Room()
    room.turn(cause)
    assert len(room.paged) == 1


def test_human_is_called_where_the_caps_let_nobody_ask_any_more() -> None:
    """A deployment that is flat comes to its month's cap only nearly, so no pause would ever tell of it."""
    room = Room()
    for _ in range(4):
        room.health.refused("cost_guard: 8 USD would be committed this month, …")
        room.health.refused("store: gone")
    (paged,) = room.paged
    assert paged.endswith("in 3 turn(s) in a row, the last time: cost_guard: 8 USD would be committed this month, …")
