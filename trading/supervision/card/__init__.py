"""Cards 黄牌、红牌: what monitoring points show of a trade, and what people do about it."""
