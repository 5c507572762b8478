"""How exact numbers behave in this process."""

import decimal

__all__ = ["install_decimal_traps"]


def install_decimal_traps() -> None:
    """Make every decimal refuse to be made from, or ordered against, a float.

    Covers the calling thread and all threads started later; a host calls it before anything else. An equality test
    against a float is not an error in any context, so only the type checker can find that one.
    """
    for context in (decimal.DefaultContext, decimal.getcontext()):
        context.traps[decimal.FloatOperation] = True
