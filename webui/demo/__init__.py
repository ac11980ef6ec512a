"""The demo: one whole trade played by real actions with a moved clock."""
