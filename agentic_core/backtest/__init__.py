"""Replay a skill over recorded candles: the same tick as live, a paper account, and a report one can check.

Reads candle files and funding rates, makes synthetic markets, runs, measures and reports. It never reaches a venue.
Importing it loads neither polars nor numpy.
"""
