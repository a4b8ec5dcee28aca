"""Notices: how a team hears that a case is theirs, by webhook, chat or e-mail."""
