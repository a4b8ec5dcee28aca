"""`python -m outreach.cli`, for where the `outreach` script is not on the path."""

from __future__ import annotations

from outreach.cli import main

main()
