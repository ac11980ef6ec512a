"""A paper of the owner's or the agency's own: read for its fields, compared and confirmed."""
