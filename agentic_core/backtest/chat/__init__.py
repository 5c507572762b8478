"""Backtests of skills that ask a chat model: what they cost, how they are run, and what may be believed of them.

Importing it loads neither polars nor numpy, and opens no connection.
"""
