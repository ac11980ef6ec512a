"""Uploads on their way, and what of them is never kept."""
