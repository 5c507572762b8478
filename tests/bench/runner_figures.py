"""The page of a runner's figures: each bench writes its own part, and leaves the other as it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tests.bench.latency import Bar, Latency
from tests.bench.paired import machine
from tests.support.embedded_postgres import ROOT

__all__ = ["PAGE", "Figure", "figure_rows", "latency_rows", "write_figures"]

PAGE = ROOT / "docs" / "reference" / "runner-figures.md"

_TITLES = {"commands": "Commands", "footprint": "Start, memory, ticks"}
_COMMANDS = {"commands": "python -m tests.bench.runner_latency", "footprint": "python -m tests.bench.runner_footprint"}
_HEAD = """# Figures of a runner

What a runner costs and how soon it obeys, as it is shipped: its process, the venue's and the database server's on one
machine, over loopback. Each part is written by its command with `--write`, and says what the machine was and how busy.
"""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was measured, and what is asked of it."""

    what: str
    found: str
    bar: str = ""
    is_met: bool = True


def figure_rows(figures: Sequence[Figure]) -> list[str]:
    """Return the table of some figures."""
    rows = ["| what | found | bar |", "|---|---|---|"]
    return rows + [f"| {each.what} | {each.found} | {_judged(each.bar, is_met=each.is_met)} |" for each in figures]


def latency_rows(found: Mapping[str, Latency], bars: Mapping[str, Bar]) -> list[str]:
    """Return the table of some latencies."""
    rows = ["| what | calls | p50 ms | p99 ms | most ms | bar |", "|---|---:|---:|---:|---:|---|"]
    for name, latency in found.items():
        bar = bars.get(name, Bar())
        numbers = " | ".join(f"{latency.quantile(percent) / 1_000:.2f}" for percent in (50, 99, 100))
        calls = sum(len(one) for one in latency.rounds)
        rows.append(f"| {name} | {calls} | {numbers} | {_judged(str(bar), is_met=bar.is_met(latency))} |")
    return rows


def write_figures(part: str, rows: Sequence[str], page: Path = PAGE) -> None:
    """Put a part into the page, `commands` or `footprint`."""
    parts = _parts(page.read_text(encoding="utf-8")) if page.exists() else {}
    parts[_TITLES[part]] = "\n".join(["", f"`{_COMMANDS[part]} --write`, {machine()}", "", *rows, ""])
    text = "".join(f"\n## {title}\n{parts[title]}" for title in _TITLES.values() if title in parts)
    page.write_text(_HEAD + text, encoding="utf-8")


def _parts(text: str) -> dict[str, str]:
    sections = (each.partition("\n") for each in text.split("\n## ")[1:])
    return {title: body.rstrip("\n") + "\n" for title, _, body in sections}


def _judged(bar: str, *, is_met: bool) -> str:
    return bar if is_met or not bar else f"{bar}: **not met**"
