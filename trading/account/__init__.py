"""Accounts: how a person proves who acts, and what the edge may let through for them."""
