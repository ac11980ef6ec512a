"""The transparent log: canonical form, commitments, tree, notes, tiles, proofs, sequencer."""
