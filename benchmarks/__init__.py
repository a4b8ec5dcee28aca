"""What is said about speed, measured: each figure beside a yardstick, in one run, as a ratio."""
