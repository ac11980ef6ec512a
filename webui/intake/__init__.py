"""Notices from outside as projects here: read from the portal's export, then registered."""
