"""Supervision: what the competent department orders in a trade, and who watches which trades."""
