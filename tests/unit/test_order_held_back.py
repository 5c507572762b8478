"""An open that passed the gate, and trading that is held back while it is being written down."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from agentic_core.domain import Denied, IntentState, TradingState
from agentic_core.domain.order import SendOutcome
from agentic_core.runtime.together import together
from tests.support.order_replies import BURNED, accepted
from tests.support.order_room import CLOSE, OrderRoom, in_room

SLOW_MS = 2_000


async def submitted(
    room: OrderRoom, state: TradingState, changes: Mapping[str, object] = MappingProxyType({})
) -> SendOutcome | Denied:
    """Submit an order whose notes take two seconds, while trading is held back after one of them."""
    prepared = await room.prepare(1, **changes)
    room.slow_store.note_takes_ms = SLOW_MS
    found: list[SendOutcome | Denied] = []

    async def submit() -> None:
        found.append(await room.desk.submit(prepared))

    async def hold_back() -> None:
        await room.clock.sleep(SLOW_MS / 2_000)
        room.state = state

    await together((submit, hold_back))
    room.slow_store.note_takes_ms = 0
    return found[0]


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.HALTED])
def test_open_that_was_being_written_down_when_trading_was_held_back_does_not_leave(state: TradingState) -> None:
    """Whoever was told that it is paused sees nothing opened afterwards; its nonce is burned, and it is dead."""

    async def story(room: OrderRoom) -> None:
        room.broker.burns.append(BURNED)
        outcome = await submitted(room, state)
        assert isinstance(outcome, Denied)
        assert outcome.rule == f"R3_{state.name}"
        await room.attends(20_000)
        assert room.broker.count("send") == 0
        assert [life.state for life in room.desk.lives.values()] == [IntentState.DEAD]

    in_room(story)


def test_close_that_was_being_written_down_when_trading_was_held_back_leaves() -> None:
    """What only shrinks a position always passes."""

    async def story(room: OrderRoom) -> None:
        room.broker.answers.append(accepted(IntentState.FILLED, "2", "2"))
        await submitted(room, TradingState.HALTED, CLOSE)
        assert room.broker.count("send") == 1

    in_room(story)


def test_open_leaves_where_trading_is_held_back_only_after_it() -> None:
    """Nothing is taken back that is on its way."""

    async def story(room: OrderRoom) -> None:
        room.broker.answers.append(accepted(IntentState.FILLED, "2", "2"))
        await submitted(room, TradingState.ACTIVE)
        room.state = TradingState.REDUCING
        await room.attends(5_000)
        assert room.broker.count("send") == 1

    in_room(story)
