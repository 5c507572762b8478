"""The page of a runner's figures."""

from pathlib import Path

from tests.bench.latency import Bar, Latency
from tests.bench.runner_figures import Figure, figure_rows, latency_rows, write_figures


def test_figures_of_one_bench_leave_those_of_the_other(tmp_path: Path) -> None:
    """Written anew, a part takes the place of what it was; commands come first whoever wrote first."""
    page = tmp_path / "figures.md"
    write_figures("footprint", ["| a |"], page)
    write_figures("commands", ["| b |"], page)
    write_figures("footprint", ["| c |"], page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Figures of a runner\n")
    assert "| a |" not in text
    assert text.index("## Commands") < text.index("| b |") < text.index("## Start, memory, ticks") < text.index("| c |")
    assert text.endswith("| c |\n")


def test_figure_that_misses_its_bar_says_so() -> None:
    """One without a bar is for information."""
    missed = Figure(what="start", found="5 s", bar="≤ 3 s", is_met=False)
    assert figure_rows([missed, Figure(what="weight", found="218")])[2:] == [
        "| start | 5 s | ≤ 3 s: **not met** |",
        "| weight | 218 |  |",
    ]


def test_latency_row_has_its_quantiles_in_milliseconds() -> None:
    """Of all calls, and whether the bar is met."""
    latency = Latency((tuple(float(us) for us in range(1_000, 101_000, 1_000)),))
    rows = latency_rows({"pickup": latency}, {"pickup": Bar(p99_ms=5)})
    assert rows[2:] == ["| pickup | 100 | 51.00 | 100.00 | 100.00 | p99 ≤ 5 ms: **not met** |"]
