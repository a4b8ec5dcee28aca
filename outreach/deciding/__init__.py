"""Deciding: facts and `now` in, decisions and words out; no database and no network here."""
