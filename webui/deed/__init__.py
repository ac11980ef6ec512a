"""Deeds: what a person may do from a page or by JSON, each an action with its typed fields."""
