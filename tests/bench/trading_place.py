"""Where the orders of a bench go: an account at a venue for each of those who trade there, and what they send."""

__all__ = ["COIN", "DEPOSIT", "FOLLOWED", "PRICE", "SIZE", "TRADERS", "limit_of", "secret_of"]

TRADERS = ("ours", "sdk", "sdk as installed")
COIN = "BTC"
PRICE = "100000"
SIZE = "0.001"
DEPOSIT = "1000000"
FOLLOWED = ("orderUpdates", "userFills")
"""What speaks whenever an order does."""

_LIMITS = {True: "101000", False: "99000"}


def secret_of(trader: str) -> str:
    """Return the key of an account's owner, which is made up."""
    return "0x" + f"{TRADERS.index(trader) + 7:02x}" * 32


def limit_of(*, is_buy: bool) -> str:
    """Return a price at which an order fills at once."""
    return _LIMITS[is_buy]
