"""The machines of a draw: the centre's service, the agents beside it, and their loop."""
