"""Funding and transfers find their way into the ledger here, each exactly once, whichever run is told of them."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Protocol, TypeAlias

from agentic_core.domain.account_events import Transfer
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.money import Usd, plain
from agentic_core.domain.times import Instant
from agentic_core.logevents import LogEvent
from agentic_core.runtime.watch.watched import Watched

__all__ = ["KeepTransfers", "MoneyIntake", "TransferBook"]

KeepTransfers: TypeAlias = Callable[[Sequence[Transfer]], Awaitable[tuple[Transfer, ...]]]
"""Records transfers together with what they move, all or nothing, and returns those that were not recorded before."""

_PAID_KEPT: Final = 5_000
"""How many payments are remembered as taken, so that the ledger is not asked about each of them again."""


class TransferBook(Protocol):
    """Keeps the day's baseline and the peak."""

    def transfer(self, amount: Usd, at: Instant) -> None:
        """Take in money that came or went without trading."""


class MoneyIntake:
    """Takes in what the venue tells of an account's money; what is in the ledger already is said no second time.

    What happened before the account was ours is left alone.
    """

    def __init__(
        self, watched: Watched, book: TransferBook, *, counted_until: Instant, keep: KeepTransfers | None = None
    ) -> None:
        """Begin with the transfers that the book counts already.

        Args:
            watched: the account.
            book: keeps the day's baseline and the peak.
            counted_until: until when transfers are in the book.
            keep: records transfers and moves the book with them, whenever they happened; the book then counts exactly
                what the ledger holds, and is not told here.
        """
        self._watched: Final = watched
        self._book: Final = book
        self._counted_until: Final = counted_until
        self._keep: Final = keep
        self._paid: Final[dict[str, None]] = {}
        self._moved: Final[set[str]] = set()

    async def take_funding(self, payments: Iterable[FundingPayment]) -> None:
        """Record payments, and say which were new.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused; nothing is remembered as taken, so that it can be told again.
        """
        watched = self._watched
        told = tuple(each for each in payments if self._is_ours(each.time) and each.payment_id not in self._paid)
        if not told:
            return
        fresh = await watched.ledger.record_funding(watched.fence, watched.deployment, told, at=watched.venue_now())
        self._paid.update((each.payment_id, None) for each in told)
        for payment_id in list(self._paid)[: max(0, len(self._paid) - _PAID_KEPT)]:
            del self._paid[payment_id]
        for payment in fresh:
            watched.say(
                LogEvent.FUNDING_PAID,
                f"{payment.symbol} funding {plain(payment.amount)} USD on {plain(payment.size)}",
                symbol=payment.symbol,
                amount_usd=plain(payment.amount),
                paid_at=payment.time,
            )

    async def take_transfers(self, transfers: Iterable[Transfer]) -> None:
        """Record transfers, let the book follow those it does not count yet, and say which were new.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused; nothing is remembered as taken, so that it can be told again.
        """
        told = {
            each.transfer_id: each
            for each in transfers
            if self._is_ours(each.at) and each.transfer_id not in self._moved
        }
        if not told:
            return
        fresh, moving = await self._record(tuple(told.values()))
        self._moved.update(told)
        for transfer in fresh:
            self._tell(transfer, moves=transfer in moving)

    async def _record(self, told: Sequence[Transfer]) -> tuple[Sequence[Transfer], Sequence[Transfer]]:
        # Those that are new, and those that move the book.
        if self._keep is not None:
            fresh = await self._keep(told)
            return fresh, fresh
        watched = self._watched
        fresh = await watched.ledger.record_transfers(watched.fence, watched.deployment, told, at=watched.venue_now())
        # The book is of this process: what an earlier one wrote down may be new to it.
        uncounted = [each for each in told if each.at > self._counted_until]
        for transfer in uncounted:
            self._book.transfer(transfer.amount, transfer.at)
        return fresh, uncounted

    def _is_ours(self, at: Instant) -> bool:
        # What happened at that very moment is in the equity that the account began with.
        return at > min(self._watched.since, self._counted_until)

    def _tell(self, transfer: Transfer, *, moves: bool) -> None:
        follows = "; the day's baseline follows" if moves else ""
        self._watched.say(
            LogEvent.TRANSFER_SEEN,
            f"{transfer.kind} of {plain(transfer.amount)} USD{follows}",
            kind=transfer.kind,
            amount_usd=plain(transfer.amount),
            transfer_id=transfer.transfer_id,
        )
