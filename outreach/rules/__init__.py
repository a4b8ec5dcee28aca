"""The rule language: what an operator can write, and what it means."""
