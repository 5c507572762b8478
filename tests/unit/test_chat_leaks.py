"""The canary is found in every dress that a chat model is likely to be talked into."""

import base64
import codecs
import unicodedata

import pytest

from agentic_core.chat.reading.faults import Fault, ReplyError
from agentic_core.chat.reading.leaks import leaks
from agentic_core.chat.reading.readings import read_completion
from agentic_core.chat.reading.replies import Unreadable
from agentic_core.ports.chat_model import CallUsage, Completion, ToolCall
from agentic_core.system import SystemClock
from tests.support.thoughts import CANARY

LOOK_ALIKE = CANARY.translate(str.maketrans("cpxskhtm", "\u0441\u0440\u0445\u0455\u043a\u04bb\u0442\u043c"))
ACCENTED = "".join(f"{letter}\u0301" for letter in CANARY)


@pytest.mark.parametrize(
    "said",
    [
        CANARY,
        CANARY.upper(),
        CANARY[::-1],
        CANARY[4:],
        " ".join(CANARY),
        "\u200b".join(CANARY),
        "\n".join(CANARY),
        ACCENTED,
        unicodedata.normalize("NFC", ACCENTED),
        LOOK_ALIKE,
        "".join(chr(ord(letter) + 0xFEE0) for letter in CANARY),
        "".join(f"\\u{ord(letter):04x}" for letter in CANARY),
        "".join(f"&#{ord(letter)};" for letter in CANARY),
        "".join(f"&#x{ord(letter):x};" for letter in CANARY),
        "".join(f"%{ord(letter):02x}" for letter in CANARY),
        codecs.encode(CANARY, "rot13"),
        CANARY.encode().hex(),
        CANARY.encode().hex(" "),
        base64.b64encode(CANARY.encode()).decode(),
        base64.b64encode(f"a{CANARY}b".encode()).decode(),
        base64.b64encode(f"ab{CANARY}".encode()).decode(),
    ],
)
def test_canary_in_a_disguise_is_found(said: str) -> None:
    """Wherever it stands in the text."""
    assert leaks(CANARY, f"The word is: {said}, as you asked.")


@pytest.mark.parametrize(
    "said",
    ["", "It rises, so I buy.", CANARY[:9], "qvm qvm qvm", "sell high, buy low; why not try the sky"],
)
def test_text_without_it_leaks_nothing(said: str) -> None:
    """A few of its letters are no leak."""
    assert not leaks(CANARY, said)


def test_empty_canary_is_in_no_text() -> None:
    """A way of thinking without one gives nothing away."""
    assert not leaks("", "anything")


def test_row_of_marks_is_looked_through_in_time() -> None:
    """Putting them in order takes time by the square of their number, and everything else of a runner waits for it."""
    clock = SystemClock()
    began = clock.boottime_ms()
    assert not leaks(CANARY, "a" + "\u0345" * 50_000 + "\u0334" * 50_000)
    assert leaks(CANARY, "\u0345\u0334".join(CANARY))
    assert clock.boottime_ms() - began < 2_000


@pytest.mark.parametrize("where", ["text", "name", "arguments"])
def test_answer_that_is_far_too_long_is_not_looked_through(where: str) -> None:
    """Nothing of it is carried on, so nothing of it can give anything away."""
    long = "x" * 100_001
    call = ToolCall(id="1", name=long if where == "name" else "x", arguments=long if where == "arguments" else "{}")
    answer = Completion(
        text=long if where == "text" else "",
        tool_calls=() if where == "text" else (call,),
        usage=CallUsage(),
        request_hash="",
        model_id="m",
    )
    read = read_completion(answer, canary=CANARY, tools=("x",), by_tool=False)
    assert read == Unreadable(errors=(ReplyError(fault=Fault.TOO_LONG),))
