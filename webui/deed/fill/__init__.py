"""What forms are filled in with: choices, lawful dates, what the platform already knows."""
