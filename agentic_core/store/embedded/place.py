"""Where the files of one embedded PostgreSQL are, and which of them PostgreSQL itself may enter."""

from hashlib import sha256
from pathlib import Path

import msgspec

from agentic_core.errors import ConfigError
from agentic_core.ports.processes import Identity
from agentic_core.store.embedded.binaries import Binaries
from agentic_core.store.embedded.identity import is_reachable, owner_of
from agentic_core.store.embedded.options import PORT, SOCKET_PATH_BYTES_MAX
from agentic_core.store.embedded.system_ports import SystemPorts

__all__ = ["SHARED_HOME", "SOCKET_NAME", "Place", "current_home", "open_home", "open_sockets", "usable_binaries"]

SHARED_HOME = Path("/var/lib/agentic-perps")
"""Where a cluster lives whose user may not enter the folder that was asked for; only root ever needs it.

That user is `nobody`, whose other processes can read the cluster: an ordinary user is the better choice.
"""

_PRIVATE = 0o700
SOCKET_NAME = f".s.PGSQL.{PORT}"

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+")
# Both PostgreSQL and libpq read this path as a list with quotes and escapes; these characters mean themselves to both.


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One embedded PostgreSQL on this machine."""

    home: Path
    """Holds the cluster and what belongs to its user."""

    identity: Identity
    binaries: Binaries

    @property
    def cluster(self) -> Path:
        """The folder PostgreSQL calls its data directory; it exists only complete."""
        return self.home / "cluster"


def current_home(system: SystemPorts, folder: Path) -> Path:
    """Return the home of a folder: the folder itself, or where its link `home` leads."""
    link = folder / "home"
    return link.resolve() if system.files.status(link) is not None else folder


def open_home(system: SystemPorts, folder: Path, shared_home: Path, identity: Identity) -> Path:
    """Return a home the identity can work in, made and linked to when it cannot be the folder itself.

    Raises:
        OSError: the home cannot be made or given away.
        ConfigError: the identity could not reach it there either.
    """
    files = system.files
    owner = owner_of(identity)
    if owner is None and is_reachable(system, identity, folder):
        files.remove_tree(folder / "home")
        return folder
    home = shared_home / _digest(folder)
    files.make_folder(shared_home, mode=0o711)
    if not is_reachable(system, identity, shared_home):
        raise ConfigError(f"{shared_home} cannot be entered by an unprivileged user")
    files.make_folder(home)
    if owner is not None:
        files.give_tree(home, uid=owner[0], gid=owner[1])
    files.link(folder / "home", home)
    return home


def open_sockets(system: SystemPorts, place: Place) -> Path:
    """Return the private folder of the socket, made when it is missing.

    It stands in the home, or in the folder for temporary files when the home's path is too long or has characters
    that connection strings give a meaning to.

    Raises:
        ConfigError: someone else holds the place of that folder.
    """
    sockets = place.home / "run"
    if not _fits(sockets):
        sockets = _temporary(system, place) / f"agentic-{system.processes.effective_uid()}-{_digest(place.home)}"
    owner = owner_of(place.identity)
    if system.files.status(sockets) is None:
        system.files.make_folder(sockets)
        if owner is not None:
            system.files.give_tree(sockets, uid=owner[0], gid=owner[1])
    found = system.files.status(sockets)
    expected = owner[0] if owner is not None else system.processes.effective_uid()
    if found is None or not found.is_folder or found.mode != _PRIVATE or found.uid != expected:
        raise ConfigError(
            f"{sockets} has to be a folder of user {expected} that nobody else may enter (mode 700); "
            "remove what is there, or set TMPDIR to another folder"
        )
    return sockets


def usable_binaries(system: SystemPorts, home: Path, identity: Identity, binaries: Binaries) -> Binaries:
    """Return binaries the identity may run: the installed ones, or a copy in its home when it cannot reach those."""
    if is_reachable(system, identity, Path(binaries.program("postgres"))):
        return binaries
    original = system.files.status(Path(binaries.program("postgres")))
    if original is None:
        raise ConfigError(f"{binaries.program('postgres')} vanished; install the embedded PostgreSQL again")
    # An update of the wheel changes the name, so an old copy is never taken for the new files.
    copy = home / f"postgres-{original.size:x}-{original.modified_ns:x}"
    if system.files.status(copy) is None:
        draft = copy.with_name(f"{copy.name}.part")
        system.files.remove_tree(draft)
        _copy(system, binaries, draft)
        owner = owner_of(identity)
        if owner is not None:
            system.files.give_tree(draft, uid=owner[0], gid=owner[1])
        system.files.rename(draft, copy)
    return msgspec.structs.replace(binaries, folder=_programs(copy))


def _copy(system: SystemPorts, binaries: Binaries, target: Path) -> None:
    # As deep as in the wheel: the programs look for its libraries relative to themselves.
    system.files.make_folder(_programs(target).parent, mode=0o755)
    system.files.copy_tree(binaries.folder, _programs(target))
    if binaries.libraries is not None:
        system.files.copy_tree(binaries.libraries, target / binaries.libraries.name)


def _programs(copy: Path) -> Path:
    return copy / "package" / "pginstall"


def _temporary(system: SystemPorts, place: Place) -> Path:
    chosen = Path(system.environment.get("TMPDIR") or "/tmp")  # noqa: S108 - what is made there is private and checked
    suits = _fits(chosen / ("x" * 40)) and is_reachable(system, place.identity, chosen.resolve())
    return chosen if suits else Path("/tmp")  # noqa: S108 - as above


def _fits(sockets: Path) -> bool:
    socket = str(sockets / SOCKET_NAME)
    return len(socket.encode()) <= SOCKET_PATH_BYTES_MAX and _PLAIN.issuperset(socket)


def _digest(path: Path) -> str:
    return sha256(str(path).encode(errors="surrogateescape")).hexdigest()[:16]
