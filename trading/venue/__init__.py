"""Venues: rooms, their bookings, and free times."""
