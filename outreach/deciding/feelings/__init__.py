"""Feelings: how somebody who writes to us feels, and what about. Pure; it never sends anything."""
