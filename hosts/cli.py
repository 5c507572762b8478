"""The `agentic` command: a table from group to the module that builds it."""

import sys

from agentic_core import __version__
from agentic_core.cli.lazy import CommandLine, Door
from agentic_core.cli.services import Services

__all__ = ["DOORS", "main", "services"]

DOORS: dict[str, Door] = {
    "demo": ("agentic_core.cli.demo:build", "Play the whole story on a synthetic market: no key, no network."),
    "skill": ("agentic_core.cli.skill:build", "Make, check and show skill files."),
    "backtest": ("agentic_core.cli.backtest:build", "Run a skill over recorded candles."),
    "simulate": ("agentic_core.cli.simulate:build", "Check the order protocol in every state it can reach."),
    "paper": ("agentic_core.cli.paper:build", "Run a skill on paper, tick by tick, into PostgreSQL."),
    "venue": ("agentic_hl.cli.venue:build", "Run a simulated Hyperliquid that any bot can trade on."),
    "hl": ("hosts.hl:build", "Check signatures, probe a network, record candles."),
    "journal": ("agentic_core.cli.journal:build", "Verify what was recorded, look at it, sign it."),
    "db": ("agentic_core.cli.db:build", "Migrate and look at the database."),
}


def services() -> Services:
    """Make the real services: the only place where the libraries meet the machine."""
    from agentic_core import system  # noqa: PLC0415 - not needed for --help

    system.install_decimal_traps()
    return Services(
        clock=system.SystemClock(),
        entropy=system.SystemEntropy(),
        environment=system.SystemEnvironment(),
        processes=system.SystemProcesses(),
        files=system.SystemFiles(),
    )


def main() -> None:
    """Run the command line of this process."""
    sys.exit(CommandLine(DOORS, services, version=__version__).run(sys.argv[1:]))
