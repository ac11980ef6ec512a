"""The evaluation: method, score sheets, signatures, report; each member under a pseudonym."""
