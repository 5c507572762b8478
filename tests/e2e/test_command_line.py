"""The installed `agentic` command over a real PostgreSQL: what it writes, what it refuses, and how it is stopped."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from agentic_core.backtest.report import read_json
from tests.support.by_hand import execute
from tests.support.command_room import CommandRoom, candle_rows

pytest_plugins = ["tests.support.postgres"]

AGENTIC = Path(sys.executable).parent / "agentic"
TABLES = ("skills", "skill_versions", "deployments", "order_intents", "fills", "decision_snapshots", "sim_runs")


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str) -> CommandRoom:
    """Give a room whose database is migrated and empty."""
    return CommandRoom(tmp_path, capsys, database)


def rows_in(database: str) -> dict[str, object]:
    """Count the rows of the tables that a command may write."""
    return {table: execute(database, f"select count(*) from {table}")[0][0] for table in TABLES}  # noqa: S608


def environment_of(room: CommandRoom) -> dict[str, str]:
    """Return all that a command sees; nothing is inherited."""
    return {**room.environment, "HOME": str(room.folder), "PATH": os.defpath}


def installed(room: CommandRoom, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the installed command to its end."""
    command = [str(AGENTIC), *map(str, arguments)]
    return subprocess.run(
        command, env=environment_of(room), check=False, capture_output=True, text=True, timeout=120, cwd=room.folder
    )


def statuses(database: str) -> list[tuple[object, ...]]:
    """Return status and error text of every deployment, oldest first."""
    return execute(database, "select status, error_text from deployments order by created_at, id")


def test_paper_writes_rows_and_files_that_tell_the_same(room: CommandRoom, database: str) -> None:
    """Fills, decisions and final equity are in the rows, in the JSON, and equal to the backtest's."""
    assert room.run_skill("backtest", "--quiet").code == 0
    tested = read_json(room.json)
    said = room.run_skill("paper", "--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")
    paper = read_json(room.json)
    assert [(one.time, one.side, one.size, one.price) for one in paper.fills] == [
        (one.time, one.side, one.size, one.price) for one in tested.fills
    ]
    assert (paper.final_equity, paper.funding, paper.equity) == (tested.final_equity, tested.funding, tested.equity)
    assert room.html.read_text().lower().startswith("<!doctype html>")
    counted = rows_in(database)
    assert (counted["deployments"], counted["decision_snapshots"]) == (1, paper.ticks)
    assert (counted["fills"], counted["order_intents"]) == (len(paper.fills), len(paper.orders))
    assert statuses(database) == [("stopped", None)]


def test_paper_says_which_deployment_it_is_and_prints_a_report(room: CommandRoom, database: str) -> None:
    """What can be lost comes before the deployment; the id that is printed is the id in the table."""
    said = room.run_skill("paper")
    assert (said.code, said.err) == (0, "")
    ((deployment,),) = execute(database, "select id::text from deployments")
    bound, named, *_ = said.out.splitlines()
    assert bound.startswith("worst loss by the caps: 2.47 % per order, 9.28 % per day, 28.38 % before it halts")
    assert named == f"deployment {deployment}"
    ((stored,),) = execute(database, "select loss_bound ->> 'deployment_bps' from skill_versions")
    assert (stored, json.loads(room.json.read_text())["loss_bound"]["deployment_bps"]) == ("2838", 2838)
    assert read_json(room.json).run == deployment


def test_paper_logs_are_json_lines_with_the_stored_fields(room: CommandRoom, database: str) -> None:
    """One line for each row of the log, on the error stream; nothing else is there."""
    said = room.run_skill("paper", "--quiet", "--logs")
    lines = [json.loads(line) for line in said.err.splitlines()]
    stored = execute(
        database, "select event, message, level, trace_id, deployment_id::text from agent_logs order by id"
    )
    names = ("event", "message", "level", "trace_id", "deployment_id")
    assert [tuple(line[name] for name in names) for line in lines] == stored
    assert lines[0]["message"].startswith("live-runner: booting deployment ")


def test_paper_of_the_same_skill_can_be_run_again(room: CommandRoom, database: str) -> None:
    """A deployment that has ended makes room; the skill is one version."""
    for _ in range(2):
        assert room.run_skill("paper", "--quiet").code == 0
    assert statuses(database) == [("stopped", None)] * 2
    assert rows_in(database)["skill_versions"] == 1


def test_paper_whose_place_is_taken_is_refused(room: CommandRoom, database: str) -> None:
    """Somebody runs this skill: one error, exit code 1, no second deployment and no file."""
    assert room.run_skill("paper", "--quiet").code == 0
    room.json.unlink()
    execute(database, "update deployments set status = 'running', stopped_at = null")
    execute(
        database,
        "update leases set epoch = epoch + 1, state = 'held', expires_at = clock_timestamp() + interval '1 minute'",
    )
    said = room.run_skill("paper")
    assert (said.code, said.out.count("\n")) == (1, 1)
    assert said.out.startswith("worst loss by the caps: ")
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert rows_in(database)["deployments"] == 1
    assert not room.json.exists()


