"""Figures: what reports count in the tables; every question is bounded by a time and an index."""
