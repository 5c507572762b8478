"""A stage for drills: real processes of venue and runner on a clock that runs faster, over a real PostgreSQL."""
