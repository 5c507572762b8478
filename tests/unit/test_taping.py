"""Transports that write on a tape and read from one."""

import anyio
import pytest

from agentic_core.chat.tapes.taping import (
    NO_ANSWER,
    LimitedTransport,
    ReplayTransport,
    TapingTransport,
    outcome_of,
    tape_key,
)
from agentic_core.chat.transport import HttpOutcome, NoAnswer, RawAnswer
from agentic_core.domain.likeness import differences
from agentic_core.errors import TapeMiss
from agentic_core.store.memory.tapes import MemoryTape
from tests.support.clocks import VirtualClock, settle
from tests.support.markets import AT
from tests.support.taped import Answers, answer, call_of, exchange

pytestmark = pytest.mark.anyio

PATH = "/chat/completions"
LOST = NoAnswer(cause="nothing came within 5 s", timed_out=True, part=b'data: {"id":"gen-7"')


async def ask(transport: ReplayTransport | TapingTransport, body: bytes, attempt: int = 0) -> HttpOutcome:
    """Post a body as the first step of a turn."""
    return await transport.post(PATH, body, within_ms=1_000, call=call_of(0, attempt))


async def test_key_is_the_hash_of_the_body_and_the_attempt() -> None:
    """The hash of nothing is known by heart."""
    assert tape_key(b"", 2) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/2"


@pytest.mark.parametrize("outcome", [answer(b'{"id":"gen-1"}'), answer(b"busy", 429), LOST])
async def test_whatever_came_of_a_call_is_kept_and_replayed_as_it_was(outcome: HttpOutcome) -> None:
    """An answer, a refusal, and that nothing came: a replay meets the same."""
    tape = MemoryTape({})
    assert await ask(TapingTransport(Answers([outcome]), tape, VirtualClock()), b"{}") == outcome
    assert await ask(ReplayTransport(tape), b"{}") == outcome
    entry = await tape.find(tape_key(b"{}", 0))
    assert entry is not None
    assert (entry.call, entry.recorded_at, outcome_of(entry)) == (call_of(), AT, outcome)
    assert (entry.status == NO_ANSWER) is isinstance(outcome, NoAnswer)


async def test_exchange_is_found_by_its_question_whatever_else_its_body_holds() -> None:
    """The most that a provider may ask changes from day to day, and is none of what the chat model is asked."""
    tape = MemoryTape({})
    taping = TapingTransport(Answers([answer(b"yes")]), tape, VirtualClock())
    await taping.post(PATH, b'{"q":1,"max":5}', within_ms=1, call=call_of(), question=b'{"q":1}')
    replayed = await ReplayTransport(tape).post(
        PATH, b'{"q":1,"max":6}', within_ms=1, call=call_of(), question=b'{"q":1}'
    )
    assert replayed == answer(b"yes")
    entry = await tape.find(tape_key(b'{"q":1}', 0))
    assert entry is not None
    assert entry.request == b'{"q":1}'


async def test_what_is_posted_for_no_call_is_not_kept() -> None:
    """Making a key, for example; a replay says that nobody was asked."""
    entries = MemoryTape({})
    taping = TapingTransport(Answers([answer()]), entries, VirtualClock())
    assert await taping.post("/keys", b"{}", within_ms=1) == answer()
    assert await entries.nearest(b"{}") is None
    said = await ReplayTransport(entries).post("/keys", b"{}", within_ms=1)
    assert isinstance(said, NoAnswer)
    assert said.never_left


async def test_cost_that_was_looked_up_is_kept_for_the_call_it_belongs_to() -> None:
    """Also where all that came of the call was the id; a replay finds it, without asking."""
    tape = MemoryTape({})
    path = "/generation?id=gen-7"
    taping = TapingTransport(Answers([LOST, answer(b"early", 404), answer(b"0.25")]), tape, VirtualClock())
    await ask(taping, b"{}")
    assert [await taping.get(path, within_ms=1) for _ in range(2)] == [answer(b"early", 404), answer(b"0.25")]
    replay = ReplayTransport(tape)
    assert await replay.get(path, within_ms=1) == answer(b"0.25")
    assert isinstance(await replay.get("/generation?id=gen-8", within_ms=1), NoAnswer)


@pytest.mark.parametrize("path", ["/models", "/generation", "/generation?id=gen-9", "/key?id=gen-1"])
async def test_other_reading_is_not_kept(path: str) -> None:
    """A list of models, or the cost of a call that was not made here."""
    tape = MemoryTape({})
    taping = TapingTransport(Answers([answer(b'{"id":"gen-1"}'), answer(b"x")]), tape, VirtualClock())
    await ask(taping, b"{}")
    await taping.get(path, within_ms=1)
    assert await tape.find(tape_key(f"GET {path}".encode(), 0)) is None


