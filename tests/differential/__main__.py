"""`python -m tests.differential`."""

import sys

from tests.differential.command import main

sys.exit(main())
