"""The platform's library: domain values, ports, policy, adapters, runtime and backtests.

Importing this package loads nothing heavy; import the sub-package you need.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