def test_backtest_saved_is_complete_with_its_decisions(room: CommandRoom, database: str) -> None:
    """The run is found under the id in the file, with its figures."""
    assert room.run_skill("backtest", "--save", "--quiet").code == 0
    run = read_json(room.json)
    ((name, status, progress, figures),) = execute(
        database, "select id::text, status, progress_pct, metrics_json is not null from sim_runs"
    )
    assert (name, status, progress, figures) == (run.run, "complete", 100, True)
    counted = rows_in(database)
    assert (counted["decision_snapshots"], counted["deployments"]) == (len(run.decisions), 0)


def thesis(room: CommandRoom) -> None:
    """Make it a skill that a chat model decides."""
    room.write_skill({"mode": "thesis", "rules": None, "thesis": "Up.", "model": "vendor/name"})


def spoilt_candles(room: CommandRoom) -> None:
    """Leave candles out."""
    room.write_candles([*candle_rows()[:10], *candle_rows()[12:]])


def test_paper_that_is_refused_leaves_no_deployment_and_no_file(room: CommandRoom, database: str) -> None:
    """Whatever is wrong with skill, candles or options: exit code 2, and the tables are as they were."""
    wrongs: list[tuple[object, Sequence[str]]] = [
        (thesis, ()),
        (spoilt_candles, ()),
        (lambda room: room.write_skill({"leverage": 3}), ()),
        (lambda room: room.skill.write_text("{"), ()),
        (None, ("--equity", "0")),
        (None, ("--slippage-bps", "x")),
        (None, ("--speed", "nan")),
        (None, ("--json", str(room.folder / "nowhere" / "x"))),
    ]
    for spoil, options in wrongs:
        room.write_skill({})
        room.write_candles(candle_rows())
        if callable(spoil):
            spoil(room)
        said = room.run_skill("paper", *options)
        assert (said.code, said.out) == (2, ""), options
        assert said.err.startswith("error: ")
    assert set(rows_in(database).values()) == {0}
    assert room.names() == {"skill.json", "candles.csv"}


def test_command_on_a_database_without_tables_names_the_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], empty_database: str
) -> None:
    """A database that was configured is never migrated behind its owner's back."""
    room = CommandRoom(tmp_path, capsys, empty_database)
    said = room.run_skill("paper")
    assert said.code == 1
    assert said.err.startswith("error: the database lacks ")
    assert said.err.endswith("run: agentic db migrate\n")
    assert execute(empty_database, "select count(*) from pg_tables where schemaname = 'public'") == [(0,)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_paper_is_stopped_by_a_signal_with_a_complete_record(
    room: CommandRoom, database: str, number: signal.Signals
) -> None:
    """Between two marks of a slow market: it ends at once, exit code 0, with report files and rows that agree."""
    options = ["--candles", str(room.candles), "--speed", "1", "--logs", *room.outputs()]
    command = [str(AGENTIC), "paper", str(room.skill), *options]
    with subprocess.Popen(
        command, env=environment_of(room), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        while "entering tick loop" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert "Paper of Cross" in out
    assert read_json(room.json).ticks == 0
    assert statuses(database) == [("stopped", None)]
    assert execute(database, "select kind, state, outcome, payload->>'reason' from agent_commands") == [
        ("stop", "applied", "stopped; flat", f"signal {number.name}")
    ]


def test_installed_command_refuses_in_one_line_and_exits_with_two(room: CommandRoom) -> None:
    """As a shell sees it: nothing on the output, one error on the error stream, no traceback."""
    done = installed(room, "backtest", room.skill, "--candles", room.folder / "none.csv", *room.outputs())
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == f"error: {room.folder}/none.csv: No such file or directory; name a file that exists and can be read\n"
    )
    assert room.names() == {"skill.json", "candles.csv"}


def test_installed_command_keeps_its_database_where_agentic_home_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shared_home: Path
) -> None:
    """Without DATABASE_URL the embedded PostgreSQL serves; nothing is made in the user's own folder."""
    room = CommandRoom(tmp_path, capsys)
    del room.environment["DATABASE_URL"]
    home = shared_home / "command-line"
    room.environment["AGENTIC_HOME"] = str(home)
    done = installed(room, "paper", room.skill, "--candles", room.candles, "--quiet", *room.outputs())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (home / "postgres").is_dir()
    assert room.names() == {"skill.json", "candles.csv", "run.json", "run.html"}
    status = installed(room, "db", "status", "--json")
    assert json.loads(status.stdout)["rows"]["deployments"] == 1


def test_installed_command_whose_reader_goes_away_ends_quietly(room: CommandRoom) -> None:
    """`agentic backtest … | head -1` is no crash."""
    command = [str(AGENTIC), "backtest", str(room.skill), "--candles", str(room.candles)]
    with subprocess.Popen(command, env=environment_of(room), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
