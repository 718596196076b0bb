"""Rooms and their bookings."""

from .hours import parse_day
from .spans import subtract, total


class BookingError(Exception):
    """A booking that can't be taken."""


class Room:
    """A room with opening hours, and what is booked in it."""

    def __init__(self, name, hours, seats=4):
        self.name = name
        self.hours = hours
        self.seats = seats
        self._bookings = {}

    def bookings(self, day):
        """What is booked on a day, in order."""
        return sorted(self._bookings.get(parse_day(day), []))

    def book(self, day, span):
        """Book the room; raises BookingError when it is closed or taken."""
        if not self.hours.is_open(day, span):
            raise BookingError(f"{self.name} is closed on {day} {span}")
        for other in self.bookings(day):
            if other.overlaps(span):
                raise BookingError(f"{self.name} is taken on {day} {other}")
        self._bookings.setdefault(parse_day(day), []).append(span)

    def cancel(self, day, span):
        """Take a booking back."""
        try:
            self._bookings[parse_day(day)].remove(span)
        except (KeyError, ValueError):
            raise BookingError(f"no such booking: {day} {span}") from None

    def free(self, day, minutes=1):
        """Free slots of at least so many minutes on a day, in order."""
        slots = []
        for opening in self.hours.on(day):
            slots.extend(subtract(opening, self.bookings(day)))
        return [slot for slot in slots if slot.minutes >= minutes]

    def utilization(self, day):
        """Which part of the opening hours is booked, from 0 to 1."""
        opened = total(self.hours.on(day))
        if opened == 0:
            return 0.0
        return total(self.bookings(day)) / opened


def find_room(rooms, day, span, seats=1):
    """The smallest room with enough seats that is free during a span, or None."""
    best = None
    for room in rooms:
        if room.seats <= seats:
            continue
        if not any(slot.contains(span) for slot in room.free(day)):
            continue
        if best is None or room.seats < best.seats:
            best = room
    return best
