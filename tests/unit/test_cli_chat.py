"""Backtests of chat-model skills and their tapes as a person types them, with a provider on a local socket."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentic_core.backtest.report import read_json
from tests.support.chat_answers import MODEL
from tests.support.chat_room import THESIS, TURNS, ChatRoom
from tests.support.chat_server import ChatServer


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> ChatRoom:
    """Give a room in which no chat model is connected."""
    return ChatRoom(tmp_path, capsys)


@pytest.fixture
def provider(room: ChatRoom) -> Iterator[ChatServer]:
    """Connect the room to a provider."""
    with room.connected() as server:
        yield server


def test_backtest_says_what_it_will_cost_records_and_replays_without_a_key(
    room: ChatRoom, provider: ChatServer
) -> None:
    """Plain and in disguise; the replay writes the same bytes, and needs neither the provider nor money."""
    first = room.run_skill("backtest", "--tape", room.tape, "--max-cost", "5")
    assert (first.code, len(provider.seen)) == (0, 2 * TURNS), first.err
    assert "19 turns and again in disguise" in first.out
    assert "at most 100 by the caps of the skill; at most 5 is spent now" in first.out
    assert "0 calls replayed, 38 paid with 0.04674 USD; 38 exchanges on" in first.out
    assert "19 of 19" in first.out
    written = room.json.read_bytes(), room.html.read_bytes()
    second = room.run_skill("backtest", "--tape", room.tape)
    assert (second.code, len(provider.seen)) == (0, 2 * TURNS), second.err
    assert "38 calls replayed, 0 paid with 0 USD" in second.out
    assert (room.json.read_bytes(), room.html.read_bytes()) == written


def test_backtest_stops_at_its_cap_with_code_1_and_goes_on_with_a_higher_one(
    room: ChatRoom, provider: ChatServer
) -> None:
    """No report is written for half a run."""
    options = ("--tape", room.tape, "--plain-only", "--max-cost")
    stopped = room.run_skill("backtest", *options, "0.03")
    assert stopped.code == 1
    assert "a higher --max-cost goes on from here (at the mark 2024-01-01 00:" in stopped.err
    assert "it will probably stop before its end" in stopped.out
    assert not room.json.exists()
    asked = len(provider.seen)
    assert 0 < asked < TURNS
    assert room.run_skill("backtest", *options, "1").code == 0
    assert len(provider.seen) == TURNS
    coverage = read_json(room.json).coverage
    assert coverage is not None
    assert (coverage.answered, coverage.calls) == (TURNS, TURNS)


def test_changed_skill_misses_its_tape_and_says_where(room: ChatRoom, provider: ChatServer) -> None:
    """Also with a key at hand, as long as nothing may be spent."""
    assert room.run_skill("backtest", "--tape", room.tape, "--plain-only", "--max-cost", "1").code == 0
    room.write_skill({**THESIS, "thesis": "Sell what rises."})
    missed = room.run_skill("backtest", "--tape", room.tape, "--plain-only")
    assert missed.code == 1
    assert '"  Buy what falls." → "  Sell what rises."' in missed.err
    assert len(provider.seen) == TURNS


def test_run_in_which_too_few_turns_were_answered_is_void_with_code_1(room: ChatRoom, provider: ChatServer) -> None:
    """It is reported all the same, as void."""
    provider.says = {
        "id": "gen-1",
        "model": MODEL,
        "choices": [{"finish_reason": "length", "message": {"content": ""}}],
    }
    ended = room.run_skill("backtest", "--tape", room.tape, "--plain-only", "--max-cost", "5")
    assert ended.code == 1, ended.err
    assert "0 of 19" in ended.out
    assert "void" in ended.out.lower()
    assert read_json(room.json).coverage is not None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "none is connected here; set OPENROUTER_API_KEY"),
        (("--max-cost", "5"), "none is connected here; set OPENROUTER_API_KEY"),
        (("--tape", "FILE", "--max-cost", "5"), "--max-cost: no chat model is connected here"),
        (("--tape", "FILE", "--max-cost", "-1"), "less than nothing"),
        (("--tape", "FILE", "--max-cost", "much"), "--max-cost"),
        (("--tape", "FILE"), "there is no such tape; record one"),
        (("--tape", "FILE", "--at-once", "0"), "at-once"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_code_2(room: ChatRoom, options: tuple[str, ...], said: str) -> None:
    """Before anything was asked or written."""
    refused = room.run_skill("backtest", *(room.tape if option == "FILE" else option for option in options))
    assert refused.code == 2
    assert said in refused.err
    assert not room.json.exists()
    assert not room.tape.exists()


def test_skill_whose_price_nobody_knows_is_not_started(room: ChatRoom, provider: ChatServer) -> None:
    """Its calls could not be paid for."""
    room.write_skill({**THESIS, "model": "vendor/unheard-of"})
    refused = room.run_skill("backtest", "--tape", room.tape, "--max-cost", "5")
    assert refused.code == 2
    assert "nobody knows what vendor/unheard-of costs" in refused.err
    assert provider.seen == []


def test_tape_is_refused_where_rules_decide(room: ChatRoom) -> None:
    """A tape beside a run that asked nobody would be evidence of nothing."""
    room.write_skill({})
    for options in (("--tape", room.tape), ("--max-cost", "1")):
        refused = room.run_skill("backtest", *options)
        assert (refused.code, "decides by rules" in refused.err) == (2, True)


def test_tape_is_shown_in_words_as_json_and_exchange_by_exchange(room: ChatRoom, provider: ChatServer) -> None:
    """Who answered, what was read and written, what it cost; and what went over the wire."""
    room.run_skill("backtest", "--tape", room.tape, "--plain-only", "--max-cost", "1")
    told = room.run("chat", "tape", "show", room.tape)
    assert told.code == 0, told.err
    for line in (
        "19 of 19 turns with a whole answer",
        "19 calls: 19 completed",
        f"answered by {MODEL} (19)",
        "17,100 tokens read, 760 written",
        "0.02337 USD",
    ):
        assert line in told.out.splitlines()
    summary = json.loads(room.run("chat", "tape", "show", room.tape, "--json").out)
    assert (summary["schema"], summary["turns"], summary["cost_usd"]) == ("agentic-tape-summary/1", 19, "0.02337000")
    key = json.loads(room.tape.read_text().splitlines()[2])["entry"]["key"]
    shown = room.run("chat", "tape", "show", room.tape, "--key", key[:12]).out
    assert shown.startswith(f"{key}  step 0 of turn ")
    assert "Buy what falls." in shown
    assert "nothing to do" in shown
    assert room.run("chat", "tape", "show", room.tape, "--key", "no").code == 2


def test_missing_tape_is_said(room: ChatRoom) -> None:
    """And none is made."""
    assert room.run("chat", "tape", "show", room.tape).code == 2
    assert not room.tape.exists()
