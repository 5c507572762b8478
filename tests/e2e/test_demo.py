"""`agentic demo`: the whole story on a real PostgreSQL, and every claim it makes about itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

AGENTIC = Path(sys.executable).parent / "agentic"
PAGES = {"knife-catcher.html", "overreacher.html", "trend-rider.html"}
CLAIMS = (
    "the trend rider ends above where it started",
    "it paid fees and settled funding",
    "its deployment is stopped",
    "it obeyed pause, resume, flatten, resume, stop",
    "nothing was executed and no dollar moved",
    "the daily-loss halt latched once",
    "opens after the halt were refused by R3_HALTED",
)


def demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Play the demo in an environment of its own."""
    environment = {"AGENTIC_HOME": str(folder / "home"), "HOME": str(folder), "PATH": os.defpath, "COLUMNS": "200"}
    command = [str(AGENTIC), "demo", *options]
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=120)


def test_demo_keeps_every_claim_and_leaves_only_the_pages(tmp_path: Path) -> None:
    """Exit code 0; each claim is ticked, none is crossed out; the user's own folder is not touched."""
    done = demo(tmp_path, "--html", str(tmp_path / "pages"))
    assert (done.returncode, done.stderr) == (0, "")
    ticked = re.findall(r"✓ (.+)", done.stdout)
    assert len(ticked) == 15
    assert "✗" not in done.stdout
    assert [claim for claim in CLAIMS if claim not in ticked] == []
    assert sum("paper and backtest agree: " in claim for claim in ticked) == 2
    assert sum("PostgreSQL holds all " in claim for claim in ticked) == 3
    assert "all claims hold" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"pages"}
    assert {path.name for path in (tmp_path / "pages").iterdir()} == PAGES


def test_demo_with_another_seed_keeps_its_claims_too(tmp_path: Path) -> None:
    """The claims are about the library, not about one lucky market."""
    done = demo(tmp_path, "--seed", "23")
    assert (done.returncode, done.stderr) == (0, "")
    assert "✗" not in done.stdout
    assert "all claims hold" in done.stdout
