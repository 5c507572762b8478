"""Where state is kept: in memory, in PostgreSQL, and the PostgreSQL that comes with the library."""
