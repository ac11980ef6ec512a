"""Sealed bids, opening, evaluation."""
