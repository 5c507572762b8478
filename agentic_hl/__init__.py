"""Adapters to Hyperliquid: wire format, REST and stream shells, broker and the simulated venue."""
