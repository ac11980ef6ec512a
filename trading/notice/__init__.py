"""Notices, tender documents, questions, and who takes part under which pseudonym."""
