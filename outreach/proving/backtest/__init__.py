"""Backtests: what rules would have done with all that has happened, through every gate."""

from outreach.proving.backtest.figures import Figures
from outreach.proving.backtest.permissions import Word, read_words
from outreach.proving.backtest.playing import (
    EVERY,
    EVERY_OF_LONG,
    Span,
    backtest,
    play,
    setup_for,
    usual_rhythm,
)
from outreach.proving.backtest.tape import Tape

__all__ = [
    "EVERY",
    "EVERY_OF_LONG",
    "Figures",
    "Span",
    "Tape",
    "Word",
    "backtest",
    "play",
    "read_words",
    "setup_for",
    "usual_rhythm",
]
