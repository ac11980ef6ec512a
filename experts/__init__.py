"""Experts: pools, avoidance, draws, panels."""
