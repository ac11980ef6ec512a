"""The record: the one transaction, its fences, who may read it, and its audit."""
