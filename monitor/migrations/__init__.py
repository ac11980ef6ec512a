"""The numbered migrations, and what they are written with."""
