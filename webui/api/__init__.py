"""JSON for what the pages show: version 1."""
