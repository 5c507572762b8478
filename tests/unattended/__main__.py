"""Run it as `python -m tests.unattended`."""

import sys

from tests.unattended.command import main

if __name__ == "__main__":
    sys.exit(main())
