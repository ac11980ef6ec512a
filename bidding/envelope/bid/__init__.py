"""One bid version 投标文件: sealed by its bidder, accepted without a key, opened and verified."""
