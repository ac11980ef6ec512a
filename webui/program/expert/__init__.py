"""Drawn experts' own program: it opens letters, keeps papers of seats, and in a demo judges too."""
