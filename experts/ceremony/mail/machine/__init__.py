"""Machines of draws: who names which, and who answers where the inspector's is away."""
