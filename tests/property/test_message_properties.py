"""Spoilt texts handed to every parser: none raises, makes a float, or takes long. Longer: `python -m tests.fuzz`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_core.system import SystemClock
from agentic_hl.wire.errors import Scope, classify
from agentic_hl.wire.messages.answers import ANSWERS
from agentic_hl.wire.messages.fast_contexts import read_fast_contexts
from agentic_hl.wire.messages.frames import read_frame
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.messages.subscriptions import read_stream_error
from agentic_hl.wire.replies import read_reply
from tests.fuzz.command import fuzz
from tests.fuzz.looking import FloatFound, look
from tests.fuzz.mutations import Chance, Spoiler
from tests.fuzz.parsers import PARSERS, Parser
from tests.support.wire_answers import MASTER, encoded
from tests.support.wire_frames import deflated

TEXTS = 2_000


@pytest.mark.parametrize("name", PARSERS)
def test_spoilt_texts_break_no_parser(name: str) -> None:
    """Most are refused, some can still be read, and both leave a value without a float."""
    outcome = fuzz(PARSERS[name], TEXTS, seed=7, clock=SystemClock())
    assert outcome.texts == TEXTS
    assert outcome.read > 0


def test_every_reader_is_fuzzed() -> None:
    """One parser for each question and each channel, and those that are neither."""
    assert {name.removeprefix("info/") for name in PARSERS if name.startswith("info/")} == set(ANSWERS)
    assert {"exchange", "mids", "fast-contexts", "stream-error", "refusal"} <= set(PARSERS)


def test_float_that_is_read_is_found() -> None:
    """However deep it lies."""
    planted = Parser("planted", (b'{"a":["1",2]}',), lambda raw: {"deep": (raw, [{"deeper": 1.5}])})
    with pytest.raises(FloatFound):
        fuzz(planted, 1, seed=1, clock=SystemClock())


def test_error_of_a_parser_names_the_text_it_was_handed() -> None:
    """So that the text can become a test."""
    broken = Parser("broken", (b"7",), lambda raw: 1 // 0)
    with pytest.raises(ZeroDivisionError) as caught:
        fuzz(broken, 1, seed=1, clock=SystemClock())
    assert caught.value.__notes__[0].startswith("broken was handed b")


def test_same_seed_spoils_alike() -> None:
    """A failure can be repeated, and another seed sees other texts."""
    seeds = PARSERS["stream/bbo"].seeds
    first, again, other = (Spoiler(seeds, Chance(seed)) for seed in ("1", "1", "2"))
    texts = [first.text() for _ in range(200)]
    assert texts == [again.text() for _ in range(200)]
    assert texts != [other.text() for _ in range(200)]


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_a_value(raw: bytes) -> None:
    """Whatever comes out of the socket."""
    look((read_frame(raw), read_reply(200, raw), read_reply(502, raw)))


@given(st.text(max_size=60))
def test_texts_of_any_kind_are_a_value(text: str) -> None:
    """Whatever the venue says in words."""
    look((read_stream_error(text), classify(text, Scope.ITEM), read_fast_contexts(text)))


ENORMOUS = (
    b"[" * 5_000_000,
    b'{"channel":' * 500_000,
    b"9" * 5_000_000,
    b'"' + b"\\u0000" * 500_000 + b'"',
    b'{"channel":"allMids","data":{"mids":{' + b",".join(b'"%d":"1"' % at for at in range(50_000)) + b"}}}",
    encoded({"channel": "error", "data": "Invalid subscription " + "{" * 2_000_000 + "}" * 2_000_000}),
    encoded({"channel": "error", "data": "Order has zero size. asset=" + "1" * 2_000_000}),
    encoded({"channel": "fastAssetCtxs", "data": deflated(b"[" * 3_900_000)}),
    encoded({"channel": "userFills", "data": {"user": MASTER, "fills": [{"px": "1" * 5_000_000}]}}),
)


@pytest.mark.parametrize("raw", ENORMOUS, ids=range(len(ENORMOUS)))
def test_enormous_texts_end_in_time(raw: bytes) -> None:
    """Megabytes that are made to be slow take less than five seconds of every parser that is handed them."""
    clock = SystemClock()
    for name in ("stream/allMids", "stream/error", "stream/fastAssetCtxs", "exchange", "refusal", "stream-error"):
        began = clock.boottime_ms()
        look(PARSERS[name].read(raw))
        assert clock.boottime_ms() - began < 5_000, name


def test_deep_nesting_is_unreadable_at_every_depth() -> None:
    """Around the depth at which the stack ends as well."""
    for depth in (*range(400, 1_100, 20), 10_000, 1_000_000):
        nested = b"[" * depth + b"]" * depth
        assert isinstance(ANSWERS["meta"].read(nested), Unreadable)
        look(read_frame(b'{"channel":"outcomeMetaUpdates","data":' + nested + b"}"))
