"""A trustee's own program: it checks CLOSE for itself before any share leaves its machine."""
