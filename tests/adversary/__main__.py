"""`python -m tests.adversary`."""

import sys

from tests.adversary.command import main

if __name__ == "__main__":  # workers may import this file
    sys.exit(main())
