"""Standstill: a trade that is suspended, and what the platform's own outages cost it."""
