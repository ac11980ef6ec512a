"""The sealed bid: pure age files, verifiable shares, manifest (batong-bid/1)."""
