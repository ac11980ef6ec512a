"""The ceremony of a draw: every step as an action, checked by the pure rules of experts/draw."""