async def test_exchange_that_is_broken_off_is_not_kept() -> None:
    """Nobody knows what came of it."""
    tape = MemoryTape({})
    taping = TapingTransport(Answers([answer()], gate=anyio.Event()), tape, VirtualClock())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, taping, b"{}")
        await settle()
        tasks.cancel_scope.cancel()
    assert await tape.nearest(b"{}") is None


async def test_replay_fails_closed_and_names_turn_step_and_what_changed() -> None:
    """The nearest exchange is shown beside it, and the first places in which they differ."""
    tape = MemoryTape({})
    with pytest.raises(TapeMiss, match=r"step 0 of turn 0{8}-.*-00000000000d is not on the tape, which is empty"):
        await ask(ReplayTransport(tape), b"{}")
    await tape.keep(exchange(b'{"messages":[{"content":"Be bold.\\nBuy low."}],"seed":1}', step=4))
    changed = b'{"messages":[{"content":"Be bold.\\nBuy high."}],"seed":2}'
    with pytest.raises(TapeMiss) as caught:
        await ask(ReplayTransport(tape), changed)
    said = str(caught.value)
    assert "step 0 of turn 00000000-0000-8000-8000-00000000000d is not on the tape" in said
    assert "step 4 of turn" in said
    assert 'messages[0].content line 2: "Buy low." → "Buy high."; seed: 1 → 2' in said


async def test_replay_names_a_missing_attempt_of_a_request_it_knows() -> None:
    """Nothing changed; the provider was asked once less."""
    tape = MemoryTape({})
    await tape.keep(exchange(b"{}", status=429))
    with pytest.raises(TapeMiss, match=r"attempt 1 of turn .* only attempt 0 of the same request"):
        await ask(ReplayTransport(tape), b"{}", attempt=1)


async def test_what_is_not_on_the_tape_is_asked_once_and_replayed_from_then_on() -> None:
    """A run that was stopped goes on where it was; what it had asked is not asked again."""
    tape = MemoryTape({})
    await tape.keep(exchange(b'{"q":1}', b"kept"))
    outside = Answers([RawAnswer(status=200, body=b"new")])
    transport = ReplayTransport(tape, TapingTransport(outside, tape, VirtualClock()))
    heard = [await ask(transport, body) for body in (b'{"q":1}', b'{"q":2}', b'{"q":2}')]
    assert [one.body for one in heard if isinstance(one, RawAnswer)] == [b"kept", b"new", b"new"]
    assert [body for body, _ in outside.posted] == [b'{"q":2}']


async def test_two_that_ask_the_same_at_once_pay_once() -> None:
    """The second waits for what the first one gets; another question does not wait."""
    tape, gate = MemoryTape({}), anyio.Event()
    outside = Answers([answer(b"1"), answer(b"2")], gate=gate)
    transport = ReplayTransport(tape, TapingTransport(outside, tape, VirtualClock()))
    async with anyio.create_task_group() as tasks:
        for body in (b'{"q":1}', b'{"q":1}', b'{"q":2}'):
            tasks.start_soon(ask, transport, body)
        await settle()
        assert [body for body, _ in outside.posted] == [b'{"q":1}', b'{"q":2}']
        gate.set()
    assert len(outside.posted) == 2


async def test_only_so_many_exchanges_are_under_way_at_once() -> None:
    """Five ask, two are heard at a time, all are answered."""
    gate = anyio.Event()
    outside = Answers([answer()] * 5, gate=gate)
    limited = LimitedTransport(outside, 2)
    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(lambda body: limited.post(PATH, body, within_ms=1), b"%d" % number)
        await settle()
        assert outside.under_way == 2
        gate.set()
    assert (outside.most_under_way, len(outside.posted)) == (2, 5)


def test_differences_name_members_that_came_went_and_changed() -> None:
    """In the order of the request; what steers a terminal is replaced."""
    before = b'{"a":1,"gone":true,"list":[1,2],"text":"same"}'
    after = b'{"a":"\\u001b[2J","list":[1,3,4],"text":"same","new":null}'
    assert differences(before, after, most=9) == (
        'a: 1 → "�[2J"',
        "gone: true → nothing",
        "list[1]: 2 → 3",
        "list[2]: nothing → 4",
        "new: nothing → null",
    )
    assert differences(b"not json", b"nor this") == ("the bytes of the request",)
    assert differences(before, before) == ()
