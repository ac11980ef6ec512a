"""What `batong audit` walks, and what it finds."""
