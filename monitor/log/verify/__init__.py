"""Checking a log from its files alone: an export, a stretch of it, one state against another."""
