"""Weekly opening hours, as people write them on a door."""

from .spans import Span, merge

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def parse_day(text):
    """Index of a weekday, Monday being 0."""
    name = text.strip().title()[:3]
    if name not in DAYS:
        raise ValueError(f"not a weekday: {text!r}")
    return DAYS.index(name)


def parse_days(text):
    """Indices of the weekdays in a text such as `Mon-Fri`, `Sat` or `Fri-Mon, Wed`."""
    days = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        start = parse_day(first)
        end = parse_day(last) if dash else start
        if end < start:
            end += len(DAYS)
        for day in range(start, end + 1):
            days.add(day % len(DAYS))
    return days


class OpeningHours:
    """The spans during which a room is open, for every day of the week."""

    def __init__(self):
        self._spans = {day: [] for day in range(len(DAYS))}

    @classmethod
    def parse(cls, text):
        """Opening hours such as `Mon-Fri 09:00-12:00, 13:00-17:30; Sat 10:00-13:00`."""
        hours = cls()
        for rule in text.split(";"):
            days, _, spans = rule.strip().partition(" ")
            if not spans:
                raise ValueError(f"not a rule: {rule!r}")
            for day in parse_days(days):
                for span in spans.split(","):
                    hours.add(day, Span.parse(span))
        return hours

    def add(self, day, span):
        """Open the room during one more span of a day."""
        self._spans[day] = merge([*self._spans[day], span])

    def on(self, day):
        """The spans of a day, in order."""
        return list(self._spans[parse_day(day)])

    def is_open(self, day, span):
        """Whether the room is open during the whole of a span."""
        return any(opening.contains(span) for opening in self.on(day))
