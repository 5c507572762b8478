"""What the commands say and refuse about the most a skill can lose."""

import json
from pathlib import Path

import pytest

from agentic_core.cli.bounds import in_words
from agentic_core.domain import Bps, GapAssumptions, LossBound, Unbounded
from tests.support.command_room import CommandRoom

WIDE = {"risk.maxPositionPct": 500, "risk.maxTotalExposurePct": 500, "risk.maxLeverage": 5}


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandRoom:
    """Give a room with a skill that trades; its database is one where nobody listens."""
    return CommandRoom(tmp_path, capsys)


def test_figures_are_percent_without_zeros_at_the_end() -> None:
    """Basis points of the value, percent for people, and the assumptions beside them."""
    assumed = GapAssumptions(gap_bps=Bps(1_250), carry_bps=Bps(10_000))
    bound = LossBound(order_bps=230, day_bps=705, deployment_bps=2740, assumptions=assumed)
    assert in_words(bound) == (
        "worst loss by the caps: 2.3 % per order, 7.05 % per day, 27.4 % before it halts for good "
        "(assumes gaps up to 12.5 % between turns, and no rise above 100 % from one open to the next)"
    )


def test_no_bound_is_everything_with_the_reason() -> None:
    """Nobody could take it for a small number."""
    assert in_words(Unbounded(path="risk.maxDrawdownPct", reason="is not set; write 96 or less")) == (
        "worst loss by the caps: everything, so that it cannot be deployed; "
        "risk.maxDrawdownPct is not set; write 96 or less"
    )


def test_backtest_prints_the_bound_before_its_report_and_writes_it(room: CommandRoom) -> None:
    """One line for people, an object beside the run for programs."""
    said = room.run_skill("backtest")
    assert said.out.splitlines()[0].startswith("worst loss by the caps: 2.47 % per order, 9.28 % per day, 28.38 %")
    written = json.loads(room.json.read_text())
    assert list(written) == ["schema", "run", "loss_bound"]
    assert (written["loss_bound"]["order_bps"], written["loss_bound"]["day_bps"]) == (247, 928)
    assert written["loss_bound"]["assumptions"]["fees"]["taker_rate"] == "0.00045"


def test_backtest_of_an_unbounded_skill_is_run_and_says_so(room: CommandRoom) -> None:
    """Trying out costs nothing; the reader is told that it could not be deployed."""
    room.write_skill(WIDE)
    said = room.run_skill("backtest")
    assert said.code == 0
    assert said.out.startswith("worst loss by the caps: everything, so that it cannot be deployed; risk.maxTotalExpo")
    assert json.loads(room.json.read_text())["loss_bound"]["kind"] == "unbounded"


@pytest.mark.parametrize("command", [("paper",), ("backtest", "--save")])
def test_unbounded_skill_is_neither_stored_nor_deployed(room: CommandRoom, command: tuple[str, ...]) -> None:
    """It is refused before a database is asked for, with the cap and the cure."""
    room.write_skill(WIDE)
    said = room.run_skill(*command)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: {room.skill}: risk.maxTotalExposurePct: was 500, with which one turn can take")
    assert "lower it to 443 or less" in said.err
    assert room.names() == {"skill.json", "candles.csv"}


def test_quiet_backtest_says_nothing_of_the_bound(room: CommandRoom) -> None:
    """For scripts, the file has it."""
    assert room.run_skill("backtest", "--quiet").out == ""
