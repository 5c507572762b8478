"""The process of the platform's jobs, `python -m hosts.jobs`, and `agentic jobs`.

The environment names everything: the database (`SUPABASE_DB_URL`, or `SUPABASE_URL` with a password, or `DATABASE_URL`;
its role `agentic_jobs` suffices), `CRON_SECRET` that callers say and `CRON_SECRET_PREVIOUS` while it is replaced,
`AGENTIC_LISTEN` for where, `HYPERLIQUID_URL` or `HYPERLIQUID_NETWORK` for the venue, and `AGENTIC_JOURNAL_KEY` where
heads of journals are to be signed. Keys of wallets are refused.
"""

import sys

import typer

from agentic_core.cli import jobs
from agentic_core.cli.jobs_host import serve
from agentic_core.cli.services import Services
from agentic_hl.cli.wallet_desk import open_desk
from hosts.cli import services

__all__ = ["build", "main"]


def build(services: Services) -> typer.Typer:
    """Build `agentic jobs`."""
    return jobs.build(services, open_desk)


def main() -> None:
    """Run the jobs and serve them until SIGTERM."""
    from agentic_core.web import serve_jobs  # noqa: PLC0415 - an extra that `agentic jobs` does not need

    sys.exit(serve(services(), open_desk, serve_jobs))


if __name__ == "__main__":
    main()
