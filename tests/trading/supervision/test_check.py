"""Each check by the facts that make it green, yellow and red; and the list of points as it ships."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from monitor.law.duty import State, Trade
from monitor.law.point import POINTS, PointsInvalid, Result, load
from trading.supervision.card.check import judge, points
from trading.supervision.card.known import CHECKS
from trading.supervision.card.sight import Owed, Seen, Sight

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
WORKS = Trade("works", must_tender=True, region="350200")
CHONGQING = Trade("works", must_tender=True, region="500000")
GREEN, YELLOW, RED, UNCHECKED = Result.GREEN, Result.YELLOW, Result.RED, Result.UNCHECKED


def at(days: float = 0, minutes: float = 0) -> datetime:
    return START + timedelta(days=days, minutes=minutes)


def seen(action: str, when: datetime = START, /, *, subject: str = "", **facts: Any) -> Seen:
    return Seen(str(uuid4()), action, when, facts, subject or str(uuid4()), facts.pop("by", ""))


def no(action: str, rule: str = "", code: str = "invalid") -> Seen:
    return Seen(str(uuid4()), action, START, {}, rules=frozenset({rule}), refused=code)


def gone(action: str, rule: str, **facts: Any) -> Seen:
    return Seen(str(uuid4()), action, START, facts, rules=frozenset({rule}))


def text(days: float, minutes: float = 0) -> str:
    return at(days, minutes).isoformat()


def shut(count: int, when: datetime = START) -> Seen:
    return seen("opening.close", when, section="a", bids={"count": count})


def paid(deposit: str, payer: str, *, differs: bool = False) -> Seen:
    return seen("deposit.identify", subject=deposit, payer=payer, payer_differs=differs)


def opened(deposit: str, mask: str) -> Seen:
    return seen("deposit.open", subject=deposit, by=mask)


NOTICE = seen("notice.publish", deadline=text(25), supply_from=text(0), supply_until=text(9))
BOOKED = seen(
    "venue.book", purpose="evaluation", during={"from": text(1), "until": text(2)}, subject="b"
)

TABLE: list[tuple[str, Result, tuple[Seen, ...]]] = [
    ("notice.supply", GREEN, (NOTICE,)),
    ("notice.supply", RED, (seen("notice.publish", supply_from=text(0), supply_until=text(3)),)),
    ("notice.texts", GREEN, (seen("notice.carry", medium="a", identical=True),)),
    ("notice.texts", RED, (seen("notice.carry", medium="a", identical=True),
                           seen("notice.carry", medium="b", identical=False))),
    ("notice.texts", GREEN, (seen("notice.carry", medium="b", identical=False, subject="n"),
                             seen("notice.carry", medium="b", identical=True, subject="n"))),
    ("document.preparation", GREEN, (seen("document.issue", deadline=text(23)),)),
    ("document.preparation", RED, (seen("document.issue", deadline=text(12)),)),
    ("document.change", UNCHECKED,
     (seen("clarification.issue", affects_bids=False, deadline_after=text(1)),)),
    ("document.change", GREEN,
     (seen("clarification.issue", affects_bids=True, deadline_after=text(16)),)),
    ("document.change", RED,
     (seen("clarification.issue", affects_bids=True, deadline_after=text(9)),)),
    ("document.deposit", GREEN, (gone("document.issue", "works.deposit_share"),)),
    ("document.deposit", YELLOW, (no("document.issue", "works.deposit_share"),)),
    ("document.deposit", RED, (gone("document.issue", "works.deposit_share",
                                    warnings=["works.deposit_ceiling"]),)),
    ("opening.time", GREEN, (NOTICE, shut(3, at(25, 1)))),
    ("opening.time", RED, (NOTICE, shut(3, at(24)))),
    ("opening.time", RED, (NOTICE, shut(3, at(25, 30)))),
    ("opening.time", GREEN, (NOTICE, seen("clarification.issue", at(2), deadline_after=text(40)),
                             shut(3, at(40, 1)))),
    ("opening.bidders", GREEN, (shut(3), seen("opening.reveal", section="a"))),
    ("opening.bidders", GREEN, (shut(2),)),
    ("opening.bidders", RED, (shut(2), seen("opening.unlock", section="a"))),
    ("opening.venue", YELLOW, (no("venue.book", code="conflict"),)),
    ("opening.venue", GREEN, (BOOKED,)),
    ("draw.again", GREEN, (seen("draw.request", section="a"), seen("draw.request", section="b"))),
    ("draw.again", YELLOW, (seen("draw.request", section="a"), seen("draw.request", section="a"))),
    ("evaluation.committee", GREEN, (seen("panel.form", size=5, experts=4),)),
    ("evaluation.committee", RED, (seen("panel.form", size=6, experts=5),)),
    ("evaluation.committee", RED, (seen("panel.form", size=3, experts=3),)),
    ("evaluation.committee", RED, (seen("panel.form", size=5, experts=3),)),
    ("evaluation.room", GREEN, (BOOKED, seen("evaluation.start", at(1.5)))),
    ("evaluation.room", YELLOW, (BOOKED, seen("evaluation.start", at(3)))),
    ("evaluation.room", YELLOW, (BOOKED, seen("venue.release", subject="b"),
                                 seen("evaluation.start", at(1.5)))),
    ("result.publicity", GREEN, (seen("candidates.publish", ends_at=text(5)),)),
    ("result.publicity", RED, (seen("candidates.publish", ends_at=text(1)),)),
    ("result.rank", GREEN, (seen("award.issue", rank=1),)),
    ("result.rank", RED, (seen("award.issue", rank=2),)),
    ("result.objection", GREEN, (seen("objection.file", objection="o"),
                                 seen("objection.answer", at(1), objection="o"),
                                 seen("award.issue", at(2), section="a"))),
    ("result.objection", RED, (seen("objection.file", objection="o"),
                               seen("award.issue", at(2), section="a"),
                               seen("objection.answer", at(3), objection="o"))),
    ("result.objection", GREEN, (seen("objection.file", objection="o", section="b"),
                                 seen("award.issue", at(2), section="a"))),
    ("archive.looks", GREEN, (seen("secret.look", unusual=["night"]),)),
    ("archive.looks", YELLOW, (seen("secret.look", unusual=["many"]),)),
    ("archive.night", YELLOW, (seen("secret.look", unusual=[]),
                               seen("secret.look", unusual=["night", "many"]))),
    ("bidding.look", YELLOW, (seen("secret.look", unusual=["early"]),)),
    ("money.payer", GREEN, (opened("d", "p-1"), paid("d", "甲"), opened("e", "p-1"), paid("e", "甲"))),
    ("money.payer", RED, (opened("d", "p-1"), paid("d", "乙", differs=True))),
    ("money.payer", RED, (opened("d", "p-1"), paid("d", "甲"), opened("e", "p-2"), paid("e", "甲"))),
]  # fmt: skip


@pytest.mark.parametrize(("point", "result", "acts"), TABLE)
def test_a_check_finds_what_the_facts_hold(
    point: str, result: Result, acts: tuple[Seen, ...]
) -> None:
    found = judge(Sight(WORKS, acts), points()[point])
    assert found.result == result
    assert set(found.evidence) <= {act.record for act in acts}
    assert bool(found.evidence) == (result > UNCHECKED)


def test_of_many_records_the_newest_show_so_that_one_more_is_seen_after_a_card_was_closed() -> None:
    acts = tuple(seen("secret.look", at(minutes=n), unusual=["night"]) for n in range(30))
    before, after = (judge(Sight(WORKS, acts[:n]), points()["archive.night"]) for n in (25, 26))
    assert before.evidence == tuple(act.record for act in acts[5:25])
    assert after.evidence == tuple(act.record for act in acts[6:26])


@pytest.mark.parametrize("point", [each.id for each in points() if not each.is_manual])
def test_without_facts_nothing_is_judged(point: str) -> None:
    assert judge(Sight(WORKS, ()), points()[point]).result == UNCHECKED


def test_every_check_is_shown_in_colour() -> None:
    judged = {points()[point].check for point, result, _ in TABLE if result > UNCHECKED}
    assert judged | {"duty", "window"} == set(CHECKS)


@pytest.mark.parametrize(
    ("state", "result"),
    [(State.OPEN, GREEN), (State.DUE_SOON, YELLOW), (State.BREACHED, RED), (State.CLOSED, GREEN),
     (State.CLOSED_LATE, RED), (State.LIFTED, GREEN)],
)  # fmt: skip
def test_a_duty_gives_its_colour_no_worse_than_the_points_level(
    state: State, result: Result
) -> None:
    rules = {"contract.sign": "works.contract", "archive.file": "all.archive"}
    owed = tuple(Owed(rule, state, ("r",)) for rule in rules.values())
    found = [judge(Sight(WORKS, (), owed), points()[point]).result for point in rules]
    assert found == [result, min(result, YELLOW)]


def test_a_local_window_counts_where_it_is_law_alone() -> None:
    acts = (seen("draw.round"), seen("evaluation.start", at(2)))
    results = [
        judge(Sight(trade, acts), points()["draw.window"]).result for trade in (WORKS, CHONGQING)
    ]
    assert results == [UNCHECKED, YELLOW]
    near = (seen("draw.round"), seen("draw.round", at(1.5)), seen("evaluation.start", at(2)))
    assert judge(Sight(CHONGQING, near), points()["draw.window"]).result == GREEN


def test_what_no_record_tells_is_manual_and_never_judged_by_itself() -> None:
    manual = {each.id for each in points() if each.is_manual}
    assert manual == {"draw.manual", "draw.names", "draw.favour", "money.fee"}


def altered(folder: Path, old: str, new: str) -> Path:
    """The points as shipped, with one place written otherwise."""
    content = POINTS.read_text("utf-8")
    assert old in content
    file = folder / "point.toml"
    file.write_text(content.replace(old, new, 1), "utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [('check = "first"', 'check = "first"\nlimits = 3', "unknown fields"),
     ('rules = ["all.archive"]', 'rules = ["all.nothing"]', "archive.file"),
     ('level = "yellow"', 'level = "purple"', "PURPLE"),
     ('level = "yellow"', 'level = "green"', "yellow or red"),
     ('basis = "招标投标法实施条例 55"\n', "", "neither rules nor basis"),
     ('check = "first"\n', "limit = 3\n", "manual"), ('who = "finance"', 'who = "nobody"', "who"),
     ('[archive.file]\n', '[nowhere.file]\n', "nowhere"), ("[template.order]", "[template.o]", "template")],
)  # fmt: skip
def test_a_file_that_breaks_the_form_is_not_read(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    with pytest.raises(PointsInvalid, match=words):
        load(altered(tmp_path, old, new))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [('action = "draw.request", per', 'acton = "draw.request", per', "draw.again: args.acton"),
     ('args = { action = "document.issue" }', 'args = { action = "document.issue", refusd = "x" }',
      "document.deposit: args.refusd"),
     ('check = "first"\n', 'check = "first"\nargs = { per = "section" }\n', "result.rank: args.per"),
     ('args = { action = "draw.request", per = "section" }\n', "", "draw.again: args.action"),
     ('check = "first"', 'check = "frist"', "result.rank: no check 'frist'")],
)  # fmt: skip
def test_a_key_that_a_points_check_does_not_read_is_named_and_no_point_is_judged(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    with pytest.raises(PointsInvalid, match=words):
        points(altered(tmp_path, old, new))


def test_a_record_that_lacks_a_fact_leaves_its_point_unchecked() -> None:
    bare = Sight(WORKS, (seen("award.issue"), seen("opening.close"), seen("panel.form")))
    for point in ("result.rank", "opening.bidders", "evaluation.committee"):
        assert judge(bare, points()[point]).result == UNCHECKED
