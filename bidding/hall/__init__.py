"""The opening hall: close, check seals, release, unlock, reveal, record."""
