"""How much the attacker expects the caps to let it open; only the risk engine's own answer counts."""

from tests.adversary.account import Account
from tests.adversary.terms import BPS, DOLLAR

__all__ = ["least_lots", "room"]

_LEAST = 10 * DOLLAR


def least_lots(account: Account, symbol: int) -> int:
    """Return the smallest size that is worth ten dollars."""
    return -(-_LEAST // account.marks[symbol])


def room(account: Account, symbol: int, *, buy: bool) -> int:
    """Return how many lots may be opened; zero or less is no room."""
    mark, size, terms = account.marks[symbol], account.sizes[symbol], account.terms
    elsewhere = account.exposure(account.marks) - abs(size) * mark
    equity = account.equity
    reserved = (equity - account.floor(midnight=False) - 1) * BPS // terms.reserve if terms.reserve else 10**30
    most = min(
        equity * terms.position // BPS,
        equity * terms.exposure // BPS - elsewhere,
        reserved - elsewhere,
        _of_venue(account),
    )
    if terms.stop is not None:
        most = min(most, _until_stop(account, symbol, buy=buy))
    held = size if buy else -size
    if held < 0:
        return most // mark if -held * mark <= most else 0
    return most // mark - held


def _of_venue(account: Account) -> int:
    # The largest position that the tier it falls into has leverage for.
    most, tiers = 0, account.terms.tiers
    for place, (lower, leverage) in enumerate(tiers):
        amount = account.equity * leverage
        if place + 1 < len(tiers):
            amount = min(amount, tiers[place + 1][0] - 1)
        if amount >= lower:
            most = max(most, amount)
    return most


def _until_stop(account: Account, symbol: int, *, buy: bool) -> int:
    # The position whose loss at the stop leaves the maintenance margin, by the rate of the first tier.
    terms, mark, size = account.terms, account.marks[symbol], account.sizes[symbol]
    stop = terms.stop or 0
    others = account.maintenance(account.marks) - terms.maintenance(abs(size) * mark)
    doubled = 2 * terms.tiers[0][1]
    moved = BPS - stop if buy else BPS + stop
    return (account.equity - others) * doubled * BPS // (doubled * stop + moved)
