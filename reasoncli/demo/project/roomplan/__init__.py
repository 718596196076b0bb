"""Opening hours, bookings and free slots of meeting rooms."""

from .hours import DAYS, OpeningHours
from .rooms import BookingError, Room, find_room
from .spans import Span, merge, subtract, total

__all__ = ["DAYS", "BookingError", "OpeningHours", "Room", "Span", "find_room", "merge", "subtract", "total"]
