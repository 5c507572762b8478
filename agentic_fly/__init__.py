"""Adapters to Fly Machines."""
