"""A real opening replayed: sealed, sent in, closed, unlocked and shown as its record says."""
