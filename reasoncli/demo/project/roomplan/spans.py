"""Spans of time within one day, in minutes since midnight."""

from dataclasses import dataclass


def parse_time(text):
    """Minutes since midnight of a time such as `9:30` or `17:00`; `24:00` is the end of the day."""
    hours, _, minutes = text.strip().partition(":")
    if not hours.isdigit() or not minutes.isdigit() or len(minutes) != 2:
        raise ValueError(f"not a time: {text!r}")
    value = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or value > 24 * 60:
        raise ValueError(f"not a time: {text!r}")
    return value


def format_time(value):
    """The time of day as `HH:MM`."""
    hours, minutes = divmod(value, 60)
    return f"{hours:02d}:{minutes:02d}"


@dataclass(frozen=True, order=True)
class Span:
    """A span of time: from `start` up to, not including, `end`."""

    start: int
    end: int

    def __post_init__(self):
        if self.end <= self.start:
            raise ValueError(f"a span must end after it starts: {self}")

    @classmethod
    def parse(cls, text):
        """A span such as `09:00-17:30`."""
        start, dash, end = text.partition("-")
        if not dash:
            raise ValueError(f"not a span: {text!r}")
        return cls(parse_time(start), parse_time(end))

    def __str__(self):
        return f"{format_time(self.start)}-{format_time(self.end)}"

    @property
    def minutes(self):
        return self.end - self.start

    def overlaps(self, other):
        return self.start < other.end and other.start < self.end

    def contains(self, other):
        return self.start <= other.start and other.end <= self.end


def merge(spans):
    """The same minutes as few spans as possible, in order; spans that touch become one."""
    merged = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            last = merged.pop()
            merged.append(Span(last.start, max(last.end, span.end)))
        else:
            merged.append(span)
    return merged


def subtract(span, taken):
    """What is left of a span when the taken ones are cut out, in order."""
    left = []
    start = span.start
    for other in merge(taken):
        if not other.overlaps(span):
            continue
        if other.start > start:
            left.append(Span(start, other.start))
        start = other.end
    if start < span.end:
        left.append(Span(start, span.end))
    return left


def total(spans):
    """How many minutes the spans cover, each minute counted once."""
    return sum(span.minutes for span in merge(spans))
