"""As whom PostgreSQL runs: it refuses root, and a root process may not open other people's folders for it."""

from pathlib import Path
from typing import assert_never

from agentic_core.errors import ConfigError
from agentic_core.ports.files import FileStatus
from agentic_core.ports.processes import Account, Identity, MappedUser, OtherUser, SameUser
from agentic_core.store.embedded.system_ports import SystemPorts

__all__ = ["candidates", "identity_of_owner", "is_reachable", "owner_of"]

_UNPRIVILEGED = ("nobody", 65534, "daemon")


def candidates(system: SystemPorts) -> tuple[Identity, ...]:
    """Return the identities that can make a new cluster, the least intrusive first.

    `initdb` wants a user that is not root and has a name, which a user namespace can lend to any of us.
    """
    processes = system.processes
    uid = processes.effective_uid()
    if uid != 0 and processes.account(uid) is not None:
        return (SameUser(),)
    lent = _unprivileged(system)
    mapped = MappedUser(uid=lent.uid, gid=lent.gid)
    return (mapped, OtherUser(uid=lent.uid, gid=lent.gid)) if uid == 0 else (mapped,)


def identity_of_owner(system: SystemPorts, cluster: Path, owner: FileStatus) -> Identity:
    """Return the identity under which an existing cluster has to run.

    Raises:
        ConfigError: the cluster belongs to someone else.
    """
    uid = system.processes.effective_uid()
    if uid == 0 and owner.uid != 0:
        return OtherUser(uid=owner.uid, gid=owner.gid)
    if owner.uid != uid:
        raise ConfigError(
            f"the database in {cluster} belongs to user {owner.uid}, and this is user {uid}: "
            "run as the user that made it, or name another folder"
        )
    if uid != 0:
        return SameUser()
    lent = _unprivileged(system)
    return MappedUser(uid=lent.uid, gid=lent.gid)


def owner_of(identity: Identity) -> tuple[int, int] | None:
    """Return uid and gid that own what the identity makes, or None when these are our own."""
    match identity:
        case OtherUser(uid=uid, gid=gid):
            return uid, gid
        case SameUser() | MappedUser():
            return None
        case _:
            assert_never(identity)


def is_reachable(system: SystemPorts, identity: Identity, path: Path) -> bool:
    """Tell whether the identity may enter every folder above a path, and the path itself; a missing one is no bar.

    Only asked for root, who alone loses rights by changing identity.
    """
    if isinstance(identity, SameUser):
        return True
    account = system.processes.account(system.processes.effective_uid())
    uid, gid = owner_of(identity) or (system.processes.effective_uid(), account.gid if account else -1)
    statuses = (system.files.status(place) for place in (path, *path.parents))
    return all(_may_enter(status, uid, gid) for status in statuses if status is not None)


def _may_enter(status: FileStatus, uid: int, gid: int) -> bool:
    shift = 6 if status.uid == uid else 3 if status.gid == gid else 0
    return bool(status.mode >> shift & 0o1)


def _unprivileged(system: SystemPorts) -> Account:
    for key in _UNPRIVILEGED:
        account = system.processes.account(key)
        if account is not None and account.uid != 0:
            return account
    raise ConfigError(
        "PostgreSQL refuses to run as root, and this system has no user `nobody` to lend it a name: "
        "add one, run as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own"
    )
