"""Mutants: rules with one thing changed on purpose, to see whether the rule tests notice."""
