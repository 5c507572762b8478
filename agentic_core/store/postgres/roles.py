"""Logins that may run one deployment and nothing else."""

from base64 import urlsafe_b64encode

from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from agentic_core.domain.ids import DeploymentId
from agentic_core.errors import NotFound
from agentic_core.ports.entropy import Entropy
from agentic_core.store.postgres.statements import statement
from agentic_core.store.postgres.translation import place_of, translated

__all__ = ["dismiss_runner", "enrol_runner", "narrow_dsn"]

_PASSWORD_BYTES = 32
_CONNECT_TIMEOUT_S = 5
_WHERE = frozenset(
    {"channel_binding", "connect_timeout", "dbname", "host", "hostaddr", "port", "sslmode", "sslrootcert"}
)
"""What an address says of the place; the rest says who connects, or is the owner's own affair."""


def narrow_dsn(dsn: str, role: str, password: str | None = None) -> str:
    """Return the address of the same database for another login; nothing of who connected before stays in it.

    Raises:
        ConfigError: the address cannot be read.
    """
    place_of(dsn)
    place = {name: value for name, value in conninfo_to_dict(dsn).items() if name in _WHERE}
    return make_conninfo("", user=role, password=password, **place)


async def enrol_runner(dsn: str, deployment: DeploymentId, entropy: Entropy) -> str:
    """Make the login of a deployment's runner, or give it a new password, and return the address it connects with.

    The password is in that address and nowhere else: the server is sent only what it verifies passwords by.

    Args:
        dsn: the database as its owner, who may create roles.
        deployment: the one deployment that the login may run.
        entropy: draws the password.

    Raises:
        NotFound: there is no such deployment.
        StoreError: this login may not create roles, or not grant `agentic_runner`.
        StoreUnavailable: the server could not be reached.
    """
    password = urlsafe_b64encode(entropy.token_bytes(_PASSWORD_BYTES)).decode().rstrip("=")
    with translated(place_of(dsn)):
        async with await _connect(dsn) as connection:
            # The verifier is salted with the server's settings in mind; the role's name is no part of it.
            verifier = connection.pgconn.encrypt_password(password.encode(), b"", b"scram-sha-256").decode()
            role = await _answer(connection, "enrol_runner", {"deployment": deployment, "verifier": verifier})
    return narrow_dsn(dsn, str(role), password)


async def dismiss_runner(dsn: str, deployment: DeploymentId) -> str:
    """Take the login of a deployment's runner away, and return what it was called.

    What it has open is ended.

    Raises:
        NotFound: it has none.
        StoreError: this login may not drop it.
        StoreUnavailable: the server could not be reached.
    """
    with translated(place_of(dsn)):
        async with await _connect(dsn) as connection:
            role = await _answer(connection, "dismiss_runner", {"deployment": deployment})
    if role is None:
        raise NotFound(f"deployment {deployment} has no login; `agentic db enrol-runner {deployment}` makes one")
    return str(role)


async def _connect(dsn: str) -> AsyncConnection:
    return await AsyncConnection.connect(dsn, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S)


async def _answer(connection: AsyncConnection, name: str, values: dict[str, str]) -> object:
    (answer,) = await (await connection.execute(statement(name), values)).fetchone() or (None,)
    return answer
