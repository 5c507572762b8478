"""Order intents and fills in the database; every method is one transaction."""

from collections.abc import Sequence
from typing import Protocol

from agentic_core.domain.decision import Decision
from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import AccountKey, ClientOrderId, DeploymentId
from agentic_core.domain.order import Fence, IntentState, OrderIntent, PreparedIntent, SendOutcome, Signing
from agentic_core.domain.records import IntentRecord
from agentic_core.domain.times import Instant

__all__ = ["IntentStore"]


class IntentStore(Protocol):
    """Order intents: durable before anything leaves the process."""

    async def prepare(
        self,
        fence: Fence,
        decision: Decision,
        intents: Sequence[OrderIntent],
        *,
        at: Instant,
        signing: Signing | None = None,
    ) -> tuple[PreparedIntent, ...]:
        """Write a decision and its intents as PREPARED in one fenced transaction.

        Where they are to be signed, each but a STOP gets the expiry and the signer's next nonce: the later of `at` in
        milliseconds and one more than its last. A STOP gets both by `assign`, once there is something to protect.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            Conflict: the decision or a client order id was prepared before; nothing was written.
        """

    async def assign(self, fence: Fence, prepared: PreparedIntent, signing: Signing, *, at: Instant) -> PreparedIntent:
        """Give an intent that was prepared without them the signer's next nonce and an expiry.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            Conflict: it has a nonce, is not PREPARED any more, or was prepared by another epoch; nothing was written.
        """

    async def note(
        self,
        fence: Fence,
        record: IntentRecord,
        fills: Sequence[Fill] = (),
        *,
        at: Instant,
        venue_order_id: str | None = None,
    ) -> None:
        """Replace what is known of an intent, and record its fills, each exactly once.

        What was prepared stays as it is stored, whatever the record says, and so does the venue's number of the order.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            Conflict: `filled`, `booked`, `sends` or `burns` would shrink, or BOOKED become what no fact can make of it
                (prepared, sent, rejected, dead); nothing was written.
        """

    async def living(self, account: AccountKey) -> tuple[IntentRecord, ...]:
        """Return the intents about which something is left to do, oldest first: not ended, or not booked yet."""

    async def find(self, account: AccountKey, cloid: ClientOrderId) -> IntentRecord | None:
        """Return what is known of one intent of the account, however long ago it ended."""

    async def settle(self, fence: Fence, prepared: PreparedIntent, outcome: SendOutcome, *, at: Instant) -> IntentState:
        """Record what became of a sent intent, with its fills, each exactly once; returns the new state.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """

    async def unresolved(self, account: AccountKey) -> tuple[PreparedIntent, ...]:
        """Return the intents whose fate is not known: prepared, sent or unknown."""

    async def fills(self, account: AccountKey) -> tuple[Fill, ...]:
        """Return every fill of the account, oldest first."""

    async def record_fills(self, fence: Fence, deployment: DeploymentId, fills: Sequence[Fill], *, at: Instant) -> None:
        """Record fills that no intent of ours caused (liquidations and the like), each exactly once."""
