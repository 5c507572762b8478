"""The world of faults: virtual time, seeded trouble, a minimal venue, and a model check of the order protocol."""
