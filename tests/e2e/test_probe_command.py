"""`agentic hl probe` against a venue on a real socket: the file it writes, how it ends, and what it refuses."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agentic_core.cli.lazy import CommandLine
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.venue import VenueOptions
from hosts.cli import DOORS
from tests.support.command_room import Said, services_with
from tests.support.venue_room import VenueRoom, open_room

KEY = "0x" + "5a" * 32
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def room() -> Iterator[VenueRoom]:
    """Serve a venue."""
    with open_room() as opened:
        yield opened


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> Said:
    """Type a command, with a key in the environment."""
    line = CommandLine(DOORS, lambda: services_with({"OWNER_KEY": KEY, "BROKEN_KEY": "0x12"}), version="0")
    code = line.run(["hl", *map(str, arguments)])
    captured = capsys.readouterr()
    return Said(code, captured.out, captured.err)


def test_probe_command_writes_what_it_found_as_a_fixture(
    room: VenueRoom, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Each answer is printed as it comes, and the file holds it with what the venue said."""
    file = tmp_path / "answers.json"
    said = run(capsys, "probe", "--url", room.url, "--only", "13.10", "--only", "W-5", "--out", file)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1] == f"written: {file}"
    assert "a fresh account has cross leverage 20" in said.out
    content = msgspec.json.decode(file.read_bytes())
    assert [(row["id"], row["outcome"]) for row in content["answers"]] == [("13.10", "holds"), ("W-5", "holds")]
    assert content["answers"][1]["observed"] == [
        {"status": 422, "body": "Failed to deserialize the JSON body into the target type"}
    ]
    assert content["network"] == "Testnet"


def test_probe_command_reads_the_streams_as_well(
    room: VenueRoom, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Over a websocket of its own."""
    said = run(capsys, "probe", "--url", room.url, "--only", "W-6", "--out", tmp_path / "answers.json")
    assert (said.code, said.out.split()[:2]) == (0, ["W-6", "holds"])


def test_probe_command_ends_with_1_where_an_assumption_fails(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The file is written all the same: it is what was asked for."""
    with open_room(VenueOptions(engine=Options(default_leverage=1))) as odd:
        said = run(capsys, "probe", "--url", odd.url, "--only", "13.10", "--out", tmp_path / "answers.json")
    assert said.code == 1
    assert "fails" in said.out
    assert b'"outcome": "fails"' in (tmp_path / "answers.json").read_bytes()


@pytest.mark.parametrize(
    "place",
    [
        ("--network", "mainnet"),
        ("--url", "https://api.hyperliquid.xyz"),
        ("--url", "https://api.hyperliquid.xyz/"),
        ("--url", "https://API.Hyperliquid.xyz"),
        ("--url", "https://api.hyperliquid.xyz:443"),
        ("--url", "https://api.hyperliquid.xyz./"),
        ("--url", "http://api.hyperliquid.xyz"),
    ],
    ids=lambda place: place[1],
)
def test_probe_command_refuses_a_key_for_the_main_network_however_it_is_spelled(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, place: tuple[str, str]
) -> None:
    """Before anything is sent, and without a word of the key."""
    said = run(capsys, "probe", *place, "--key-env", "OWNER_KEY", "--out", tmp_path / "answers.json")
    assert said.code == 2
    assert "a key is used on the test network only" in said.err
    assert KEY[2:] not in said.out + said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--key-env", "NO_SUCH"), "--key-env NO_SUCH: this environment variable is not set"),
        (("--key-env", "BROKEN_KEY"), "a private key has 32 bytes"),
        (("--only", "X-1"), "there is no question X-1"),
        (("--out", "/no/such/folder/answers.json"), "there is no folder /no/such/folder"),
        (("--url", "ftp://somewhere"), "not an address of HTTP"),
    ],
)
def test_probe_command_says_what_was_typed_wrong(
    room: VenueRoom, capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    """In one sentence, with the exit code of bad input."""
    usual = ("--url", room.url, "--out", tmp_path / "answers.json")
    said = run(capsys, "probe", *usual, *arguments)
    assert said.code == 2
    assert told in said.err.replace("\n", " ")


def test_probe_command_ends_with_3_where_nobody_listens(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """No file is left that looks like answers."""
    said = run(capsys, "probe", "--url", NOBODY, "--out", tmp_path / "answers.json")
    assert said.code == 3
    assert "ask again later" in said.err
    assert list(tmp_path.iterdir()) == []


def test_probe_command_lists_its_questions_without_asking(capsys: pytest.CaptureFixture[str]) -> None:
    """With what each needs."""
    said = run(capsys, "probe", "--url", NOBODY, "--list", "--only", "13.6")
    assert said.code == 0
    assert said.out.startswith("A-6 13.6  Does approving the zero address")
    assert "needs a testnet key" in said.out
