"""The witness: what it remembers and cosigns, and how it is asked over HTTP."""
