"""What both stores know of sealed keys: what they are called in the vault, and why one is not handed out."""

import re

from agentic_core.domain.ids import DeploymentId, UserId
from agentic_core.errors import KeyUnavailable, UsageError
from agentic_core.ports.secrets import KeyScope, SealedKey

__all__ = ["ENVELOPE", "name_of", "refused", "sealed_as"]

ENVELOPE = re.compile(r"v1\.([a-z0-9][a-z0-9_-]{0,31})\.([A-Za-z0-9_-]{80})\.([A-Za-z0-9_-]{80})")
"""The id of the root key, the wrapped key of its own, and the sealed key: a nonce, 32 bytes and a tag each."""

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = re.compile(rf"agent_key/([A-Za-z0-9_-]+)/({_UUID})/(0x[0-9a-f]{{40}})/(unbound|{_UUID})")
_UNBOUND = "unbound"

_REFUSALS = {
    "no_wallet": "it has no agent wallet; deploy with one that was approved",
    "revoked": "its agent wallet was revoked; approve a new one and deploy with it",
    "destroyed": "the key of its agent wallet was destroyed; approve a new one and deploy with it",
    "another_key": "what its agent wallet points at is the key of another wallet; approve a new one and deploy with it",
    "bound_elsewhere": "the key of its agent wallet is sealed for another deployment; rebind it to this one",
    "opened_by_another": "another holder was given its key in this epoch; take the lease anew, which begins another",
}


def name_of(sealed: SealedKey) -> str:
    """Return what a sealed key is called in the vault, from which its scope can be read.

    Raises:
        UsageError: the envelope or the scope is none.
    """
    scope = sealed.scope
    bound = scope.deployment or _UNBOUND
    name = f"agent_key/{scope.network}/{scope.tenant}/{sealed.address}/{bound}"
    if _NAME.fullmatch(name) is None:
        raise UsageError(f"{name!r} names no key: it takes a network, two UUIDs in lower case and an address")
    if ENVELOPE.fullmatch(sealed.envelope) is None:
        raise UsageError(f"what is to be kept for {sealed.address} is not a sealed key; seal it in the vault first")
    return name


def sealed_as(name: str, envelope: str) -> SealedKey:
    """Read a kept key back from what it is called.

    Raises:
        KeyUnavailable: it is called differently, so that somebody has renamed it.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise KeyUnavailable(f"{name!r} is not what a sealed key is called; somebody has renamed it in the vault")
    network, tenant, address, bound = found.groups()
    deployment = None if bound == _UNBOUND else DeploymentId(bound)
    scope = KeyScope(tenant=UserId(tenant), network=network, deployment=deployment)
    return SealedKey(scope=scope, address=address, envelope=envelope)


def refused(deployment: DeploymentId, cause: str) -> KeyUnavailable:
    """Say why a deployment is not given its key."""
    return KeyUnavailable(f"deployment {deployment} gets no key to sign with: {_REFUSALS.get(cause, cause)}")
