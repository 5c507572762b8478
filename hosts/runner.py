"""The process of a runner machine, `python -m hosts.runner`: one deployment at the venue.

The environment names everything: `DEPLOYMENT_ID`, the database (`SUPABASE_DB_URL`, or `SUPABASE_URL` with a password,
or `DATABASE_URL`), `AGENTIC_HOME` for what has to survive on this machine's disk, and for mainnet
`HYPERLIQUID_LIVE_ENABLED=true` with the `AGENTIC_WRAPPING_KEY` of the deployment. `HYPERLIQUID_URL` names a simulated
venue in the place of the real one.
"""

import sys

from agentic_core.cli.logs import complainer
from agentic_core.cli.runner_process import serve
from agentic_hl.cli.venue_doors import hyperliquid_doors
from hosts.cli import services

__all__ = ["main"]


def main() -> None:
    """Run the deployment that the environment names, until it is stopped or a signal hands it over."""
    made = services()
    sys.exit(serve(made, hyperliquid_doors(made, complainer(sys.stdout))))


if __name__ == "__main__":
    main()
