"""From the ranking to the contract: shown, waited out, objected to, awarded to all at once."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from monitor.clock import MovableClock
from monitor.log.canonical import canonical
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.disclosure import TABLE, VISITOR, timeline
from monitor.record.platform import Platform
from monitor.refusal import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    TooEarly,
    TooLate,
    WrongStage,
)
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import a_credit_code, a_participation, an_actor, an_organisation, the_act
from tests.trading.projects import an_issued_trade
from trading.archive import filing
from trading.award import award, candidate, contract
from trading.award.award import Award
from trading.award.candidate import Candidate, Offer
from trading.award.filing import file
from trading.award.letter import Letter, Paper, letters_of
from trading.award.objection import Kind, Outcome, answer, is_suspended
from trading.award.ranking import Ranked, record_ranking
from trading.fee.due import fall_due
from trading.notice.participation import identify
from trading.registration.project import sections

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
YEARS = count(0)
OFFER = Offer("合格", "360日历天", "张三", "闽135060700001", "市政公用工程施工总承包三级")
PRICES = (795_000_000, 796_000_000, 797_000_000, 799_000_000)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START + 52 * next(YEARS) * 7 * DAY)


@pytest.fixture
def platform(database: Addresses, clock: MovableClock) -> Iterator[Platform]:
    platform = Platform(database.app_url, clock)
    yield platform
    platform.close()


class Case:
    """A closed trade of four bidders and one section."""

    def __init__(self, platform: Platform, clock: MovableClock, category: str = "works") -> None:
        self.platform, self.clock = platform, clock
        kind = {"works": "construction", "procurement": "goods"}[category]
        trade = an_issued_trade(platform, category, kind)
        self.project, self.owner, self.centre = trade.id, trade.owner, trade.centre
        with platform.read() as session:
            [row] = sections(session, trade.id)
        self.section = row.id
        self.codes = [a_credit_code() for _ in PRICES]
        self.bidders = [self._bidder(code) for code in self.codes]

    def _bidder(self, code: str) -> Actor:
        return an_actor(self.platform, Role.TENDERER, an_organisation(self.platform, uscc=code))

    def close(self) -> None:
        masks = [a_participation(self.platform, self.project, b.org).mask for b in self.bidders]
        the_act(self.platform, "opening.close", self.project)
        for mask, code in zip(masks, self.codes, strict=True):
            self.act(identify, SYSTEM, mask=mask, uscc=code, name=f"单位{code[-4:]}")

    def report(self, digest: bytes = b"\x02" * 32, ranked: Sequence[Ranked] | None = None) -> None:
        rows = ranked if ranked is not None else self.ranked()
        TABLE.setdefault("evaluation.report", {})

        def run(act: Act) -> None:
            record_ranking(act, self.section, digest, rows)

        verb = Action("evaluation.report", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
        self.platform.perform(verb, SYSTEM, self.project)

    def ranked(self) -> list[Ranked]:
        good = [
            Ranked(code, f"单位{code[-4:]}", rank, price, f"{95 - rank}.00")
            for rank, (code, price) in enumerate(zip(self.codes[:3], PRICES, strict=False), 1)
        ]
        return [*good, Ranked(self.codes[3], "单位四", None, PRICES[3], "", "未按要求签章")]

    def publish(self) -> UUID:
        shown = {"section": self.section, "offers": [OFFER] * 3, "channel": "招标人 0595-000"}
        found: UUID = self.act(candidate.publish, self.owner, **shown)
        return found

    def object(self, **changed: Any) -> UUID:
        filed = {"kind": Kind.RESULT, "text": "项目经理业绩不实", "section": self.section}
        found: UUID = self.act(file, self.bidders[1], **filed | changed)
        return found

    def award(self, place: int = 0, reason: str = "") -> UUID:
        given = {"section": self.section, "uscc": self.codes[place], "reason": reason}
        found: UUID = self.act(award.issue, self.owner, **given)
        return found

    def answer(self, objection: UUID) -> None:
        said = {"objection": objection, "text": "经核实不成立", "outcome": Outcome.DISMISSED}
        self.act(answer, self.owner, **said)

    def act(self, verb: Any, actor: Actor, **inputs: Any) -> Any:
        return self.platform.perform(verb, actor, self.project, **inputs)

    def letters(self) -> list[Letter]:
        with self.platform.read() as session:
            return letters_of(session, self.project, self.section)

    def to_award(self) -> UUID:
        self.close()
        self.report()
        self.publish()
        self.clock.wait(5 * DAY)
        return self.award()


@pytest.fixture
def case(platform: Platform, clock: MovableClock) -> Case:
    return Case(platform, clock)


def test_the_first_three_of_the_ranking_are_shown_and_nobody_else(case: Case) -> None:
    case.close()
    with pytest.raises(WrongStage):
        case.publish()
    case.report()
    case.publish()
    with case.platform.read() as session:
        shown = session.query(Candidate).order_by(Candidate.rank).all()[-3:]
        [seen] = [
            item.facts["facts"]
            for item in timeline(session, case.project, VISITOR)
            if item.facts["action"] == "candidates.publish"
        ]
    assert [(row.rank, row.uscc, row.price_fen) for row in shown] == [
        (rank, case.codes[rank - 1], PRICES[rank - 1]) for rank in (1, 2, 3)
    ]
    assert [row["uscc"] for row in seen["candidates"]] == case.codes[:3]
    assert seen["candidates"][0]["manager"] == "张三"
    with pytest.raises(Conflict):
        case.publish()


def test_what_the_law_asks_to_show_is_not_left_out(case: Case) -> None:
    case.report()
    full = {name: getattr(OFFER, name) for name in OFFER.__slots__}
    bare = [Offer(**full | {name: " "}) for name in full]
    for offers, channel in (
        *(([one, OFFER, OFFER], "电话") for one in bare),
        ([OFFER] * 3, ""),
        ([OFFER] * 2, "电话"),
        ([OFFER] * 4, "电话"),
    ):
        shown = {"section": case.section, "offers": offers, "channel": channel}
        with pytest.raises(Invalid):
            case.act(candidate.publish, case.owner, **shown)


def test_no_award_before_three_days_of_publicity_are_over(case: Case) -> None:
    case.close()
    case.report()
    with pytest.raises(WrongStage):
        case.award()
    case.publish()
    case.clock.wait(2 * DAY)
    with pytest.raises(TooEarly) as refused:
        case.award()
    assert "54" in str(refused.value)
    case.clock.wait(2 * DAY)
    case.award()


def test_an_objection_halts_the_award_until_it_is_answered(case: Case) -> None:
    case.close()
    case.report()
    case.publish()
    objection = case.object()
    case.clock.wait(6 * DAY)
    with case.platform.read() as session:
        assert is_suspended(session, case.project)
    with pytest.raises(WrongStage):
        case.award()
    with pytest.raises(NotAllowed):
        case.act(answer, case.bidders[1], objection=objection, text="x", outcome=Outcome.DISMISSED)
    case.answer(objection)
    with pytest.raises(WrongStage):
        case.answer(objection)
    with case.platform.read() as session:
        assert not is_suspended(session, case.project)
    case.award()


def test_an_objection_after_the_publicity_is_refused_with_the_article(case: Case) -> None:
    case.close()
    case.report()
    with pytest.raises(TooEarly):
        case.object()
    case.publish()
    case.clock.wait(6 * DAY)
    with pytest.raises(TooLate) as refused:
        case.object()
    assert refused.value.rule == "招标投标法实施条例 54"
    case.award()


def test_only_a_bidder_under_its_own_name_objects_to_the_result(case: Case) -> None:
    case.close()
    case.report()
    case.publish()
    stranger = an_actor(case.platform, Role.TENDERER)
    with pytest.raises(NotAllowed):
        case.act(file, stranger, kind=Kind.RESULT, text="x", section=case.section)
    bidder = case.bidders[1]
    masked = Actor(bidder.person, bidder.org, bidder.role, "p-" + "0" * 32)
    with pytest.raises(NotAllowed):
        case.act(file, masked, kind=Kind.RESULT, text="x", section=case.section)
    with pytest.raises(Invalid):
        case.object(text="  ")
    with pytest.raises(Invalid):
        case.object(section=None)
    with pytest.raises(NotFound):
        case.object(section=uuid4())


def test_an_objection_to_the_opening_is_raised_at_the_opening(case: Case) -> None:
    with pytest.raises(WrongStage):
        case.object(kind=Kind.OPENING)
    case.close()
    objection = case.object(kind=Kind.OPENING, section=None)
    the_act(case.platform, "evaluation.start", case.project)
    with pytest.raises(TooLate) as refused:
        case.object(kind=Kind.OPENING)
    assert refused.value.rule == "招标投标法实施条例 44"
    case.report()
    with pytest.raises(WrongStage):
        case.publish()
    case.answer(objection)
    case.publish()


def test_an_objection_to_the_documents_comes_ten_days_before_the_deadline(case: Case) -> None:
    bidder = a_participation(case.platform, case.project)
    said = {"kind": Kind.DOCUMENTS, "text": "资格条件歧视"}
    with pytest.raises(NotAllowed):
        case.act(file, case.bidders[0], **said)
    objection = case.act(file, bidder, **said)
    with case.platform.read() as session:
        assert is_suspended(session, case.project)
    case.answer(objection)
    case.clock.wait(16 * DAY)  # of 25
    with pytest.raises(TooLate) as refused:
        case.act(file, bidder, **said)
    assert refused.value.rule == "招标投标法实施条例 22"


def test_an_order_to_halt_halts_until_it_is_lifted(case: Case) -> None:
    case.close()
    case.report()
    the_act(case.platform, "project.suspend", case.project)
    with pytest.raises(WrongStage):
        case.publish()
    case.clock.wait(DAY)
    the_act(case.platform, "project.resume", case.project)
    case.publish()


def test_the_award_fixes_every_letter_at_once(case: Case) -> None:
    case.to_award()
    letters = case.letters()
    assert [letter.kind for letter in letters] == ["award", "result", "result", "result"]
    assert {letter.uscc for letter in letters} == set(case.codes)
    assert len({letter.issued_at for letter in letters}) == 1
    for letter in letters:
        assert letter.digest == hashlib.sha256(canonical(letter.data)).digest()
        assert letter.data["winner_uscc"] == case.codes[0]
        assert letter.data["price_fen"] == str(PRICES[0])
    rejected = next(letter for letter in letters if letter.uscc == case.codes[3])
    assert (rejected.data["rank"], rejected.data["reason"]) == ("", "未按要求签章")
    assert letters[0].data["terms"]["manager"] == "张三"
    with pytest.raises(Conflict):
        case.award()


def test_the_file_is_not_closed_before_every_letter_is_filed(case: Case) -> None:
    case.to_award()
    with pytest.raises(WrongStage, match="通知书"):
        case.act(filing.close, case.centre, manifest=b"[]")


def test_a_letter_tells_no_other_loser_s_score(case: Case) -> None:
    case.to_award()
    for letter in case.letters():
        others = {row.score for row in case.ranked() if row.score and row.uscc != letter.uscc}
        assert not others & set(map(str, letter.data.values()))


def test_another_than_the_first_wins_only_for_a_reason_and_from_the_candidates(case: Case) -> None:
    case.close()
    case.report(ranked=[*case.ranked()[:3], Ranked(case.codes[3], "单位四", 4, PRICES[3], "91")])
    case.publish()
    case.clock.wait(5 * DAY)
    with pytest.raises(Invalid) as refused:
        case.award(1)
    assert refused.value.rule == "招标投标法实施条例 55"
    with pytest.raises(Invalid):
        case.award(3, "中意")
    case.award(1, "第一名放弃中标")
    with case.platform.read() as session:
        row = session.query(Award).filter_by(project=case.project).one()
    assert (row.rank, row.reason) == (2, "第一名放弃中标")


def test_a_refused_award_leaves_no_letter(case: Case) -> None:
    case.close()
    case.report()
    case.publish()
    with pytest.raises(TooEarly):
        case.award()
    assert case.letters() == []


def test_the_agency_does_not_award(case: Case) -> None:
    case.close()
    case.report()
    case.publish()
    case.clock.wait(5 * DAY)
    agency = an_actor(case.platform, Role.AGENCY)
    with pytest.raises(NotAllowed):
        case.act(award.issue, agency, section=case.section, uscc=case.codes[0])


def test_signed_papers_are_filed_all_or_none_and_once(case: Case) -> None:
    case.to_award()
    papers = {
        letter.id: Paper(f"{letter.uscc}.pdf", hashlib.sha256(letter.digest).digest())
        for letter in case.letters()
    }
    short = dict(list(papers.items())[1:])
    for wrong in (short, papers | {uuid4(): Paper("x.pdf", b"\x00" * 32)}, {}):
        with pytest.raises(Invalid):
            case.act(award.file, case.owner, section=case.section, papers=wrong)
    first = next(iter(papers))
    for bad in (Paper("../x.pdf", b"\x00" * 32), Paper("x.pdf", b"\x00")):
        with pytest.raises(Invalid):
            case.act(award.file, case.owner, section=case.section, papers=papers | {first: bad})
    assert all(letter.file_name is None for letter in case.letters())
    case.act(award.file, case.owner, section=case.section, papers=papers)
    assert {letter.id: letter.file_digest for letter in case.letters()} == {
        key: paper.digest for key, paper in papers.items()
    }
    with pytest.raises(Conflict):
        case.act(award.file, case.owner, section=case.section, papers=papers)


def test_a_contract_has_the_award_s_price_and_a_bond_of_ten_per_cent_at_most(case: Case) -> None:
    text = {"section": case.section, "digest": b"\x03" * 32, "price_fen": PRICES[0]}
    with pytest.raises(NotFound):
        case.act(contract.sign, case.owner, **text)
    case.to_award()
    for wrong in (
        {"price_fen": PRICES[0] - 1},
        {"bond_fen": PRICES[0] // 10 + 1},
        {"bond_fen": -1},
    ):
        with pytest.raises(Invalid):
            case.act(contract.sign, case.owner, **text | wrong)
    with pytest.raises(NotFound):
        case.act(contract.publish, case.owner, section=case.section)
    case.clock.wait(40 * DAY)  # late: a card, and still a contract
    case.act(contract.sign, case.owner, **text, bond_fen=PRICES[0] // 10)
    with pytest.raises(Conflict):
        case.act(contract.sign, case.owner, **text)
    case.act(contract.publish, case.owner, section=case.section)
    with pytest.raises(Conflict):
        case.act(contract.publish, case.owner, section=case.section)


def test_a_later_report_replaces_the_one_before(case: Case) -> None:
    case.close()
    case.report()
    case.publish()
    case.clock.wait(5 * DAY)
    again = [
        Ranked(case.codes[1], "单位二", 1, PRICES[1], "96"),
        Ranked(case.codes[0], "单位一", None, None, "", "业绩不实"),
    ]
    case.report(b"\x04" * 32, again)
    with pytest.raises(WrongStage):
        case.award(1)
    case.act(candidate.publish, case.owner, section=case.section, offers=[OFFER], channel="电话")
    case.clock.wait(5 * DAY)
    with pytest.raises(Invalid):
        case.award(0, "反悔")
    case.award(1)
    assert [letter.uscc for letter in case.letters()] == [case.codes[1], case.codes[0]]


def test_ranks_run_from_one_and_a_rejection_has_a_reason(case: Case) -> None:
    for ranks in ((1, 1), (2, 3), (0, 1), (None, None), ()):
        rows = [
            Ranked(code, "单位", rank, 1, "1")
            for code, rank in zip(case.codes, ranks, strict=False)
        ]
        with pytest.raises(Invalid):
            case.report(ranked=rows)


def test_procurement_needs_no_publicity_and_a_challenge_does_not_halt_it(
    platform: Platform, clock: MovableClock
) -> None:
    case = Case(platform, clock, "procurement")
    case.close()
    case.report()
    with pytest.raises(TooEarly):
        case.object()
    case.award()
    case.object()
    with platform.read() as session:
        assert not is_suspended(session, case.project)
    text = {"section": case.section, "digest": b"\x03" * 32, "price_fen": PRICES[0]}
    case.act(contract.sign, case.owner, **text)


def of_another_lot(case: Case, name: str) -> None:
    """A public act of that name on record, about a lot that is not the case's."""

    def run(act: Act) -> None:
        act.note(section=str(uuid4()))

    verb = Action(name, frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
    case.platform.perform(verb, SYSTEM, case.project)


def test_the_award_of_another_lot_opens_no_objection_to_this_one(
    platform: Platform, clock: MovableClock
) -> None:
    case = Case(platform, clock, "procurement")
    case.close()
    case.report()
    of_another_lot(case, "award.issue")
    with pytest.raises(TooEarly):
        case.object()
    clock.wait(30 * DAY)
    case.award()
    case.object()


def test_the_contract_of_another_lot_makes_no_deposit_of_this_one_due(case: Case) -> None:
    case.to_award()
    of_another_lot(case, "contract.sign")
    with pytest.raises(WrongStage):
        case.act(fall_due, SYSTEM, section=case.section, cause="contract.sign")
