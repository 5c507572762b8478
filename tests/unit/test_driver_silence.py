"""The database driver does not print between our lines."""

import subprocess
import sys

_WARNS = (
    "import logging\nimport agentic_core.store.postgres.opening\n"
    "logging.getLogger('psycopg.pool').warning('discarding a connection')\n"
)


def test_warning_of_the_driver_is_not_printed_where_nobody_listens() -> None:
    """A process without logging of its own is what the commands are."""
    done = subprocess.run([sys.executable, "-c", _WARNS], capture_output=True, text=True, check=True)
    assert done.stderr == ""
