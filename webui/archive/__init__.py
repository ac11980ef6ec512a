"""Packing a trade's file from the database, the file store and the log."""
