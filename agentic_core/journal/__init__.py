"""What a journal proves: chains, commitments, signed checkpoints, what its records add up to, and its file."""
