"""Checking what the platform hands out, offline, from the file alone and public keys."""
