"""Curves of a draw: proofs of its two key holders, signatures of a public randomness beacon."""
