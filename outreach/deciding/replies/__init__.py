"""Replies: what people mean when they write back. Pure; the lists of wordings lie beside it."""
