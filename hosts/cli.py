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
    "chat": ("agentic_core.cli.chat:build", "Look at chat models and at the tapes of what they were asked."),
    "simulate": ("agentic_core.cli.simulate:build", "Check the order protocol in every state it can reach."),
    "paper": ("agentic_core.cli.paper:build", "Run a skill on paper, tick by tick, into PostgreSQL."),
    "deploy": ("agentic_core.cli.deploy:build", "Admit a skill to run."),
    "deployments": ("agentic_core.cli.deployments:build", "Look at what runs, what it said and decided."),
    "command": ("agentic_core.cli.command:build", "Order a deployment to pause, resume, flatten, stop, end."),
    "runner": ("hosts.runner_command:build", "Run a deployment until it is stopped."),
    "platform": ("agentic_core.cli.platform:build", "Switch trading or new deployments off for everybody."),
    "jobs": ("hosts.jobs:build", "Look for silent runners, forget what nobody signed, verify journals."),
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
