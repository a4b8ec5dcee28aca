"""Reporting: figures read from the tables and put together. Nothing is written."""
