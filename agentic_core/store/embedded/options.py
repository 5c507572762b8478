"""How the programs of PostgreSQL are called."""

from pathlib import Path

from agentic_core.ports.environment import Environment

__all__ = ["DATABASE", "PORT", "SOCKET_PATH_BYTES_MAX", "SUPERUSER", "child_environment", "initdb", "postgres"]

SUPERUSER = "agentic"
DATABASE = "postgres"
PORT = 5432
"""Only a part of the socket's file name: nothing listens on the network."""

SOCKET_PATH_BYTES_MAX = 107
"""`sun_path` of Linux has 108 bytes, the last of them zero."""

_SETTINGS = {
    "autovacuum": "on",
    "cluster_name": "agentic",
    "fsync": "on",
    # Without I/O workers and the replication launcher the server starts a third faster and holds four processes less.
    "io_method": "sync",
    "listen_addresses": "",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_timezone": "UTC",
    "max_connections": "60",
    "max_logical_replication_workers": "0",
    "port": str(PORT),
    "shared_buffers": "64MB",
    # After a crash everything is flushed before recovery begins: one call for it, as initdb does.
    "recovery_init_sync_method": "syncfs",
    "timezone": "UTC",
    "unix_socket_permissions": "0700",
}


def initdb(cluster: Path) -> tuple[str, ...]:
    """Return the arguments of `initdb`.

    The locale is PostgreSQL's own, so that no cluster depends on what the machine has installed; the finished
    files are flushed with one call for the whole file system, which here takes a tenth of flushing each.
    """
    return (
        f"--pgdata={cluster}",
        f"--username={SUPERUSER}",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--sync-method=syncfs",
        "--no-instructions",
    )


def postgres(cluster: Path, sockets: Path) -> tuple[str, ...]:
    """Return the arguments of `postgres`; they win over the cluster's own configuration file."""
    settings = {**_SETTINGS, "unix_socket_directories": str(sockets)}
    return ("-D", str(cluster), *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")))


def child_environment(environment: Environment) -> dict[str, str]:
    """Return what the programs may see: no PG variable and no locale of the user reaches them."""
    kept = {name: value for name in ("LD_LIBRARY_PATH", "PATH") if (value := environment.get(name)) is not None}
    return {"PATH": "/usr/bin:/bin", **kept, "LC_ALL": "C", "TZ": "UTC"}
