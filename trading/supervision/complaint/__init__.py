"""Complaints 投诉: brought to the competent department, taken up or not, decided."""
