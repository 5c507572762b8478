"""The message about now has the same shape, whatever names and records hold."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agentic_core.chat.showing.context import CONTEXT_BYTES_MAX, situation
from agentic_core.chat.showing.untrusted import MARK
from agentic_core.chat.thought import Question
from agentic_core.domain import ActionKind, Closable, ProposedAction, Side, Size, Symbol
from agentic_core.domain.chat import LastTurn
from agentic_core.domain.times import Instant
from agentic_core.skills.fields import PLAIN_NAME
from tests.support.questions import account_with, question_about, room, thinking_about
from tests.support.views import BTC

_HYBRID = {"mode": "hybrid", "rules": {"policy": "sma-cross", "symbol": "BTC", "fast": 2, "slow": 3, "sizePct": 10}}
_THINKING = thinking_about(_HYBRID)
_ODD = st.text(
    st.one_of(st.characters(), st.sampled_from('"}]{[\n#`<>| :\u2028\u202e\u200b')), min_size=1, max_size=80
).filter(lambda text: not PLAIN_NAME.fullmatch(text))


def question_with(text: str) -> Question:
    """Return a question in which strangers' words stand wherever a record could hold them."""
    symbol = Symbol(text)
    question = question_about(account_with({symbol: ("1", "50"), BTC: ("1", "100")}), opens=(room(), room(symbol)))
    context = msgspec.structs.replace(question.context, symbols=(BTC, symbol))
    closes = (Closable(symbol=symbol, size=Size(room().size_min)),)
    return msgspec.structs.replace(
        question,
        context=context,
        envelope=msgspec.structs.replace(question.envelope, closes=closes),
        last=LastTurn(at=Instant(0), kind=text, symbol=symbol, side=Side.BUY, result=text, rule=text),
        signal=ProposedAction(kind=ActionKind.CLOSE, symbol=symbol, reason=text),
    )


def shape(text: str) -> list[str]:
    """Return the headings, and of every other line only that it is there."""
    return [line if line.startswith("#") else "" for line in text.split("\n")]


@given(_ODD)
def test_situation_has_the_same_lines_whatever_strangers_write(text: str) -> None:
    """No name and no record adds a line, a heading, or a second message to what is shown."""
    shown = situation(_THINKING, question_with(text))

    assert shape(shown) == shape(situation(_THINKING, question_with("odd name")))
    assert len(shown.encode()) <= CONTEXT_BYTES_MAX
    assert shown == situation(_THINKING, question_with(text))


@given(_ODD)
def test_situation_shows_a_strangers_name_as_one_marked_value(text: str) -> None:
    """The line of an odd name is a stand-in and a JSON object with a channel and a text, and nothing after it."""
    lines = situation(_THINKING, question_with(text)).split("\n")
    marked = [line for line in lines if MARK in line and line.startswith("- unnamed")]

    assert len(marked) == 1
    envelope = json.loads(marked[0].partition(": ")[2])
    assert set(envelope) == {"untrusted", "text"}
    assert envelope["untrusted"] == "symbol_name"
