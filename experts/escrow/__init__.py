"""Escrow: the share of a side that goes away is opened by two of its three holders, on record."""
