"""Offices: who may act from which, and how somebody comes into one that is sealed."""
