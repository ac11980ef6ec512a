"""The scenes: one file for each of the trade's ten steps."""
