"""Proving: a moving clock and the real passes on a scratch database; there is no second engine."""
