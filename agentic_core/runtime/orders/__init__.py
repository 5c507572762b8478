"""Following every order of an account from its writing down to the last of its fills."""

from agentic_core.runtime.orders.account_book import AccountBook
from agentic_core.runtime.orders.book_priced import BookPriced
from agentic_core.runtime.orders.lives import Lives
from agentic_core.runtime.orders.order_desk import OrderDesk
from agentic_core.runtime.orders.siblings import StopPlanner, is_entry, stop_id
from agentic_core.runtime.orders.terms import BeforeSending, send_at_once

__all__ = [
    "AccountBook",
    "BeforeSending",
    "BookPriced",
    "Lives",
    "OrderDesk",
    "StopPlanner",
    "is_entry",
    "send_at_once",
    "stop_id",
]
