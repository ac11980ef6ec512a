"""The draw: pure, verifiable random selection (batong-draw/1)."""
