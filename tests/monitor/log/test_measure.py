"""What a witness counts as an outage of a log: silence that it watched itself, and no other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

import pytest

from monitor.log.checkpoint import Checkpoint
from monitor.log.note import (
    BadSignature,
    Kind,
    MalformedKey,
    MalformedNote,
    NoKnownSigner,
    SigningKey,
    sign,
)
from monitor.log.witness.measure import (
    BLIND,
    GAP,
    MOST_UNSENT,
    Gauge,
    Measure,
    looked,
    measured,
    open_measure,
)

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
LOG, NEXT_YEAR = "log.example/log/2026", "log.example/log/2027"
MINUTE = timedelta(minutes=1)
KEY = SigningKey("w1.example", Kind.ED25519, b"m" * 32)
THIEF = SigningKey("w1.example", Kind.ED25519, b"t" * 32)
SEEN = Measure(LOG, START, START + GAP)


def served(size: int, origin: str = LOG) -> Checkpoint:
    return Checkpoint(origin, size, bytes(32))


def watched(*looks: tuple[int, Checkpoint | None]) -> list[tuple[int, int]]:
    """The outages that these looks bring, from and until in minutes."""
    gauge, found = Gauge(START, START), list[Measure | None]()
    for minute, what in looks:
        gauge, ended = looked(gauge, what, START + minute * MINUTE)
        found.append(ended)
    moments = [(each.since, each.until) for each in found if each]
    return [((a - START) // MINUTE, (b - START) // MINUTE) for a, b in moments]


def silent(
    start: int, end: int, what: Checkpoint | None = None
) -> list[tuple[int, Checkpoint | None]]:
    """A look every four minutes that finds the same."""
    return [(minute, what) for minute in range(start, end, 4)]


def test_a_log_that_grows_late_but_within_the_gap_was_never_away() -> None:
    assert watched((0, served(16)), *silent(4, 14), (14, served(32))) == []


def test_silence_is_measured_from_the_last_growth_to_the_next() -> None:
    away = silent(4, 60)
    assert watched((0, served(16)), *away, (60, served(32))) == [(0, 60)]
    assert watched((0, served(16)), *away, (60, served(16)), (63, served(32))) == [(0, 63)]


def test_an_answer_that_never_grows_is_silence_too() -> None:
    assert watched((0, served(16)), *silent(4, 40, served(16)), (40, served(32))) == [(0, 40)]
    assert watched((0, served(64)), *silent(4, 40, served(32)), (40, served(80))) == [(0, 40)]


def test_the_witnesss_own_absence_is_nobodys_outage() -> None:
    assert watched((0, served(16)), (4, served(32)), (300, served(48))) == []
    assert watched((0, served(16)), *silent(4, 24), (300, served(48))) == [(0, 20)]
    again = [(0, served(16)), *silent(4, 24), *silent(300, 324), (324, served(48))]
    assert watched(*again) == [(0, 20), (300, 324)]


def test_a_clock_that_goes_back_measures_nothing_of_what_it_went_over() -> None:
    assert watched((0, served(16)), (100, None), (4, None), (8, served(32))) == []


def test_what_was_never_there_is_not_missed_and_a_new_log_begins_anew() -> None:
    assert watched(*silent(0, 40), (40, served(16))) == []
    assert watched((0, served(900)), (4, served(16, NEXT_YEAR)), (8, served(32, NEXT_YEAR))) == []


def test_no_more_than_a_hundred_measures_wait() -> None:
    gauge = Gauge(START, START)
    for number in range(MOST_UNSENT + 5):
        gauge = gauge.keeping([str(number)])
    assert (len(gauge.unsent), gauge.unsent[-1]) == (MOST_UNSENT, str(MOST_UNSENT + 4))
    assert BLIND < GAP
    assert (SEEN.id.version, SEEN.id.variant) == (8, RFC_4122)


def test_a_measure_is_opened_by_the_key_that_signed_it_and_by_no_other() -> None:
    note = SEEN.signed(KEY)
    opened = open_measure(note, [KEY.verifier])
    assert (opened.measure, opened.key, measured(note)) == (SEEN, KEY.verifier, SEEN)
    with pytest.raises(NoKnownSigner):
        open_measure(SEEN.signed(THIEF), [KEY.verifier])
    with pytest.raises(NoKnownSigner):
        open_measure(note, [])
    longer = replace(SEEN, until=SEEN.until + MINUTE)
    with pytest.raises(BadSignature):
        open_measure(note.replace(SEEN.text(), longer.text()), [KEY.verifier])
    with pytest.raises(MalformedNote):
        open_measure(SEEN.text(), [KEY.verifier])
    with pytest.raises(MalformedKey):
        SEEN.signed(SigningKey("w1.example", Kind.COSIGNATURE, b"m" * 32))


@pytest.mark.parametrize(
    ("old", "new"),
    [("batong-outage/1", "batong-outage/2"), ("01:00:00.000000Z", "01:00:00Z"),
     ("T01:00:00.000000Z", "T09:00:00.000000+08:00"), ("2026-03-16T01:00", "2026-03-16T01:30"),
     ("2026-03-16T01:00:00.000000Z", "yesterday"), (LOG + "\n", LOG + "\nmore\n")],
)  # fmt: skip
def test_a_measure_has_one_spelling(old: str, new: str) -> None:
    text = SEEN.text()
    assert old in text
    with pytest.raises(MalformedNote):
        open_measure(sign(text.replace(old, new, 1), KEY), [KEY.verifier])
