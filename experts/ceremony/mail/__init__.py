"""Mail of a draw: who its machines are, what is asked of them, and what they send each other."""
