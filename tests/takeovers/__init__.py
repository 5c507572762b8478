"""Two real processes that fight for one account while they are stopped and continued: `python -m tests.takeovers`."""
