"""Law as data: limits, day counting, working days, duties."""
