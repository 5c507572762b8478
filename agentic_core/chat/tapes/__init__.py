"""Exchanges with chat models, recorded and replayed."""
