"""How long the server lets a connection of ours wait before it gives up."""

import msgspec

from agentic_core.store.postgres.connection import Step

__all__ = ["ORDINARY", "URGENT", "Patience"]


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Limits as PostgreSQL writes them."""

    statement: str
    lock: str
    idle: str
    """Between two statements of a transaction: whoever froze there holds what others wait for."""

    def step(self, *, local: bool) -> Step:
        """Return the statement that sets the limits and all else, for one transaction or for the connection."""
        return "configure_session", {
            "local": local,
            "statement": self.statement,
            "lock": self.lock,
            "idle": self.idle,
        }


ORDINARY = Patience(statement="30s", lock="10s", idle="5s")
URGENT = Patience(statement="8s", lock="7s", idle="5s")
"""For leases and commands, and for what keeps a lease: more than a frozen holder is given, less than a lease lasts."""
