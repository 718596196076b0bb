import pytest

from roomplan import OpeningHours, Span
from roomplan.hours import parse_day


def as_text(spans):
    return [str(span) for span in spans]


@pytest.mark.parametrize(("text", "day"), [("Mon", 0), ("sunday", 6), (" Wed ", 2)])
def test_parse_day(text, day):
    assert parse_day(text) == day


def test_parse_day_rejects():
    with pytest.raises(ValueError, match="not a weekday"):
        parse_day("Someday")


def test_first_day_of_a_range():
    hours = OpeningHours.parse("Mon-Fri 09:00-17:30")
    assert as_text(hours.on("Mon")) == ["09:00-17:30"]


def test_last_day_of_a_range():
    hours = OpeningHours.parse("Mon-Fri 09:00-17:30")
    assert as_text(hours.on("Fri")) == ["09:00-17:30"]
    assert hours.on("Sat") == []


def test_range_over_the_weekend():
    hours = OpeningHours.parse("Fri-Mon 10:00-14:00")
    assert as_text(hours.on("Sun")) == ["10:00-14:00"]
    assert hours.on("Wed") == []


def test_closed_outside_the_range():
    hours = OpeningHours.parse("Tue-Thu 09:00-17:30")
    assert hours.on("Mon") == []
    assert hours.on("Fri") == []


def test_several_spans_a_day():
    hours = OpeningHours.parse("Tue 09:00-12:00,13:00-17:30")
    assert as_text(hours.on("Tue")) == ["09:00-12:00", "13:00-17:30"]


def test_rules_add_up():
    hours = OpeningHours.parse("Mon-Thu 09:00-12:00; Tue-Wed 12:00-15:00")
    assert as_text(hours.on("Mon")) == ["09:00-12:00"]
    assert as_text(hours.on("Tue")) == ["09:00-15:00"]


def test_a_rule_needs_hours():
    with pytest.raises(ValueError, match="not a rule"):
        OpeningHours.parse("Mon-Fri")


def test_is_open():
    hours = OpeningHours.parse("Mon-Fri 09:00-17:30")
    assert hours.is_open("Tue", Span.parse("09:00-17:30"))
    assert not hours.is_open("Tue", Span.parse("17:00-18:00"))
