"""`agentic skill` as a person types it."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from agentic_core.cli.lazy import CommandLine
from hosts.cli import DOORS, services
from tests.support.skill_files import skill_text

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "skills"
TINY = {
    "rules.sizePct": 2,
    "risk.maxPositionPct": 2,
    "risk.maxTotalExposurePct": 2,
}

WIDE = {"risk.maxPositionPct": 500, "risk.maxTotalExposurePct": 500, "risk.maxLeverage": 5}
BOUND = (
    "worst loss by the caps: 2.47 % per order, 9.28 % per day, 28.38 % before it halts for good "
    "(assumes gaps up to 10 % between turns, and no rise above 50 % from one open to the next)"
)


def run(*arguments: str | Path) -> int:
    """Run `agentic skill` and return its exit code."""
    return CommandLine({"skill": DOORS["skill"]}, services, version="0").run(["skill", *map(str, arguments)])


@pytest.fixture
def skill_file(tmp_path: Path) -> Path:
    """Write a valid skill file."""
    path = tmp_path / "cross.json"
    path.write_text(skill_text({}))
    return path


@pytest.fixture
def tiny_file(tmp_path: Path) -> Path:
    """Write a skill file whose caps let nothing pass on 100 USD."""
    path = tmp_path / "tiny.json"
    path.write_text(skill_text(TINY))
    return path


def test_validate_of_a_valid_file_exits_zero(skill_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A valid skill is said to be valid, with who decides and how large it may get."""
    assert run("validate", skill_file) == 0

    assert capsys.readouterr().out.splitlines() == [
        f"{skill_file}: valid, decided by rules:sma-cross",
        "on 10000 USD it may open from 10 USD, and hold up to 2000 USD of a symbol",
        BOUND,
    ]


def test_validate_of_an_unbounded_skill_exits_two_and_names_the_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Five times equity can be lost in one gap after a drawdown; the widest caps that are bounded are named."""
    path = tmp_path / "wide.json"
    path.write_text(skill_text(WIDE))

    assert run("validate", path) == 2
    assert capsys.readouterr().err == (
        f"error: {path}: risk.maxTotalExposurePct: was 500, with which one turn can take what the drawdown cap leaves; "
        "lower it to 443 or less, and risk.maxPositionPct with it; or lower risk.maxDrawdownPct to 15 or less\n"
    )
    path.write_text(skill_text(WIDE | {"risk.maxPositionPct": 443, "risk.maxTotalExposurePct": 443}))
    assert run("validate", path) == 0


def test_show_of_an_unbounded_skill_says_so_and_exits_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Showing is not refusing, neither for people nor for programs."""
    path = tmp_path / "wide.json"
    path.write_text(skill_text(WIDE))

    assert run("show", path) == 0
    said = "worst loss by the caps: everything, so that it cannot be deployed; risk.maxTotalExposurePct was 500, with"
    assert said in capsys.readouterr().out
    assert run("show", path, "--json") == 0
    shown = json.loads(capsys.readouterr().out)["loss_bound"]
    assert (shown["kind"], shown["path"]) == ("unbounded", "risk.maxTotalExposurePct")


