"""Hyperliquid's protocol, pure: names, numbers, actions, signatures, messages. No I/O, no clock, no entropy."""
