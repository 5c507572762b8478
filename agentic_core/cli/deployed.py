"""Which deployment a command means."""

from typing import Annotated, TypeAlias

import typer

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.records import DeploymentRecord
from agentic_core.errors import InputError, NotFound
from agentic_core.ports.repositories import DeploymentStore

__all__ = ["DeploymentArgument", "find_deployment"]

DeploymentArgument: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="DEPLOYMENT", help="Its id, or a beginning of it that fits no other.", show_default=False),
]

_ID_LENGTH = 36
_BEGINNING_MIN = 4
_LOOKED_AT = 1_000
"""Deployments among which a beginning is looked for, newest first."""


async def find_deployment(deployments: DeploymentStore, typed: str) -> DeploymentRecord:
    """Return the deployment of an id, or of a beginning of one.

    Raises:
        InputError: what was typed is too short, or fits several.
        NotFound: it fits none.
    """
    wanted = typed.strip().lower()
    if len(wanted) == _ID_LENGTH:
        return await deployments.load(DeploymentId(wanted))
    if len(wanted) < _BEGINNING_MIN:
        raise InputError(
            f"{typed!r} is too short for a deployment; give at least {_BEGINNING_MIN} characters of its id"
        )
    fitting = [each for each in await deployments.recent(_LOOKED_AT) if each.id.startswith(wanted)]
    match fitting:
        case [found]:
            return found
        case []:
            raise NotFound(f"no deployment begins with {typed!r}; `agentic deployments list` shows them")
        case _:
            ids = ", ".join(each.id for each in fitting[:3])
            raise InputError(f"{typed!r} fits {len(fitting)} deployments ({ids}); give more of the id")
