"""Checking what the platform hands out, offline, from the file alone and public keys.

One that is given by its address is fetched to a file first.
"""
