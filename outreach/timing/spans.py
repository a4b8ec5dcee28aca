"""When something is true: sets of instants as sorted, disjoint, half-open spans [start, end)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

#: stand-ins for "always was" and "for ever"; every instant of ours lies between them
BEGINNING = datetime(1, 1, 2, tzinfo=UTC)
END = datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """All instants t with start <= t < end."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Spans:
    """A set of instants. `&` is intersection, `|` union, `~` complement."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def between(cls, start: datetime, end: datetime) -> Spans:
        """Return [start, end), empty when end does not come after start."""
        return cls((Span(start, end),)) if start < end else cls()

    def __contains__(self, instant: datetime) -> bool:
        return any(span.start <= instant < span.end for span in self.spans)

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __and__(self, other: Spans) -> Spans:
        pairs = ((a, b) for a in self.spans for b in other.spans)
        return Spans(
            tuple(
                Span(max(a.start, b.start), min(a.end, b.end))
                for a, b in pairs
                if max(a.start, b.start) < min(a.end, b.end)
            )
        )

    def __or__(self, other: Spans) -> Spans:
        return _merged((*self.spans, *other.spans))

    def __invert__(self) -> Spans:
        edges = [BEGINNING, *(e for span in self.spans for e in (span.start, span.end)), END]
        gaps = zip(edges[::2], edges[1::2], strict=True)
        return Spans(tuple(Span(start, end) for start, end in gaps if start < end))

    def first_from(self, instant: datetime) -> datetime | None:
        """Return the first instant at or after the given one that belongs to the set."""
        later = (max(span.start, instant) for span in self.spans if span.end > instant)
        return next(later, None)

    def holding(self, instant: datetime) -> Span | None:
        """Return the span that holds the instant."""
        return next((s for s in self.spans if s.start <= instant < s.end), None)


ALWAYS = Spans((Span(BEGINNING, END),))
NEVER = Spans()


def _merged(spans: Iterable[Span]) -> Spans:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: s.start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return Spans(tuple(merged))
