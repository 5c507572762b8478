"""`agentic venue` as a process of its own: the official SDK trades on it, `show` looks into it, a signal ends it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from eth_account import Account
from hyperliquid.exchange import Exchange

from tests.support.command_room import CommandRoom
from tests.support.sdk_desk import BUY, GTC, only, wallet_of

Json = Any
AGENTIC = Path(sys.executable).parent / "agentic"
DEADLINE_S = 30
NOBODY_THERE = "http://127.0.0.1:1"
OWNER = wallet_of("anna")
DEPOSIT = f"--deposit={OWNER.address}=5000.5"


class Running(NamedTuple):
    """A venue that says where it is."""

    process: subprocess.Popen[str]
    url: str
    said: str


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandRoom:
    """Give a place to run commands in this process."""
    return CommandRoom(tmp_path, capsys)


def command(*arguments: str) -> list[str]:
    """Return the installed command."""
    return [str(AGENTIC), "venue", *arguments]


def environment(home: Path) -> dict[str, str]:
    """Return all that the process sees."""
    return {"HOME": str(home), "PATH": os.defpath, "PYTHONUNBUFFERED": "1"}


@contextmanager
def running(home: Path, *arguments: str) -> Iterator[Running]:
    """Start a venue on a free port and wait until it says where."""
    with subprocess.Popen(
        command("--port=0", *arguments),
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert process.stdout.readline() == f"  {OWNER.address.lower()} has 5000.5 USD\n"
            found = re.match(r"simulated venue at (http://127\.0\.0\.1:\d+) ", said)
            assert found is not None, said
            yield Running(process, found[1], said.strip())
        finally:
            process.kill()


def ended(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        command(*arguments),
        env=environment(home),
        check=False,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )


def shown(home: Path, url: str) -> Json:
    """Return what `show` prints for programs."""
    said = ended(home, "show", f"--url={url}", "--json")
    assert (said.returncode, said.stderr) == (0, "")
    return json.loads(said.stdout)


def test_venue_booted_takes_the_sdks_orders_and_shows_them(tmp_path: Path) -> None:
    """The deposit, the order and the position are in both forms of what is shown; the signal ends it without a word."""
    with running(tmp_path, "--seed=7", "--still", DEPOSIT) as venue:
        assert venue.said.endswith("seed 7")
        exchange = Exchange(OWNER, venue.url, timeout=DEADLINE_S)
        only(exchange.order("ETH", BUY, 0.1, 3_000, GTC))
        assert only(exchange.market_open("ETH", BUY, 0.5))["filled"]["totalSz"] == "0.5"
        overview = shown(tmp_path, venue.url)
        (account,) = overview["accounts"]
        assert (account["address"], account["openOrders"], account["fills"]) == (OWNER.address.lower(), 1, 1)
        assert [(held["coin"], held["szi"]) for held in account["positions"]] == [("ETH", "0.5")]
        text = ended(tmp_path, "show", f"--url={venue.url}").stdout
        assert OWNER.address.lower() in text
        assert "ETH 0.5" in text
        venue.process.send_signal(signal.SIGTERM)
        out, err = venue.process.communicate(timeout=DEADLINE_S)
        assert (venue.process.returncode, out, err) == (0, "", "")


def test_venue_moves_prices_by_itself_alike_for_one_seed(tmp_path: Path) -> None:
    """The candles of its past are drawn from the seed."""
    closes = []
    for seed in (7, 7):
        with running(tmp_path, f"--seed={seed}", "--history=30", DEPOSIT) as venue:
            info = Exchange(OWNER, venue.url, timeout=DEADLINE_S).info
            candles = info.candles_snapshot("BTC", "1m", 0, info.post("/info", {"type": "exchangeStatus"})["time"])
            closes.append([candle["c"] for candle in candles[:20]])
            assert len(candles) >= 29
            venue.process.send_signal(signal.SIGINT)
            assert venue.process.wait(DEADLINE_S) == 0
    assert closes[0] == closes[1]


def test_venue_plays_recorded_candles(tmp_path: Path) -> None:
    """The market stands inside the candle that is played, whatever second of the minute it is."""
    rows = [f"2024-01-01T00:{minute:02}:00Z,3000,3012,2990,3005,5" for minute in range(30)]
    file = tmp_path / "eth.csv"
    file.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    with running(tmp_path, f"--candles=ETH={file}", "--history=10", DEPOSIT) as venue:
        mids = Exchange(OWNER, venue.url, timeout=DEADLINE_S).info.all_mids()
        assert 2_980 < float(mids["ETH"]) < 3_020
        venue.process.send_signal(signal.SIGTERM)
        assert venue.process.wait(DEADLINE_S) == 0


def test_venue_signed_for_the_main_network_refuses_the_sdk(tmp_path: Path) -> None:
    """To the SDK every address but one is a test network."""
    with running(tmp_path, "--still", "--signed-for=mainnet", DEPOSIT) as venue:
        answer = Exchange(OWNER, venue.url, timeout=DEADLINE_S).order("ETH", BUY, 0.1, 3_000, GTC)
        assert answer["status"] == "err"
        assert answer["response"].startswith("User or API Wallet 0x")


def test_venue_on_a_taken_port_says_so(tmp_path: Path) -> None:
    """One line on the error stream, and no traceback."""
    with running(tmp_path, "--still", DEPOSIT) as venue:
        port = venue.url.rpartition(":")[2]
        said = ended(tmp_path, f"--port={port}", "--still")
        assert said.returncode != 0
        assert "Traceback" not in said.stderr
        assert f"127.0.0.1:{port}" in said.stderr


REFUSED = {
    "address": ("--deposit=0x12=5", "0x12"),
    "amount": (f"--deposit={Account.from_key('0x' + '1' * 64).address}=-5", "-5"),
    "coin": ("--candles=NOPE=x.csv", "NOPE"),
    "file": ("--candles=BTC=/nowhere/x.csv", "/nowhere/x.csv"),
    "both": ("--still", "--still and --candles"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_venue_with_an_option_that_cannot_be_is_refused(room: CommandRoom, case: str) -> None:
    """Exit code 2 and one line that names the value."""
    option, named = REFUSED[case]
    more = ["--candles=BTC=x.csv"] if case == "both" else []
    said = room.run("venue", "--port=0", option, *more)
    assert (said.code, said.out) == (2, "")
    assert named in said.err
    assert said.err.count("\n") == 1


def test_show_without_a_venue_says_how_to_start_one(room: CommandRoom) -> None:
    """Exit code 3."""
    said = room.run("venue", "show", f"--url={NOBODY_THERE}")
    assert (said.code, said.out) == (3, "")
    assert "agentic venue" in said.err
