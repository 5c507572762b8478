"""What `agentic hl probe` does."""

from pathlib import Path

import msgspec

from agentic_core.errors import ConfigError, InputError
from agentic_hl.cli.console import say
from agentic_hl.cli.place import Place
from agentic_hl.cli.services import Services
from agentic_hl.probe.answers import Answer, Outcome, encode_report
from agentic_hl.probe.asking import chosen, run_probe
from agentic_hl.probe.room import Room
from agentic_hl.probe.signed_room import SignedRoom
from agentic_hl.rest.httpx_transport import HttpxTransport
from agentic_hl.stream.websockets_transport import WebsocketsTransport
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from agentic_hl.wire.units import WireError

__all__ = ["ProbeOrder", "probe", "show_questions"]

_FILE_MODE = 0o644


class ProbeOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed."""

    place: Place
    only: tuple[str, ...]
    out: Path | None
    key_env: str | None
    limits: bool

    @property
    def file(self) -> Path:
        """Where the answers go."""
        return self.out or Path(f"hyperliquid-probe-{str(self.place.network).lower()}.json")


def show_questions(order: ProbeOrder) -> None:
    """Print each question, what is assumed and what it takes to ask."""
    for assumption in chosen(order.only):
        say(f"{' '.join((assumption.id, *assumption.also))}  {assumption.question}")
        say(f"    assumed: {assumption.assumed}")
        say(f"    otherwise: {assumption.otherwise}")
        say(f"    needs {assumption.needs}")


async def probe(services: Services, order: ProbeOrder) -> bool:
    """Ask, print each answer as it comes, write the file, and tell whether no assumption fails.

    Raises:
        ConfigError: the key is missing, is none, or is for the main network.
        InputError: a question is unknown, or the file cannot be written.
    """
    wanted = chosen(order.only)
    _check_folder(services, order.file)
    place = order.place
    async with HttpxTransport(place.rest_url) as http:
        streams = WebsocketsTransport(place.stream_url)
        room = Room(http=http, streams=streams, clock=services.clock, entropy=services.entropy)
        signed = _signed_room(services, order, room)
        report = await run_probe(
            room, wanted, network=place.network, signed=signed, limits=order.limits, tell=_show_answer
        )
    try:
        services.files.write_bytes(order.file, encode_report(report), mode=_FILE_MODE)
    except OSError as exc:
        message = f"cannot write {order.file}: {exc.strerror or exc}; name a file in a folder that can be written"
        raise InputError(message) from exc
    say(f"written: {order.file}")
    return all(answer.finding.outcome is not Outcome.FAILS for answer in report.answers)


def _check_folder(services: Services, file: Path) -> None:
    folder = services.files.status(file.parent)
    if folder is None:
        message = f"--out {file}: there is no folder {file.parent}; name a file in a folder that exists"
        raise InputError(message)


def _signed_room(services: Services, order: ProbeOrder, room: Room) -> SignedRoom | None:
    if order.key_env is None:
        return None
    if order.place.network is Network.MAINNET:
        message = "--key-env: a key is used on the test network only; leave it out, or take --network testnet"
        raise ConfigError(message)
    secret = services.environment.get(order.key_env)
    if not secret:
        message = f"--key-env {order.key_env}: this environment variable is not set; put the private key there"
        raise ConfigError(message)
    try:
        owner = Signer.from_hex(secret)
    except WireError as exc:
        message = f"--key-env {order.key_env}: {exc}"
        raise ConfigError(message) from None
    return SignedRoom(room=room, owner=owner, network=order.place.network)


def _show_answer(answer: Answer) -> None:
    say(f"{answer.id:<6} {answer.finding.outcome:<9}  {answer.finding.said}")
