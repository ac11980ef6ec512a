"""The edge: pages, JSON, command line."""
