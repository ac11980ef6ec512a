"""The worker: each job done once whatever breaks off where, and what fails says why and waits."""

from __future__ import annotations

import email
import email.policy
import hashlib
import signal
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.disclosure import TABLE
from monitor.refusal import Conflict
from monitor.role import SYSTEM, Role
from monitor.work.due import DueWork, Job, Wanted, plan, stuck_work
from monitor.work.lead import trying
from monitor.work.messenger import NotSent
from tests.stories.tenderer import Tenderer, bidders
from tests.stories.world import Tender, a_tender, in_days
from tests.webui.serve.office import Office
from tests.webui.serve.test_scheduling import answer_notes
from trading.archive.canonical_zip import read_canonical
from trading.archive.filing import close as close_file
from trading.archive.filing import last_edition
from trading.award.award import issue
from trading.award.candidate import Offer, publish
from trading.award.letter import letters_of
from trading.award.ranking import Ranked, record_ranking
from trading.fee.deposit import Deposit
from trading.fee.refund import approve_refund, instructed, order_refund
from trading.notice.message.address import set_address
from trading.paper.keeping import File, keep_file, papers
from trading.paper.signature import check_pdf
from webui.serve.work.job.archive import contents
from webui.serve.work.job.book import BOOK, doer
from webui.serve.work.worker import TooLong, limit, named

OFFER = Offer("合格", "360日历天", "张三", "闽135060700001", "市政公用工程施工总承包三级")


def closed(office: Office, paid: bool = True) -> list[Tenderer]:
    """Three tenderers of a trade that is closed and whose bidders are known."""
    three = bidders(a_tender(office.world))
    for one in three:
        if paid:
            one.pay()
    three[0].tender.past_deadline()
    office.run()
    answer_notes(office, three[0].tender)
    office.run()
    return three


