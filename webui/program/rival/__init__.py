"""Stand-in rivals of a demo: they notice a trade and bid by themselves, over HTTP like anybody."""
