"""Thin programs that compose the libraries."""
