"""Intake of a real notice: proposed fields, and for each what was read, is missing or is wrong."""
