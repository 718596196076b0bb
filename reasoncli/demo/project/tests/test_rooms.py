import pytest

from roomplan import BookingError, OpeningHours, Room, Span, find_room


def make_room(name="Attic", seats=4):
    return Room(name, OpeningHours.parse("Mon-Fri 09:00-17:00"), seats)


def test_a_new_room_is_free_all_day():
    assert make_room().free("Mon") == [Span.parse("09:00-17:00")]


def test_booking_takes_a_slot():
    room = make_room()
    room.book("Tue", Span.parse("10:00-11:30"))
    assert [str(slot) for slot in room.free("Tue")] == ["09:00-10:00", "11:30-17:00"]
    assert room.free("Wed") == [Span.parse("09:00-17:00")]


def test_back_to_back_bookings():
    room = make_room()
    room.book("Tue", Span.parse("10:00-11:00"))
    room.book("Tue", Span.parse("11:00-12:00"))
    assert len(room.bookings("Tue")) == 2


def test_double_booking_is_refused():
    room = make_room()
    room.book("Tue", Span.parse("10:00-11:00"))
    with pytest.raises(BookingError, match="is taken"):
        room.book("Tue", Span.parse("10:30-11:30"))


def test_booking_outside_the_hours_is_refused():
    with pytest.raises(BookingError, match="is closed"):
        make_room().book("Sun", Span.parse("10:00-11:00"))


def test_cancel():
    room = make_room()
    room.book("Tue", Span.parse("10:00-11:00"))
    room.cancel("Tue", Span.parse("10:00-11:00"))
    assert room.bookings("Tue") == []
    with pytest.raises(BookingError, match="no such booking"):
        room.cancel("Tue", Span.parse("10:00-11:00"))


def test_short_slots_are_left_out():
    room = make_room()
    room.book("Tue", Span.parse("09:30-16:00"))
    assert room.free("Tue", minutes=45) == [Span.parse("16:00-17:00")]


def test_utilization():
    room = make_room()
    room.book("Thu", Span.parse("09:00-11:00"))
    assert room.utilization("Thu") == 0.25
    assert room.utilization("Sun") == 0.0


def test_the_smallest_room_that_fits():
    rooms = [make_room("Hall", 40), make_room("Attic", 4), make_room("Studio", 8)]
    assert find_room(rooms, "Mon", Span.parse("9:00-10:00"), seats=5).name == "Studio"
    assert find_room(rooms, "Mon", Span.parse("9:00-10:00"), seats=50) is None


def test_a_room_for_exactly_as_many():
    rooms = [make_room("Hall", 40), make_room("Studio", 8)]
    assert find_room(rooms, "Mon", Span.parse("9:00-10:00"), seats=8).name == "Studio"


def test_a_taken_room_is_passed_over():
    rooms = [make_room("Attic", 4), make_room("Studio", 8)]
    rooms[0].book("Mon", Span.parse("9:30-10:30"))
    assert find_room(rooms, "Mon", Span.parse("9:00-10:00"), seats=2).name == "Studio"
    assert find_room(rooms, "Mon", Span.parse("10:30-11:30"), seats=2).name == "Attic"
