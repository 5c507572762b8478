"""A room with a key: signs and sends actions, each once, and keeps what was answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from agentic_core.domain.times import HOUR_MS, Instant
from agentic_hl.probe.room import TIMEOUT_MS, ProbeFailed, Room
from agentic_hl.rest.transport import Answered
from agentic_hl.wire.actions import L1Action, UserAction
from agentic_hl.wire.approval import approve_agent_wallet, revoke_agent_wallet
from agentic_hl.wire.envelope import sign_l1_request, sign_user_request
from agentic_hl.wire.network import Network
from agentic_hl.wire.nonce import next_nonce
from agentic_hl.wire.signing import Signer

__all__ = ["Reply", "SignedRoom"]

_REMOVAL_LOOKS = 60
_REMOVAL_PAUSE_S = 0.5
_PENDING = "User has pending agent removal"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What one signed action was answered with."""

    status: int | None
    """Of HTTP; None where no whole answer came."""
    content: Any
    """The decoded body, or its text where it is no JSON, or why there is none."""
    nonce: int
    sent_at_ms: int
    """Since the machine booted, like the next."""
    answered_at_ms: int

    @property
    def refusal(self) -> str | None:
        """The text that refused the whole action or its first part; None when it was taken."""
        if self.status is None or not isinstance(self.content, dict) or self.content.get("status") != "ok":
            refused = self.content.get("response") if isinstance(self.content, dict) else self.content
            return str(refused)
        first = self.statuses[:1]
        return str(first[0]["error"]) if first and isinstance(first[0], dict) and "error" in first[0] else None

    @property
    def statuses(self) -> tuple[Any, ...]:
        """The status of each part, where there are any."""
        response = self.content.get("response") if isinstance(self.content, dict) else None
        parts = response.get("data") if isinstance(response, dict) else None
        return tuple(parts["statuses"]) if isinstance(parts, dict) and "statuses" in parts else ()

    @property
    def shown(self) -> Mapping[str, object]:
        """What of it goes into the fixture."""
        took = self.answered_at_ms - self.sent_at_ms
        return {"status": self.status, "content": self.content, "nonce": self.nonce, "took_ms": took}


@dataclass(slots=True, kw_only=True)
class SignedRoom:
    """The venue, the owner's key, and an agent wallet of its own that is revoked at the end."""

    room: Final[Room]
    owner: Final[Signer]
    network: Final[Network]
    agent_wallet: Signer = field(init=False)
    _high_water: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Draw the key of the agent wallet."""
        self.agent_wallet = self.new_key()

    def new_key(self) -> Signer:
        """Draw a key that nobody knows and that is used for this run only."""
        return Signer(self.room.entropy.token_bytes(32))

    def new_nonce(self) -> int:
        """Return a nonce that was not used in this run; one sequence serves every key."""
        self._high_water = next_nonce(self.room.clock.now(), self._high_water)
        return self._high_water

    async def act(
        self,
        action: L1Action,
        *,
        signer: Signer | None = None,
        nonce: int | None = None,
        expires_after: Instant | None = None,
        vault: str | None = None,
    ) -> Reply:
        """Send an L1 action, signed by the agent wallet where nobody else is named."""
        used = self.new_nonce() if nonce is None else nonce
        key = signer or self.agent_wallet
        body = sign_l1_request(key, action, nonce=used, network=self.network, vault=vault, expires_after=expires_after)
        return await self._post(body, used)

    async def act_as_owner(self, action: UserAction, *, signer: Signer | None = None) -> Reply:
        """Send a user-signed action, signed by the owner where nobody else is named."""
        return await self._post(sign_user_request(signer or self.owner, action, self.network), action.nonce)

    async def approve(self, key: Signer, name: str, *, lasting_ms: int | None = HOUR_MS) -> Reply:
        """Let a key act for the owner, and wait for a pending removal.

        Args:
            key: whose address is approved.
            name: empty is the unnamed slot.
            lasting_ms: for how long; None leaves it to the venue.

        Raises:
            ProbeFailed: the venue does not take the approval.
        """
        reply = await self._approve(key, name, lasting_ms)
        for _ in range(_REMOVAL_LOOKS):
            if _PENDING not in (reply.refusal or ""):
                break
            await self.room.clock.sleep(_REMOVAL_PAUSE_S)
            reply = await self._approve(key, name, lasting_ms)
        if reply.refusal is not None:
            message = f"the agent wallet was not approved: {reply.refusal}; see that the owner's account has funds"
            raise ProbeFailed(message)
        return reply

    async def revoke(self, name: str) -> Reply:
        """Approve the zero address in place of the key with this name."""
        return await self.act_as_owner(revoke_agent_wallet(name=name, nonce=self.new_nonce(), network=self.network))

    async def ask_of_owner(self, kind: str, **fields: object) -> Any:  # noqa: ANN401 - foreign JSON
        """Ask for something of the owner's account."""
        return await self.room.ask(kind, user=self.owner.address, **fields)

    async def _approve(self, key: Signer, name: str, lasting_ms: int | None) -> Reply:
        nonce = self.new_nonce()
        end = None if lasting_ms is None else Instant(nonce + lasting_ms)
        action = approve_agent_wallet(key.address, name=name, valid_until=end, nonce=nonce, network=self.network)
        return await self.act_as_owner(action)

    async def _post(self, body: bytes, nonce: int) -> Reply:
        sent_at = self.room.clock.boottime_ms()
        outcome = await self.room.http.post("/exchange", body, TIMEOUT_MS)
        status, content = (
            (outcome.status, _decoded(outcome.body)) if isinstance(outcome, Answered) else (None, outcome.cause)
        )
        return Reply(
            status=status,
            content=content,
            nonce=nonce,
            sent_at_ms=sent_at,
            answered_at_ms=self.room.clock.boottime_ms(),
        )


def _decoded(body: bytes) -> Any:  # noqa: ANN401 - foreign JSON
    try:
        return msgspec.json.decode(body)
    except ValueError:
        return body.decode("utf-8", "replace")
