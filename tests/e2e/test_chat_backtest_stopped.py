"""A backtest of a chat-model skill that is interrupted, or killed, in the middle of a call, and gone on with."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from tests.support.chat_answers import completion
from tests.support.chat_room import TURNS, ChatRoom
from tests.support.chat_server import ChatServer, Play
from tests.support.embedded_postgres import ROOT

AGENTIC = Path(sys.executable).parent / "agentic"
_DONE = 7
_WITHIN_S = 30


def stopped_by(number: signal.Signals, room: ChatRoom, provider: ChatServer) -> int:
    """Run until a call hangs, send the signal, and return the exit code."""
    whole = Play(body=json.dumps(completion()).encode())
    provider.plan(*[whole] * _DONE, Play(is_silent=True))
    command = [str(AGENTIC), "backtest", str(room.skill), "--candles", str(room.candles), "--quiet"]
    command += ["--tape", str(room.tape), "--plain-only", "--max-cost", "1"]
    environment = {**room.environment, "PATH": os.defpath}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as child:
        anyio.run(_until_asked, provider)
        child.send_signal(number)
        try:
            child.communicate(timeout=_WITHIN_S)
        finally:
            child.kill()
        return child.returncode


async def _until_asked(provider: ChatServer) -> None:
    with anyio.fail_after(_WITHIN_S):
        while len(provider.seen) <= _DONE:
            await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_stopped_run_asks_only_what_is_not_on_its_tape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    """The call that hung is asked again, because nobody knows what came of it; nothing before it is."""
    room = ChatRoom(tmp_path, capsys)
    with room.connected() as provider:
        code = stopped_by(number, room, provider)
        assert code != 0
        kept = [line for line in room.tape.read_bytes().splitlines() if b'"entry"' in line]
        assert (len(provider.seen), len(kept)) == (_DONE + 1, _DONE)
        went_on = room.run_skill("backtest", "--tape", room.tape, "--plain-only", "--max-cost", "1")
        assert went_on.code == 0, went_on.err
        assert len(provider.seen) == TURNS + 1
    assert "7 calls replayed, 12 paid" in went_on.out
