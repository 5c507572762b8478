"""What others have written is shown on a terminal and not obeyed by it, and no option ends in a stack trace."""

import json

import pytest

from tests.support.by_hand import execute
from tests.support.command_room import CommandRoom

pytest_plugins = ["tests.support.postgres", "tests.support.command_rooms"]
