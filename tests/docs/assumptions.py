"""The page of what is assumed about Hyperliquid: the questions of the probe, and where code relies on them."""

import re
from collections.abc import Iterable
from pathlib import Path

from agentic_hl.probe.assumptions import ASSUMPTIONS, Assumption, Needs, by_id
from agentic_hl.wire.assumptions import ASSUMED

__all__ = ["hyperliquid_assumptions", "places_of"]

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGE = "agentic_hl"
_TABLES = ("agentic_hl/probe/", "agentic_hl/wire/assumptions.py")
"""Where the assumptions themselves stand."""

_ASKED = {
    Needs.NOTHING: "always",
    Needs.LIMITS: "with `--use-up-limits`",
    Needs.KEY: "with a key of the test network",
    Needs.FUNDS: "with a funded key of the test network",
    Needs.EVENT: "never: it has to be watched for",
}


def hyperliquid_assumptions() -> str:
    """Return the page of all assumptions about the venue."""
    return "\n".join(
        [
            "# Assumptions about Hyperliquid",
            "",
            "Drawn from the code by `python -m tests.docs`; the test suite compares it.",
            "",
            "What follows is relied on and has not been asked of the real network yet, or only by others.",
            "`agentic hl probe` asks, prints what it finds, and writes it with everything the venue said as JSON;",
            "`agentic hl probe --list` shows the questions. Without a key it only reads and listens. With",
            "`--key-env NAME`, on the test network, it also approves agent wallets (for an hour, and one without an",
            "end), replaces the unnamed one, and places orders of 10 to 25 dollars; it takes all of it back, except",
            "for the unnamed agent wallet that was there before. Where code relies on an assumption it names the id.",
            "",
            *_section("13. and A-: open questions about the venue", ("13.", "A-")),
            *_section("M-: the market", ("M-",)),
            *_section("W-: messages and error texts", ("W-",)),
            "## W-: not asked by the probe",
            "",
            "| id | assumed | relied on by |",
            "|---|---|---|",
            *(
                f"| {name} | {text} | {_code(places_of((name,)))} |"
                for name, text in ASSUMED.items()
                if name not in by_id
            ),
            "",
        ]
    )


def places_of(ids: Iterable[str]) -> list[str]:
    """Name the modules that mention one of the ids."""
    pattern = re.compile("|".join(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\d)" for name in ids))
    sources = sorted((_ROOT / _PACKAGE).rglob("*.py"))
    names = {path.relative_to(_ROOT).as_posix(): path for path in sources}
    return [
        name
        for name, path in names.items()
        if not name.startswith(_TABLES) and pattern.search(path.read_text(encoding="utf-8"))
    ]


def _section(title: str, prefixes: tuple[str, ...]) -> list[str]:
    chosen = sorted((one for one in ASSUMPTIONS if one.id.startswith(prefixes)), key=_rank)
    return [
        f"## {title}",
        "",
        "| id | question | assumed | if it is not so | asked | relied on by |",
        "|---|---|---|---|---|---|",
        *(_row(assumption) for assumption in chosen),
        "",
    ]


def _rank(assumption: Assumption) -> tuple[str, int]:
    letter, _, number = re.split(r"([.-])", assumption.id)
    return letter, int(number)


def _row(assumption: Assumption) -> str:
    ids = (assumption.id, *assumption.also)
    cells = (", ".join(ids), assumption.question, assumption.assumed, assumption.otherwise, _ASKED[assumption.needs])
    return f"| {' | '.join(cells)} | {_code(places_of(ids))} |"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name.removeprefix(f'{_PACKAGE}/')}`" for name in names)
