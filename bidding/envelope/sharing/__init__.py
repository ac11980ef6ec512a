"""Verifiable sharing of an X25519 secret over the Ed25519 scalar field."""
