"""`agentic backtest` as a person types it: the report, the files, and that they tell what the library computes."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_core.backtest.candle_files import read_candles
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.engine import run_backtest
from agentic_core.backtest.funding import constant_funding
from agentic_core.backtest.instruments import instrument_for
from agentic_core.backtest.report import read_json
from agentic_core.domain import DeploymentId, FeeSchedule, Interval, RunRecord, SkillId, SkillVersionRecord, Usd
from agentic_core.runtime.mandates import mandate_for
from agentic_core.runtime.terms import Terms
from agentic_core.skills import canonical_json, load_skill, payload_hash
from tests.support.command_room import CommandRoom, candle_rows
from tests.support.markets import BTC, ETH

D = Decimal


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandRoom:
    """Give a room with a skill that trades and five hours of candles."""
    return CommandRoom(tmp_path, capsys)


def by_library(room: CommandRoom, run: DeploymentId, terms: Terms) -> RunRecord:
    """Run the same files through the library, as the run of this id."""
    skill = load_skill(room.skill.read_text(), source="skill.json")
    payload = canonical_json(skill)
    skill_id = read_json(room.json).decisions[0].decision.skill
    version = SkillVersionRecord(skill_id=skill_id, version=0, payload=payload, payload_hash=payload_hash(payload))
    dataset = Dataset([read_candles(room.candles, symbol=BTC)], {BTC: constant_funding(D("0.0001"))})
    return run_backtest(
        mandate_for(skill, version, run),
        dataset.resampled(Interval.M5),
        instruments={BTC: instrument_for(BTC)},
        terms=terms,
    )


def test_backtest_json_reads_back_as_the_run_of_the_library(room: CommandRoom) -> None:
    """Decisions, orders, fills, curve and terms: equal, field by field."""
    options = ["--equity", "5000", "--slippage-bps", "1", "--funding-rate", "0.0001"]
    assert room.run_skill("backtest", *options).code == 0
    told = read_json(room.json)
    terms = Terms(starting_equity=Usd(D(5_000)), fees=FeeSchedule.hyperliquid_base(), slippage_bps=D(1))
    assert told == by_library(room, told.run, terms)
    assert len(told.fills) > 4
    assert len(told.funding) == 3
    assert json.loads(room.json.read_text())["schema"] == "agentic-run/1"


def test_backtest_repeated_writes_the_same_bytes(room: CommandRoom) -> None:
    """The same skill over the same candles is the same run, down to its ids; other terms or candles are another."""
    room.run_skill("backtest")
    first = room.json.read_bytes()
    room.run_skill("backtest")
    assert room.json.read_bytes() == first
    room.write_candles(candle_rows(50))
    room.run_skill("backtest")
    assert json.loads(room.json.read_text())["run"]["run"] != json.loads(first)["run"]["run"]


def test_backtest_prints_a_report_and_where_the_files_are(room: CommandRoom) -> None:
    """Who decided, what came of it, and two lines for the files; nothing is an error."""
    said = room.run_skill("backtest")
    assert (said.code, said.err) == (0, "")
    text = " ".join(said.out.split())
    assert "decided by rule policy sma-cross (no language model)" in text
    assert f"written: {room.json}" in said.out.replace("\n", "")
    assert f"written: {room.html}" in said.out.replace("\n", "")


def test_backtest_quiet_prints_nothing_and_writes_the_files(room: CommandRoom) -> None:
    """For scripts."""
    said = room.run_skill("backtest", "--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert room.html.read_text().lower().startswith("<!doctype html>")
    assert read_json(room.json).skill_name == "Cross"


def test_backtest_without_files_leaves_nothing_behind(room: CommandRoom) -> None:
    """A report on the screen is all that was asked for; no database is started, no folder made."""
    assert room.run("backtest", room.skill, "--candles", room.candles).code == 0
    assert room.names() == {"skill.json", "candles.csv"}


def test_backtest_replaces_files_of_an_earlier_run(room: CommandRoom) -> None:
    """What is there is this run's, whole."""
    room.json.write_text("old")
    room.html.write_text("old")
    assert room.run_skill("backtest", "--quiet").code == 0
    assert read_json(room.json).ticks == 59
    assert "old" not in room.html.read_text()[:3]


def test_backtest_merges_finer_candles_to_the_schedule(room: CommandRoom) -> None:
    """Five-minute candles under a quarter-hour schedule are merged by threes."""
    room.write_skill({"schedule": {"interval": "15m"}})
    assert room.run_skill("backtest").code == 0
    run = read_json(room.json)
    assert (run.interval, run.ticks) == (Interval.M15, 19)


def test_backtest_of_two_symbols_reads_a_file_for_each(room: CommandRoom) -> None:
    """SYMBOL=FILE, in any order."""
    room.write_skill({"risk.allowedSymbols": ["BTC", "ETH"]})
    other = room.folder / "other.csv"
    room.write_candles(candle_rows(base=50), other)
    said = room.run("backtest", room.skill, "--candles", f"ETH={other}", "--candles", f"BTC={room.candles}",
                    "--quiet", "--json", room.json)  # fmt: skip
    assert said.code == 0
    run = read_json(room.json)
    assert run.symbols == (BTC, ETH)
    assert run.marks == {BTC: D(104), ETH: D(54)}


def test_backtest_settles_the_funding_of_a_file(room: CommandRoom) -> None:
    """Rates by the hour, and the report says where they came from."""
    rates = room.folder / "rates.csv"
    hours = (f"2024-01-01T{hour:02}:00:00Z,0.000{hour}" for hour in range(7))
    rates.write_text("\n".join(["time,rate", *hours]) + "\n")
    said = room.run_skill("backtest", "--funding", rates)
    assert said.code == 0
    run = read_json(room.json)
    assert [paid.rate for paid in run.funding] == [D(f"0.000{hour}") for hour in range(1, 4)]
    assert run.assumptions.funding == f"{rates} (7 hourly rates)"


def test_backtest_with_an_hour_the_funding_file_lacks_is_refused(room: CommandRoom) -> None:
    """Silence is not zero."""
    rates = room.folder / "rates.csv"
    rates.write_text("time,rate\n2024-01-01T01:00:00Z,0.0001\n")
    said = room.run_skill("backtest", "--funding", rates)
    assert said.code == 2
    assert "no funding rate of BTC for 2024-01-01 02:00:00Z" in said.err
    assert not room.json.exists()


def test_backtest_skill_id_is_derived_not_drawn(room: CommandRoom) -> None:
    """A skill that is not stored has the same id every time."""
    room.run_skill("backtest")
    ids: set[SkillId] = {one.decision.skill for one in read_json(room.json).decisions}
    room.run_skill("backtest")
    assert ids == {one.decision.skill for one in read_json(room.json).decisions}
    assert len(ids) == 1