def awarded(office: Office, three: list[Tenderer]) -> Tender:
    """The trade awarded to the first; what lies between stands on record by its result alone."""
    tender = three[0].tender
    TABLE.setdefault("evaluation.report", {})
    ranked = [
        Ranked(one.uscc, one.name, rank, one.price_fen, f"{95 - rank}.00")
        for rank, one in enumerate(three, 1)
    ]

    def run(act: Act) -> None:
        record_ranking(act, tender.section, b"\x02" * 32, ranked)

    report = Action("evaluation.report", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
    tender.do(report, SYSTEM)
    shown = {"section": tender.section, "offers": [OFFER] * 3, "channel": "本平台"}
    tender.do(publish, tender.owner, **shown)
    in_days(office.world, 6)
    tender.do(issue, tender.owner, section=tender.section, uscc=three[0].uscc)
    return tender


def test_letters_are_signed_kept_and_filed_all_at_once_and_never_anew(office: Office) -> None:
    tender = awarded(office, closed(office))
    office.run()
    kept = [row for row in office.world.ask(papers, tender.id) if row.kind == "letter"]
    letters = office.world.ask(letters_of, tender.id, tender.section)
    assert {row.digest for row in kept} == {letter.file_digest for letter in letters}
    assert len(kept) == 3
    pdf = office.worker.bench.store.get(kept[0].blob)
    assert hashlib.sha256(pdf).digest() == kept[0].digest
    assert office.done(tender.id).count("award.file") == 1
    [job] = [each for each in office.jobs("letters") if each.project == tender.id]
    doer("letters")(office.worker.bench, replace(a_job(job), attempt=2))
    assert office.done(tender.id).count("award.file") == 1
    assert len(check_pdf(pdf, [], office.world.now).signatures) == 1


def a_job(row: DueWork) -> Job:
    return Job(row.id, row.kind, row.key, row.project, row.attempts)


def test_letters_that_broke_off_after_the_first_paper_are_taken_up(office: Office) -> None:
    tender = awarded(office, closed(office, paid=False))
    office.look()
    office.look()
    first = office.world.ask(letters_of, tender.id, tender.section)[0]
    name = f"{tender.section.hex[:8]}-001.pdf"
    made = File("letter", name, f"{first.name} 通知书 / letter", b"%PDF-1.7 made before the kill")
    keep_file(office.world.house.platform, office.world.store, SYSTEM, tender.id, made)
    office.run()
    letters = office.world.ask(letters_of, tender.id, tender.section)
    assert letters[0].file_digest == made.digest
    assert all(letter.file_digest for letter in letters)


def test_a_refund_is_paid_once_and_confirmed_though_the_confirmation_was_lost(
    office: Office,
) -> None:
    one = closed(office)[0]
    tender = one.tender
    refund = tender.do(order_refund, tender.cashier, deposit=one.deposit)
    key = tender.do(approve_refund, tender.cashier_two, refund=refund)
    bench = office.worker.bench
    assert bench.bank is not None
    order = office.world.ask(instructed, refund)
    bench.bank.send_back(key, order.origin, order.fen)  # killed before it was written down
    office.run()
    with office.world.house.platform.read() as session:
        assert session.get_one(Deposit, one.deposit).state == "returned"
    assert len(list((bench.settings.data / "bank").glob(f"{key}*"))) == 1
    assert office.done(tender.id).count("deposit.confirm_refund") == 1


def test_mail_tells_the_reader_in_their_language_and_nothing_secret(office: Office) -> None:
    platform = office.world.house.platform
    three = bidders(a_tender(office.world))
    tender = three[0].tender
    office.world.do(set_address, tender.owner, None, email="owner@example.com", lang="en")
    office.world.do(set_address, three[1].actor, None, email="bidder@example.com")
    before = mails(office)
    tender.past_deadline()
    office.run()
    answer_notes(office, tender)
    office.run()
    awarded(office, three)
    office.run()
    sent = {name: mail for name, mail in mails(office).items() if name not in before}
    told = {(str(mail["To"]), str(mail["Subject"])) for mail in sent.values()}
    assert any("Bids are closed" in subject for to, subject in told if to == "owner@example.com")
    assert any("已定标" in subject for to, subject in told if to == "bidder@example.com")
    prices = {f"{one.price_fen // 100}" for one in three} | {str(one.price_fen) for one in three}
    for mail in sent.values():
        text = mail.get_content()
        assert not [price for price in prices if price in text.replace(",", "")]
        assert all(one.name not in text and one.name not in str(mail["Subject"]) for one in three)
    with platform.read() as session:
        assert stuck_work(session) == []


def mails(office: Office) -> dict[str, Any]:
    folder = office.worker.bench.settings.data / "mail"
    return {
        path.name: email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in folder.glob("*.eml")
    }


def test_both_bags_of_a_closed_file_are_filed_by_themselves(office: Office) -> None:
    tender = bidders(a_tender(office.world), 2)[0].tender
    tender.past_deadline()
    office.run()
    bench = office.worker.bench
    document = File("tender", "tender.txt", "招标文件 / tender documents", b"tender documents")
    keep_file(bench.platform, bench.store, tender.owner, tender.id, document)
    tender.do(close_file, tender.clerk, manifest=contents(bench, tender.id))
    late = File("other", "late.txt", "之后的文件 / a later one", b"late")
    keep_file(bench.platform, bench.store, tender.owner, tender.id, late)
    office.run()
    edition = office.world.ask(last_edition, tender.id)
    kept = {row.name: row for row in office.world.ask(papers, tender.id) if row.kind == "bag"}
    assert set(kept) == {"archive-1.zip", "public-1.zip"}
    assert (edition.custody, edition.public) == tuple(
        kept[name].digest for name in ("archive-1.zip", "public-1.zip")
    )
    members = read_canonical(bench.store.get(kept["archive-1.zip"].blob))
    assert "data/documents/tender/tender.txt" in members
    assert "data/documents/other/late.txt" not in members
    assert office.done(tender.id).count("archive.file") == 1


def planned(office: Office, kind: str, key: str = "") -> UUID:
    wanted = Wanted(kind, key or uuid4().hex)
    wall = office.wall.now()
    office.world.house.platform.perform(plan, SYSTEM, None, wanted=(wanted,), wall=wall)
    return next(row.id for row in office.jobs(kind) if row.key == wanted.key)


def row(office: Office, work: UUID) -> DueWork:
    with office.world.house.platform.read() as session:
        return session.get_one(DueWork, work)


def test_a_job_that_cannot_be_done_says_why_rests_and_is_shown(office: Office) -> None:
    work = planned(office, "payment")
    for _ in range(3):
        assert not office.worker.work(work)
        assert not office.worker.work(work)  # it rests
        office.wall.wait(timedelta(hours=2))
    found = row(office, work)
    assert (found.state, found.attempts, found.last_error) == (
        "waiting",
        3,
        "NotFound: 没有此退款 / no such refund",
    )
    with office.world.house.platform.read() as session:
        assert work in {each.id for each in stuck_work(session)}


def test_a_job_in_anothers_hands_is_not_begun_and_is_free_when_that_one_dies(
    office: Office,
) -> None:
    work, records = planned(office, "payment"), office.records()
    with trying(office.worker.app_url, f"work {work}") as held:
        assert held
        assert not office.worker.work(work)
    assert office.records() == records
    assert not office.worker.work(work)
    assert row(office, work).attempts == 1


def test_a_job_of_no_kind_fails_like_any_other(office: Office) -> None:
    work = planned(office, "no such kind")
    assert not office.worker.work(work)
    assert row(office, work).last_error == "KeyError"


def test_what_a_worker_is_told_of_twice_is_done_once(office: Office) -> None:
    tender = bidders(a_tender(office.world))[0].tender
    tender.past_deadline()
    office.run()
    answer_notes(office, tender)
    while not office.out:
        office.look()
    [work] = office.out
    assert office.worker.work(work)
    records = office.records()
    assert not office.worker.work(work)
    assert office.records() == records
    assert office.done(tender.id).count("participation.identify") == 3


def test_a_job_without_end_is_cut_short() -> None:
    with pytest.raises(TooLong), limit(1):
        time.sleep(30)
    assert signal.getsignal(signal.SIGALRM) in {signal.SIG_DFL, signal.Handlers.SIG_DFL}


def test_what_went_wrong_is_told_without_the_words_of_strangers() -> None:
    assert named(ValueError("redis://:s3cr3t@host")) == "ValueError"
    assert named(Conflict("已存 / kept already")) == "Conflict: 已存 / kept already"
    assert named(NotSent("SMTPServerDisconnected")) == "NotSent: SMTPServerDisconnected"


def test_every_kind_of_the_book_has_its_doer() -> None:
    assert all(callable(doer(kind)) for kind in BOOK)
    with pytest.raises(KeyError):
        doer("no such kind")
