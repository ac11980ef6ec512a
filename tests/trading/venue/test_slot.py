"""Free times: in the centre's hours of working days, nearest first, never over a booking."""

from datetime import UTC, datetime, timedelta

from monitor.law.workday import SHANGHAI
from trading.venue.slot import Span, nearest_free

HOUR = timedelta(hours=1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def span(text: str, hours: int = 2) -> Span:
    start = datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)
    return Span(start, start + hours * HOUR)


def test_the_nearest_times_around_a_booking_are_offered() -> None:
    wanted = span("03-16T10:00")
    found = nearest_free([wanted], wanted, LONG_AGO)
    assert found == [span("03-16T12:00"), span("03-16T12:30"), span("03-16T13:00")]


def test_two_spans_that_only_touch_do_not_meet() -> None:
    assert not span("03-16T10:00").meets(span("03-16T12:00"))
    assert span("03-16T10:00").meets(span("03-16T11:59"))


def test_nothing_past_is_offered() -> None:
    wanted = span("03-16T10:00")
    now = span("03-16T13:00").start
    assert all(free.start >= now for free in nearest_free([], wanted, now, 50))


def test_no_day_off_and_no_night_is_offered_but_a_make_up_saturday_is() -> None:
    friday_evening = span("04-30T16:30")
    found = nearest_free([span("04-30T08:30", 10)], friday_evening, friday_evening.start, 400)
    days = {f"{free.start:%m-%d}" for free in found}
    assert {"05-01", "05-05", "05-10", "05-16"}.isdisjoint(days)
    assert {"05-06", "05-09"} <= days
    assert all(free.start.hour >= 8 and free.end.hour <= 18 for free in found)


def test_a_span_longer_than_a_day_is_not_offered_at_all() -> None:
    wanted = span("03-16T10:00", 12)
    assert nearest_free([], wanted, LONG_AGO) == []
