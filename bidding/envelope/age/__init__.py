"""age v1, the part a bid needs: X25519 recipients, strict header, STREAM (C2SP age.md)."""
