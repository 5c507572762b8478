"""`python -m tests.crossings`."""

import sys

from tests.crossings.command import main

sys.exit(main())
