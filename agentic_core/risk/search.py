"""A search for the last whole number at which something still holds."""

from collections.abc import Callable

__all__ = ["last_where"]


def last_where(holds: Callable[[int], bool], guess: int, most: int) -> int:
    """Return the last number of 0 to `most` at which something holds that stops holding once and for all, or -1.

    It goes out from the guess in growing strides until both sides are seen, then halves what lies between. A guess
    that is right costs two questions.

    >>> last_where(lambda number: number * number <= 2_000, 40, 1_000_000)
    44
    """
    low = min(max(guess, 0), most)
    high, stride = low + 1, 1
    if holds(low):
        while high <= most and holds(high):
            low, high, stride = high, high + stride, 2 * stride
        high = min(high, most + 1)
    else:
        low, high = low - 1, low
        while low >= 0 and not holds(low):
            low, high, stride = low - stride, low, 2 * stride
        low = max(low, -1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
