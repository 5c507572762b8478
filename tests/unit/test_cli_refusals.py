"""Everything that can be handed in wrongly: one error with place and cure, exit code 2, and nothing left behind."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command_room import NOWHERE, CommandRoom, Said, candle_rows

COMMANDS = pytest.mark.parametrize("command", ["backtest", "paper"])

Spoil = Callable[[CommandRoom], None]


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandRoom:
    """Give a room in which everything is right until it is spoilt; its database is one where nobody listens."""
    return CommandRoom(tmp_path, capsys)


def refused(room: CommandRoom, said: Said) -> str:
    """Check that a command refused in one error and left nothing behind, and return the error."""
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: ")
    assert said.err.count("error: ") == 1
    assert said.err.endswith("\n")
    assert "Traceback" not in said.err
    assert room.names() <= {"skill.json", "candles.csv", "other.csv", "folder"}
    return said.err.removeprefix("error: ").replace(f"{room.folder}/", "")


def cell(row: int, column: int, text: str) -> Spoil:
    """Write something else into a cell of the candles."""

    def spoil(room: CommandRoom) -> None:
        rows = candle_rows()
        rows[row][column] = text
        room.write_candles(rows)

    return spoil


def rows_without(start: int, stop: int) -> Spoil:
    """Leave rows of the candles out."""

    def spoil(room: CommandRoom) -> None:
        rows = candle_rows()
        room.write_candles([*rows[:start], *rows[stop:]])

    return spoil


def skill_as(text: bytes) -> Spoil:
    """Write something else into the skill file."""

    def spoil(room: CommandRoom) -> None:
        room.skill.write_bytes(text)

    return spoil


@COMMANDS
@pytest.mark.parametrize(
    ("spoil", "place", "cure"),
    [
        (skill_as(b"{"), "skill.json: line 1, column 2: this is not JSON", "correct it there"),
        (skill_as(b""), "skill.json: the file is empty", "writes one to start from"),
        (skill_as(b"[]"), "skill.json: was a list", "write an object"),
        (skill_as(b"\xff\xfe{}"), "skill.json: the skill file cannot be read: it is not UTF-8 text", "name a file"),
        (lambda room: room.write_skill({"leverage": 3}), "skill.json: leverage: there is no such field", "remove it"),
        (lambda room: room.write_skill({"risk.maxLeverage": 0}), "skill.json: risk.maxLeverage: was 0", "write"),
        (lambda room: room.write_skill({"risk.maxOrdersPerDay": None}), "skill.json: risk.maxOrdersPerDay", "add it"),
        (lambda room: room.write_skill({"rules.sizePct": 0.01}), "skill.json: no order could ever pass", "write 0.1"),
        (lambda room: room.skill.unlink(), "skill.json: the skill file cannot be read: No such file", "name a file"),
    ],
    ids=["half", "empty", "list", "bytes", "unknown field", "bad value", "missing field", "untradable", "missing"],
)
def test_skill_that_cannot_be_used_is_refused(
    room: CommandRoom, command: str, spoil: Spoil, place: str, cure: str
) -> None:
    """The file, the field and what to write instead."""
    spoil(room)
    error = refused(room, room.run_skill(command))
    assert error.startswith(place)
    assert cure in error


@COMMANDS
@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (cell(3, 4, "NaN"), "candles.csv:5: close 'NaN' is not finite; replace it by the real one"),
        (cell(3, 1, "-101"), "candles.csv:5: open '-101' is not a positive price; correct it"),
        (cell(3, 2, "50"), "candles.csv:5: high 50 is below low 102; correct the row"),
        (cell(59, 0, "later"), "candles.csv:61: 'later' is not a time"),
        (rows_without(10, 12), "candles.csv:12: gap, 2024-01-01 01:00:00Z follows where 2024-01-01 00:50:00Z was"),
        (lambda room: room.write_candles([*candle_rows(5), candle_rows(5)[4]]), "candles.csv:7: duplicate"),
        (lambda room: room.candles.write_text(""), "candles.csv"),
        (lambda room: room.write_candles([]), "candles.csv"),
        (lambda room: room.candles.unlink(), "candles.csv: No such file or directory; name a file that exists"),
        (lambda room: room.write_candles([["x"]]), "candles.csv:2: "),
    ],
    ids=["nan", "negative", "high below low", "time", "gap", "twice", "empty", "header only", "missing", "short row"],
)
def test_candles_that_cannot_be_used_are_refused_with_their_row(
    room: CommandRoom, command: str, spoil: Spoil, error: str
) -> None:
    """The file and the line, as an editor counts them."""
    spoil(room)
    assert refused(room, room.run_skill(command)).startswith(error)


@COMMANDS
@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--equity", "much"], "--equity: 'much' is not a number; write it plainly, such as 10000"),
        (["--equity", "NaN"], "--equity: 'NaN' is not a finite number"),
        (["--equity", "0"], "--equity: 0 leaves nothing to trade with; give some dollars, such as 10000"),
        (["--equity", "-5"], "--equity: -5 leaves nothing to trade with"),
        (["--equity", "1e999"], "--equity: 1e999 is no account; give at most a trillion dollars"),
        (["--equity", "100.0000001"], "--equity: 100.0000001 is no account"),
        (["--slippage-bps", "some"], "--slippage-bps: 'some' is not a number; write it plainly, such as 2"),
        (["--slippage-bps", "-1"], "--slippage-bps: -1 is outside 0 to 1000"),
        (["--slippage-bps", "1001"], "--slippage-bps: 1001 is outside 0 to 1000"),
        (["--slippage-bps", "inf"], "--slippage-bps: 'inf' is not a finite number"),
        (["--funding-rate", "high"], "--funding-rate: 'high' is not a number"),
        (["--funding-rate", "1"], "funding rate 1 is a whole notional an hour or more"),
        (["--funding-rate", "0", "--funding", "f.csv"], "--funding-rate and --funding exclude each other"),
        (["--funding", "nowhere.csv"], "nowhere.csv: No such file or directory"),
        (["--symbol", "ETH"], "ETH is not among the skill's symbols; write one of BTC"),
        (["--candles", "other.csv"], "--candles other.csv: BTC has candles.csv already; give one file"),
        (
            ["--candles", "ETH=other.csv"],
            "--candles ETH=other.csv: ETH is not among the skill's symbols; write one of BTC",
        ),
        (["--nosuch"], "No such option: --nosuch"),
        (["--equity"], "Option '--equity' requires an argument"),
        (["more"], "Got unexpected extra argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_option_that_cannot_be_used_is_refused_by_its_name(
    room: CommandRoom, command: str, options: list[str], error: str
) -> None:
    """The option, what was typed, and what it takes."""
    assert error in refused(room, room.run_skill(command, *options))


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "fast", "1e-400", "1e400", ""])
def test_speed_that_is_none_is_refused(room: CommandRoom, speed: str) -> None:
    """Neither backwards nor for ever, and not a number that is no number."""
    assert refused(room, room.run_skill("paper", "--speed", speed)).startswith("--speed: ")


@COMMANDS
@pytest.mark.parametrize(
    ("option", "place", "error"),
    [
        ("--json", "nowhere/run.json", "there is no folder"),
        ("--html", "nowhere/run.html", "there is no folder"),
        ("--json", "folder", "is a folder; name a file in a folder that exists"),
        ("--html", "run.json", "--json and --html both name"),
    ],
)
def test_output_that_has_no_place_is_refused_before_the_run(
    room: CommandRoom, command: str, option: str, place: str, error: str
) -> None:
    """Nobody waits for a run to learn that its report cannot be written."""
    (room.folder / "folder").mkdir()
    assert error in refused(room, room.run_skill(command, option, room.folder / place))


@COMMANDS
def test_command_without_candles_is_refused(room: CommandRoom, command: str) -> None:
    """The option that is missing is named."""
    assert "--candles" in refused(room, room.run(command, room.skill, *room.outputs()))
    assert "SKILL" in refused(room, room.run(command))


@COMMANDS
def test_skill_of_several_symbols_needs_candles_for_each(room: CommandRoom, command: str) -> None:
    """Which symbol a file is of must be said, and none may be missing."""
    room.write_skill({"risk.allowedSymbols": ["BTC", "ETH"]})
    assert "write SYMBOL=candles.csv or add --symbol" in refused(room, room.run_skill(command))
    missing = room.run(command, room.skill, "--candles", f"BTC={room.candles}")
    assert "--candles: nothing for ETH; write --candles ETH=FILE as well" in refused(room, missing)


@COMMANDS
def test_skill_of_two_ranges_is_refused(room: CommandRoom, command: str) -> None:
    """Both ranges are shown."""
    room.write_skill({"risk.allowedSymbols": ["BTC", "ETH"]})
    other = room.folder / "other.csv"
    room.write_candles(candle_rows(50), other)
    said = room.run(command, room.skill, "--candles", f"BTC={room.candles}", "--candles", f"ETH={other}")
    error = refused(room, said)
    assert "BTC runs from 2024-01-01 00:00:00Z to 2024-01-01 05:00:00Z" in error
    assert "cut the files to one range" in error


def test_backtest_of_too_few_candles_is_refused(room: CommandRoom) -> None:
    """Twenty-five minutes hold one quarter of an hour, which has no next candle to execute in."""
    room.write_skill({"schedule": {"interval": "15m"}})
    room.write_candles(candle_rows(5))
    assert "1 candle(s), at least 2 are needed" in refused(room, room.run_skill("backtest"))
    room.write_candles(candle_rows(1))
    assert refused(room, room.run_skill("backtest")).startswith("candles.csv: one candle does not tell its interval")


@pytest.mark.parametrize("command", [["paper"], ["backtest", "--save"]], ids=["paper", "save"])
def test_database_that_is_down_is_refused_with_its_place_and_without_its_password(
    room: CommandRoom, command: list[str]
) -> None:
    """The address that was set does not answer: that is a setting to correct, and no file pretends there was a run."""
    error = refused(room, room.run_skill(command[0], *command[1:]))
    assert error.startswith("database trading at 127.0.0.1:1 cannot be used")
    assert "check that it runs and that the address is right" in error
    assert "hunter2" in NOWHERE
    assert "hunter2" not in error


def test_database_address_that_is_none_is_refused_without_repeating_it(room: CommandRoom) -> None:
    """It may hold a password."""
    room.environment["DATABASE_URL"] = "hunter2 is not an address"
    assert "hunter2" not in refused(room, room.run_skill("paper"))


def test_project_address_without_a_password_is_refused(room: CommandRoom) -> None:
    """The settings that are missing are named."""
    room.environment.update({"DATABASE_URL": "", "SUPABASE_URL": "https://project.example"})
    assert "SUPABASE_DB_PASSWORD" in refused(room, room.run_skill("paper"))


def test_demo_with_pages_where_a_file_is_is_refused_before_it_plays(room: CommandRoom) -> None:
    """The folder is made first, so that nobody waits for a demonstration that cannot be written."""
    error = refused(room, room.run("demo", "--html", room.skill))
    assert error == "--html skill.json: this folder cannot be made: File exists; name another one\n"
