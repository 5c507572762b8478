"""`python -m tests.injection`."""

import sys

from tests.injection.command import main

if __name__ == "__main__":  # workers may import this file
    sys.exit(main())
