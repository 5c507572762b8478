"""`python -m tests.drills`."""

import sys

from tests.drills.command import main

sys.exit(main())
