"""The cluster: what `initdb` makes once and every later start finds."""

from pathlib import Path
from typing import assert_never

from agentic_core.errors import ConfigError, StoreUnavailable
from agentic_core.ports.processes import Finished, IdentityRefused, Launch, TimedOut
from agentic_core.store.embedded.binaries import MAJOR, find_binaries
from agentic_core.store.embedded.identity import candidates, identity_of_owner
from agentic_core.store.embedded.options import child_environment, initdb
from agentic_core.store.embedded.place import Place, current_home, open_home, usable_binaries
from agentic_core.store.embedded.system_ports import SystemPorts

__all__ = ["prepare"]

_INITDB_TIMEOUT_S = 300


def prepare(system: SystemPorts, folder: Path, shared_home: Path, *, lock: int) -> Place:
    """Find the cluster of a folder, or make it; the lock of the folder has to be held.

    Raises:
        ConfigError: what is there cannot be used, or nothing can be made; the message says what to do.
        StoreUnavailable: `initdb` failed.
    """
    home = current_home(system, folder)
    if system.files.status(home / "cluster") is None:
        return _create(system, folder, shared_home, lock)
    return _existing(system, home)


def _existing(system: SystemPorts, home: Path) -> Place:
    cluster = home / "cluster"
    made_by = system.files.read_bytes(cluster / "PG_VERSION")
    if made_by is None:
        raise ConfigError(f"{cluster} is no PostgreSQL cluster; move it away and a new one will be made in its place")
    found = made_by.decode(errors="replace").strip()
    if found != MAJOR:
        raise ConfigError(
            f"the database in {cluster} was made by PostgreSQL {found}, and this release runs {MAJOR}: "
            f"dump it with the `pg_dumpall` of PostgreSQL {found}, move the folder away, start again, "
            "and load the dump with `psql`; or set DATABASE_URL to a server that runs it"
        )
    owner = system.files.status(cluster)
    if owner is None:
        raise StoreUnavailable(f"{cluster} vanished while it was opened")
    identity = identity_of_owner(system, cluster, owner)
    return Place(home=home, identity=identity, binaries=usable_binaries(system, home, identity, find_binaries()))


def _create(system: SystemPorts, folder: Path, shared_home: Path, lock: int) -> Place:
    installed = find_binaries()
    refusals: list[str] = []
    for identity in candidates(system):
        try:
            home = open_home(system, folder, shared_home, identity)
        except (OSError, ConfigError) as exc:
            refusals.append(str(exc))
            continue
        if system.files.status(home / "cluster") is not None:  # a crash came between making and linking it
            return _existing(system, home)
        binaries = usable_binaries(system, home, identity, installed)
        place = Place(home=home, identity=identity, binaries=binaries)
        refusal = _initialise(system, place, lock)
        if refusal is None:
            return place
        refusals.append(refusal)
    raise ConfigError(
        f"PostgreSQL runs neither as root nor as a user without a name, and no other way is open here "
        f"({'; '.join(refusals)}): run as an ordinary user, permit user namespaces, "
        "or set DATABASE_URL to a PostgreSQL of your own"
    )


def _initialise(system: SystemPorts, place: Place, lock: int) -> str | None:
    # Whatever ends this half-way leaves only the draft, which the next attempt removes.
    draft = place.cluster.with_name("cluster.part")
    system.files.remove_tree(draft)
    launch = Launch(
        command=(place.binaries.program("initdb"), *initdb(draft)),
        environment=child_environment(system.environment),
        folder=place.home,
        identity=place.identity,
        keep_open=(lock,),
    )
    outcome = system.processes.run(launch, timeout_s=_INITDB_TIMEOUT_S)
    match outcome:
        case Finished(exit_code=0):
            system.files.rename(draft, place.cluster)
            return None
        case IdentityRefused(reason=reason):
            return reason
        case Finished(exit_code=code, output=output):
            raise StoreUnavailable(f"initdb failed with exit code {code} in {place.home}: {output.strip()}")
        case TimedOut(output=output):
            raise StoreUnavailable(f"initdb took longer than {_INITDB_TIMEOUT_S} s in {place.home}: {output.strip()}")
        case _:
            assert_never(outcome)
