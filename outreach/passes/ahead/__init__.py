"""Looking ahead: what the passes will decide, in the order of time, and nothing is written."""
