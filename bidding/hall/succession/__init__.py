"""Successions: whoever follows a trustee that is lost, with the lost one's own key, rebuilt."""