def test_validate_of_an_untradable_skill_exits_two(tiny_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On 100 USD the tiny caps are refused, with ten percent as the cure; on the default account they pass."""
    assert run("validate", tiny_file, "--equity", "100") == 2

    refusal = capsys.readouterr().err
    assert refusal.startswith(f"error: {tiny_file}: no order could ever pass on 100 USD\n")
    assert "risk.maxPositionPct: was 2, which on 100 USD allows 2 USD" in refusal
    assert "write 10 or more" in refusal
    assert run("validate", tiny_file) == 0


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'{"name": "x",}', "line 1, column 14: this is not JSON"),
        (b"\xff\xfe", "byte 1 is not UTF-8 text; save the file as UTF-8"),
        (skill_text({"risk.maxLeverage": 0}).encode(), "risk.maxLeverage: was 0; write the leverage"),
    ],
)
def test_validate_of_a_broken_file_exits_two(
    content: bytes, fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong is said on the error stream, with the file's name."""
    path = tmp_path / "broken.json"
    path.write_bytes(content)

    assert run("validate", path) == 2
    assert f"{path}: {fault}" in capsys.readouterr().err


def test_validate_of_a_missing_file_exits_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there, and a folder, are bad input."""
    assert run("validate", tmp_path / "none.json") == 2
    assert run("validate", tmp_path) == 2

    missing, folder = capsys.readouterr().err.splitlines()
    assert missing == f"error: {tmp_path}/none.json: there is no such file; `agentic skill new NAME` writes one"
    assert folder == f"error: {tmp_path}: cannot be read: Is a directory"


def test_validate_with_equity_that_is_no_number_exits_two(skill_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An amount that is none is named with its option."""
    assert run("validate", skill_file, "--equity", "much") == 2
    assert capsys.readouterr().err == "error: --equity: 'much' is not a number\n"


@pytest.mark.parametrize(
    ("mode", "decided_by"),
    [("thesis", "chat:"), ("rules", "rules:sma-cross"), ("hybrid", "chat:")],
)
def test_new_writes_a_file_that_validates_and_never_overwrites(
    mode: str, decided_by: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The starter of every mode is valid and tradable; a second one in its place is refused."""
    path = tmp_path / "mine.json"

    assert run("new", "My [first] skill", "--mode", mode, "--file", path) == 0
    assert f"{path}: written, decided by {decided_by}" in capsys.readouterr().out
    written = path.read_text()
    assert json.loads(written)["name"] == "My [first] skill"
    assert run("validate", path, "--equity", "100") == 0
    assert run("new", "Another", "--file", path) == 2
    assert f"{path}: is there already" in capsys.readouterr().err
    assert path.read_text() == written


def test_new_with_a_name_no_file_can_have_exits_two(capsys: pytest.CaptureFixture[str]) -> None:
    """A name without a Latin letter or digit names no file."""
    assert run("new", "比特币") == 2
    assert capsys.readouterr().err.startswith('error: NAME: "比特币" has no Latin letter and no digit')


def test_new_into_a_folder_that_is_not_there_exits_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A place that cannot be written is named with the reason."""
    path = tmp_path / "none" / "mine.json"

    assert run("new", "Mine", "--file", path) == 2
    assert capsys.readouterr().err == f"error: {path}: cannot be written: No such file or directory\n"


def test_show_of_a_thesis_skill_prints_its_texts_and_what_it_may_cost(capsys: pytest.CaptureFixture[str]) -> None:
    """A skill that a chat model decides shows what the chat model is told, its stop and its monthly cap."""
    assert run("show", EXAMPLES / "thesis-btc.json") == 0

    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "decided by chat:anthropic/claude-sonnet-4.5" in rows
    assert "horizon Hours; flat before the day ends." in rows
    assert "stop 1.5 % from the entry" in rows
    assert "chat cost at most 60 USD a UTC month" in rows


def test_show_of_an_untradable_skill_prints_why_and_exits_zero(
    tiny_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Showing is not refusing: the sheet ends with what is in the way."""
    assert run("show", tiny_file, "--equity", "100") == 0
    assert "no order could ever pass on 100 USD\n  rules.sizePct: was 2" in capsys.readouterr().out


def test_show_prints_caps_in_percent_and_dollars(skill_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sheet says who decides, what may be opened, and what each cap means on this account."""
    assert run("show", skill_file, "--equity", "500") == 0

    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "decided by rules:sma-cross" in rows
    assert "rules symbol BTC, sizePct 10, fast 10, slow 30, direction long" in rows
    assert "may open BTC" in rows
    assert "position at most 20 % of equity (100 of 500 USD) in one symbol" in rows
    assert "orders from 10 USD, at most 20 a UTC day and 10 a minute" in rows
    assert "halts after losing 5 % of equity (25 of 500 USD) in a UTC day," in rows
    assert "or 25 % of the most it was ever worth" in rows
    assert BOUND in rows
    assert "on 500 USD it may open from 10 USD, and hold up to 100 USD of a symbol" in rows


def test_show_never_presents_a_rule_policy_as_a_language_model(
    skill_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing that is shown about a rules skill speaks of intelligence or of a model that decides."""
    run("show", skill_file)
    run("validate", skill_file)

    shown = capsys.readouterr().out
    assert not [word for word in ("AI", "LLM", "GPT", "chat", "intelligen", "model") if word in shown]


def test_show_as_json_carries_the_skill_as_it_was_hashed(tiny_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads the verdict, the hash and the canonical skill; an untradable skill is shown all the same."""
    assert run("show", tiny_file, "--equity", "100", "--json") == 0

    shown = json.loads(capsys.readouterr().out)
    assert shown["schema"] == "agentic-skill/1"
    assert shown["decided_by"] == "rules:sma-cross"
    assert len(shown["payload_hash"]) == 64
    assert shown["skill"]["risk"]["maxPositionPct"] == 2
    assert shown["loss_bound"]["kind"] == "bounded"
    assert shown["loss_bound"]["order_bps"] == 25
    assert shown["loss_bound"]["assumptions"]["gap_bps"] == 1000
    assert shown["tradability"]["kind"] == "untradable"
    assert shown["tradability"]["equity_min"] == "500.00"
    assert [found["smallest"] for found in shown["tradability"]["blockers"]] == ["10", "10", "10"]


def test_prompt_shows_the_text_its_size_and_its_hash(capsys: pytest.CaptureFixture[str]) -> None:
    """What a chat model reads first can be read by people too."""
    assert run("prompt", EXAMPLES / "thesis-btc.json") == 0

    shown = capsys.readouterr().out
    text, _, summary = shown.rstrip("\n").rpartition("\n\n")
    assert text.startswith("You decide for one trading skill of perpetual futures")
    assert "\n  Hours; flat before the day ends.\n" in text
    size, hashed = len(text.encode()), sha256(text.encode()).hexdigest()
    assert summary == f"{EXAMPLES / 'thesis-btc.json'}: {size} bytes, SHA-256 {hashed}"


def test_prompt_of_a_rules_skill_exits_two(skill_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is none."""
    assert run("prompt", skill_file) == 2

    assert capsys.readouterr().err == (
        f"error: {skill_file}: mode was rules; only a skill that asks a chat model has a prompt\n"
    )


def test_show_of_a_chat_skill_names_leash_tools_and_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it may use and what a day of it may cost."""
    path = tmp_path / "thesis.json"
    thesis: dict[str, object] = {"mode": None, "rules": None, "model": "vendor/name", "thesis": "Up.", "tools": []}
    path.write_text(skill_text(thesis | {"leash": "strict", "risk.maxDailyCostUsd": 4}))

    assert run("show", path) == 0
    rows = {line.partition(" ")[0]: line.split(maxsplit=1)[-1].strip() for line in capsys.readouterr().out.splitlines()}
    assert (rows["leash"], rows["tools"]) == ("strict", "none")
    assert rows["chat"] == "cost   at most 200 USD a UTC month, 4 USD a UTC day"
