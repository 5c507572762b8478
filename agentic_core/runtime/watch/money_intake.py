"""Funding and transfers find their way into the ledger here, each exactly once, whichever run is told of them."""

from collections.abc import Iterable
from typing import Final, Protocol

from agentic_core.domain.account_events import Transfer
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.money import Usd, plain
from agentic_core.domain.times import Instant
from agentic_core.logevents import LogEvent
from agentic_core.runtime.watch.watched import Watched

__all__ = ["MoneyIntake", "TransferBook"]


class TransferBook(Protocol):
    """Keeps the day's baseline and the peak."""

    def transfer(self, amount: Usd, at: Instant) -> None:
        """Take in money that came or went without trading."""


class MoneyIntake:
    """Takes in what the venue tells of an account's money; what is in the ledger already is said no second time.

    What happened before the account was ours is left alone.
    """

    def __init__(self, watched: Watched, book: TransferBook, *, counted_until: Instant) -> None:
        """Begin with the transfers that the book counts already: those until then."""
        self._watched: Final = watched
        self._book: Final = book
        self._counted_until: Final = counted_until
        self._paid: Final[set[str]] = set()
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
        self._paid.update(each.payment_id for each in told)
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
        watched = self._watched
        told = {
            each.transfer_id: each
            for each in transfers
            if self._is_ours(each.at) and each.transfer_id not in self._moved
        }
        if not told:
            return
        fresh = await watched.ledger.record_transfers(
            watched.fence, watched.deployment, tuple(told.values()), at=watched.venue_now()
        )
        self._moved.update(told)
        # The book is of this process: what an earlier one wrote down may be new to it.
        uncounted = [each for each in told.values() if each.at > self._counted_until]
        for transfer in uncounted:
            self._book.transfer(transfer.amount, transfer.at)
        for transfer in fresh:
            self._tell(transfer)

    def _is_ours(self, at: Instant) -> bool:
        # What happened at that very moment is in the equity that the account began with.
        return at > min(self._watched.since, self._counted_until)

    def _tell(self, transfer: Transfer) -> None:
        follows = "; the day's baseline follows" if transfer.at > self._counted_until else ""
        self._watched.say(
            LogEvent.TRANSFER_SEEN,
            f"{transfer.kind} of {plain(transfer.amount)} USD{follows}",
            kind=transfer.kind,
            amount_usd=plain(transfer.amount),
            transfer_id=transfer.transfer_id,
        )
