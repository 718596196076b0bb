import pytest

from roomplan import Span, merge, subtract, total
from roomplan.spans import format_time, parse_time


def spans(text):
    return [Span.parse(part) for part in text.split()]


@pytest.mark.parametrize(("text", "minutes"), [("0:00", 0), ("9:05", 545), ("17:30", 1050), ("24:00", 1440)])
def test_parse_time(text, minutes):
    assert parse_time(text) == minutes


@pytest.mark.parametrize("text", ["", "9", "9:5", "9:60", "24:01", "nine:00", "-1:00"])
def test_parse_time_rejects(text):
    with pytest.raises(ValueError, match="not a time"):
        parse_time(text)


def test_format_time():
    assert format_time(545) == "09:05"


def test_span_round_trip():
    assert str(Span.parse("9:00-17:30")) == "09:00-17:30"


def test_span_must_not_be_empty():
    with pytest.raises(ValueError, match="must end after"):
        Span.parse("10:00-10:00")


def test_touching_spans_do_not_overlap():
    first, second = spans("9:00-10:00 10:00-11:00")
    assert not first.overlaps(second)
    assert not second.overlaps(first)


def test_contains_itself():
    (span,) = spans("9:00-10:00")
    assert span.contains(span)


def test_merge_joins_what_touches():
    assert merge(spans("10:00-11:00 9:00-10:00 13:00-14:00")) == spans("9:00-11:00 13:00-14:00")


def test_merge_keeps_the_longer_end():
    assert merge(spans("9:00-12:00 10:00-11:00")) == spans("9:00-12:00")


def test_subtract_from_the_middle():
    assert subtract(Span.parse("9:00-17:00"), spans("11:00-12:00")) == spans("9:00-11:00 12:00-17:00")


def test_subtract_at_the_edges():
    assert subtract(Span.parse("9:00-17:00"), spans("8:00-10:00 16:00-18:00")) == spans("10:00-16:00")


def test_subtract_everything():
    assert subtract(Span.parse("9:00-17:00"), spans("9:00-17:00")) == []


def test_total_counts_each_minute_once():
    assert total(spans("9:00-10:00 9:30-11:00")) == 120
