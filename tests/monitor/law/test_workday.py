"""Days as the law counts them, against two other calendars."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import chinese_calendar
import pytest

from monitor.law.workday import Calendar, load, local_date, midnight

DATA = Path(__file__).parents[4] / "shared" / "data"
DAY = timedelta(days=1)
EVERY_DAY = [date(2023, 1, 1) + DAY * n for n in range((date(2027, 1, 1) - date(2023, 1, 1)).days)]


def test_every_day_of_four_years_agrees_with_the_chinese_calendar_package() -> None:
    assert len(EVERY_DAY) == 1461
    wrong = [d for d in EVERY_DAY if load().is_working(d) != chinese_calendar.is_workday(d)]
    assert wrong == []


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_the_table_agrees_with_the_published_holiday_files(year: int) -> None:
    path = DATA / f"holidays_{year}.json"
    if not DATA.exists():
        pytest.skip("the published holiday files, ../shared/data, are absent")
    published = json.loads(path.read_text(encoding="utf-8"))
    entry = load().years[year]
    days = {date.fromisoformat(d["date"]): d["isOffDay"] for d in published["days"]}
    assert entry.off == {d for d, off in days.items() if off}
    assert entry.work == {d for d, off in days.items() if not off}
    assert entry.address in published["papers"]
    assert entry.notice == f"国务院办公厅关于{year}年部分节假日安排的通知"


def test_a_make_up_saturday_is_a_working_day_and_an_ordinary_one_is_not() -> None:
    assert load().is_working(date(2026, 5, 9))
    assert load().is_working(date(2026, 2, 14))
    assert not load().is_working(date(2026, 5, 16))


def test_working_days_count_the_make_up_saturday_and_skip_the_holiday() -> None:
    tuesday_before_labour_day = date(2026, 4, 28)
    ends = [load().add_working_days(tuesday_before_labour_day, n).day for n in (1, 2, 3, 5, 6, 7)]
    assert [f"{d:%m-%d}" for d in ends] == ["04-29", "04-30", "05-06", "05-08", "05-09", "05-11"]


def test_the_first_day_is_not_counted_and_a_last_day_off_moves_to_the_next_working_day() -> None:
    assert load().add_days(date(2026, 3, 2), 3).day == date(2026, 3, 5)
    assert load().add_days(date(2026, 3, 4), 3).day == date(2026, 3, 9)  # Saturday to Monday
    assert load().add_days(date(2026, 9, 28), 3).day == date(2026, 10, 8)  # National Day
    assert load().add_days(date(2026, 5, 6), 3).day == date(2026, 5, 9)  # make-up Saturday


def test_paused_days_are_not_counted() -> None:
    paused = frozenset({date(2026, 3, 3), date(2026, 3, 4)})
    assert load().add_days(date(2026, 3, 2), 3, paused).day == date(2026, 3, 9)
    assert load().add_working_days(date(2026, 3, 2), 3, paused).day == date(2026, 3, 9)


def test_an_unpublished_year_is_counted_by_the_plain_week_and_says_so() -> None:
    counted = load().add_working_days(date(2031, 9, 29), 5)
    assert counted.provisional
    assert counted.day == date(2031, 10, 6)
    assert counted.floor == date(2031, 10, 4)


def test_a_published_year_is_not_provisional_until_its_last_week() -> None:
    assert not load().add_days(date(2026, 12, 1), 20).provisional
    assert load().add_days(date(2026, 12, 1), 27).provisional
    assert load().add_days(date(2025, 12, 1), 27).provisional is False


def test_a_count_that_only_passes_through_an_unknown_year_is_provisional() -> None:
    gap = Calendar({year: load().years[year] for year in (2023, 2025)})
    assert gap.add_working_days(date(2023, 12, 20), 270).provisional
    assert not gap.add_days(date(2023, 12, 20), 400).provisional


def test_a_provisional_last_day_may_fall_earlier_if_the_notice_makes_it_a_working_day() -> None:
    counted = load().add_days(date(2031, 3, 5), 3)  # Saturday 8 March 2031
    assert (counted.day, counted.floor) == (date(2031, 3, 10), date(2031, 3, 8))


def test_a_shanghai_date_begins_at_sixteen_hours_utc_of_the_day_before() -> None:
    assert midnight(date(2026, 3, 2)) == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert local_date(datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)) == date(2026, 3, 1)
    assert local_date(datetime(2026, 3, 1, 16, tzinfo=UTC)) == date(2026, 3, 2)
