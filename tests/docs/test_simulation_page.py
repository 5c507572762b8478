"""The page about the simulation holds the table and the counterexamples that the check finds now."""

import re
from pathlib import Path

from agentic_core.simulation.protocol import ABLATIONS, Ablation, Config, ablation_pages, check_protocol
from agentic_core.system import SystemClock

PAGE = Path(__file__).parents[2] / "docs/reference/simulation.md"


def test_page_shows_the_shortest_counterexamples_of_today() -> None:
    """Between its marks stands what `agentic simulate protocol --all-ablations` prints."""
    results = [check_protocol(Config.SMALL, SystemClock(), ablation=ablation) for ablation in Ablation]
    drawn = re.search(r"<!-- ablations -->\n(.*)\n<!-- end -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert drawn is not None
    assert drawn[1] == ablation_pages(results)


def test_page_names_every_ablation_with_its_steps() -> None:
    """One row each, with a whole number of steps."""
    rows = re.findall(r"^\| `([a-z-]+)` \| .* \| (\d+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name, _ in rows] == [str(ablation) for ablation in ABLATIONS]
    assert all(int(steps) >= 4 for _, steps in rows)
