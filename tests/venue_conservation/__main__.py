"""`python -m tests.venue_conservation`."""

import sys

from tests.venue_conservation.command import main

sys.exit(main())
