"""The scheduler: what nobody clicks is done when it is due, once, and nothing else stops for it."""

from __future__ import annotations

import os
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from bidding.agenda import Agenda, agenda
from bidding.hall.ceremony import open_notes
from bidding.hall.close import close
from bidding.hall.due import closings
from monitor.record.audit.walk import audit
from monitor.refusal import TooEarly
from monitor.role import SYSTEM
from monitor.runtime.database import Addresses
from monitor.work.errand import Errand
from monitor.work.lead import Lead, leading
from monitor.work.runner import Runner
from tests.monitor.record.test_audit import ASSIGN
from tests.stories.hall import Hall, a_hall
from tests.stories.tenderer import a_tenderer, bidders
from tests.stories.world import SECOND, Tender, a_tender
from tests.webui.serve.office import Office
from trading.award.filing import file as object_to
from trading.award.objection import Kind
from trading.fee.deposit import Deposit
from trading.notice.participation import participants
from trading.paper.keeping import papers
from trading.registration.project import found_project
from webui.deed.upload.incoming import FOLDER, Incoming
from webui.serve import scheduling
from webui.serve.scheduling import step


def answer_notes(office: Office, tender: Tender) -> None:
    """What three trustees do of themselves once CLOSE is witnessed."""
    hall = a_hall(tender)
    request = hall.note_request()
    for seat in (1, 3, 4):
        hall.give(request, seat)
        office.world.settle()


def test_a_trade_runs_from_the_deadline_to_the_names_without_a_click(office: Office) -> None:
    tender = a_tender(office.world)
    three, gone = bidders(tender), a_tenderer(tender)
    for one in (*three, gone):
        one.pay()
    gone.bid()
    gone.withdraw()
    office.run()
    assert office.done(tender.id).count("deposit.return_early") == 1
    assert office.done(tender.id).count("deposit.confirm_refund") == 1
    assert "opening.close" not in office.done(tender.id)
    tender.past_deadline()
    office.run()
    assert office.done(tender.id).count("opening.close") == 1
    assert office.world.ask(participants, tender.id) == []
    answer_notes(office, tender)
    office.run()
    assert {each.name for each in office.world.ask(participants, tender.id)} == {
        one.name for one in three
    }
    with office.world.house.platform.read() as session:
        states = {session.get_one(Deposit, gone.deposit).state}
        payers = {session.get_one(Deposit, one.deposit).payer for one in three}
        stage = found_project(session, tender.id).confirmed_stage
    assert (states, payers, stage) == ({"returned"}, {one.name for one in three}, "closed")
    assert office.run() == 0


def test_the_opening_record_is_put_on_paper_after_the_reveal(office: Office) -> None:
    three = bidders(a_tender(office.world))
    tender = three[0].tender
    tender.past_deadline()
    office.run()
    answer_notes(office, tender)
    hall = Hall(tender, tender.section)
    hall.noted = office.world.ask(open_bids, tender.id, tender.section)
    hall.check_seal(three[0])
    hall.trustees_open()
    hall.unlock()
    hall.reveal()
    office.run()
    [sheet] = office.world.ask(papers, tender.id)
    assert (sheet.kind, sheet.name) == ("opening", "opening-sheet-1.pdf")
    assert office.worker.bench.store.get(sheet.blob).startswith(b"%PDF-")


def open_bids(session: Any, project: UUID, section: UUID) -> Any:
    return open_notes(session, project, section).bids


def test_with_two_bids_the_opening_fails_by_itself(office: Office) -> None:
    tender = bidders(a_tender(office.world), 2)[0].tender
    tender.past_deadline()
    office.run()
    acts = office.done(tender.id)
    assert [acts.count(name) for name in ("opening.close", "opening.fail")] == [1, 1]
    assert acts.index("opening.close") < acts.index("opening.fail")


def test_a_card_turns_yellow_and_red_at_its_own_moment_though_nothing_else_moves(
    office: Office,
) -> None:
    tender = a_tender(office.world)
    a_tenderer(tender).do(object_to, kind=Kind.DOCUMENTS, text="评分标准不明确。")
    office.run()
    assert "duty.open" in office.done(tender.id)
    cards = ("duty.warn", "duty.breach")
    before = [office.done(tender.id).count(name) for name in cards]
    office.world.until(office.world.now + timedelta(days=2))
    office.run()
    yellow = [office.done(tender.id).count(name) for name in cards]
    office.world.until(office.world.now + timedelta(days=3))
    office.run()
    red = [office.done(tender.id).count(name) for name in cards]
    assert (before, yellow[0] > before[0], yellow[1]) == ([0, 0], True, 0)
    assert red[1] >= 1


def test_a_refused_errand_rests_longer_each_time_and_others_go_on(office: Office) -> None:
    tender, other = a_tender(office.world), a_tender(office.world)
    early = Errand(close, tender.id, {"section": tender.section})
    runner = Runner(office.world.house.platform, lambda: office.ticks)
    begun, rests = office.records(), []
    for _ in range(3):
        office.ticks += 1000
        rests.append(runner.run(early))
        assert runner.run(early) == rests[-1]
    assert rests == [5.0, 10.0, 20.0]
    assert office.records() - begun == 3
    assert type(tender.refused(close, SYSTEM, section=tender.section)) is TooEarly
    other.past_deadline()
    office.run()
    assert "opening.close" in office.done(other.id)


def test_a_fault_in_one_trade_stops_no_other(office: Office) -> None:
    bad, good = a_tender(office.world), a_tender(office.world)

    def broken(session: Any, project: UUID, now: datetime) -> Agenda:
        if project == bad.id:
            raise RuntimeError("a row that cannot be read")
        return agenda(session, project, now)

    office.scheduler.ask = broken
    office.look()
    office.look()
    assert "project.confirm_stage" in office.done(good.id)
    assert office.done(bad.id) == []
    office.scheduler.ask = agenda
    office.ticks += 10
    office.run()
    assert "project.confirm_stage" in office.done(bad.id)


def test_a_deadline_that_meets_a_fault_stops_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = a_tender(office.world), a_tender(office.world)
    good.past_deadline()

    def due(session: Any, now: datetime) -> list[Errand]:
        return [Errand(close, bad.id, {"lot": "no input of that act"}), *closings(session, now)]

    monkeypatch.setattr(scheduling, "closings", due)
    office.run()
    assert "opening.close" in office.done(good.id)


def test_a_second_scheduler_follows_and_takes_over_where_the_first_one_ended(
    office: Office, database: Addresses
) -> None:
    tender = a_tender(office.world)
    tender.past_deadline()
    first, second = (Lead(database.app_url, "scheduler") for _ in range(2))
    assert first.held()
    step(second, office.scheduler)
    assert office.done(tender.id) == []
    first.release()
    while not office.done(tender.id):
        step(second, office.scheduler)
    second.release()


def test_whoever_plays_a_story_is_left_alone(office: Office, database: Addresses) -> None:
    lead, order = Lead(database.app_url, "scheduler"), []
    assert lead.held()

    def play() -> None:
        with leading(database.app_url, "scheduler"):
            order.append("played")

    story = threading.Thread(target=play)
    story.start()
    while not order:
        step(lead, office.scheduler)
    story.join()
    lead.release()
    assert order == ["played"]


def test_a_job_that_cannot_be_handed_out_stays_and_is_handed_out_later(office: Office) -> None:
    office.run()
    tender = bidders(a_tender(office.world), 2)[0].tender
    a_tenderer(tender).bid()
    tender.past_deadline()
    office.run()
    hand, office.scheduler.hand = office.scheduler.hand, unreachable
    answer_notes(office, tender)
    for _ in range(3):
        office.look()
    [job] = [each for each in office.jobs("identify") if each.project == tender.id]
    assert (job.state, job.attempts, office.out) == ("waiting", 0, [])
    office.scheduler.hand = hand
    office.run()
    assert [each.state for each in office.jobs("identify") if each.project == tender.id] == ["done"]


def unreachable(work: UUID) -> None:
    raise ConnectionError(f"no Valkey for {work}")


def test_a_chain_that_is_no_trade_is_passed_over(office: Office) -> None:
    office.world.house.platform.perform(ASSIGN, SYSTEM, uuid4())
    assert office.run() <= 1


def test_after_all_that_the_audit_finds_the_house_clean(office: Office) -> None:
    office.world.until(office.world.now + SECOND)
    office.run()
    trusted = office.world.house.settle()
    with office.world.house.platform.read() as session:
        assert audit(session, trusted, office.world.house.policy) == []


def test_uploads_that_nobody_goes_on_with_are_swept_every_hour(
    office: Office, tmp_path: Path
) -> None:
    incoming = Incoming(tmp_path / FOLDER)

    def abandoned() -> Path:
        upload = incoming.folder / "a" / "1"
        upload.mkdir(parents=True)
        long_ago = office.wall.now() - timedelta(days=2)
        os.utime(upload, (long_ago.timestamp(), long_ago.timestamp()))
        return upload

    office.look()  # what was due before is done
    office.scheduler.sweep, first = incoming.sweep, abandoned()
    office.ticks += scheduling.SWEEP
    office.look()
    assert not first.exists()
    second = abandoned()
    office.look()
    assert second.exists()
    office.ticks += scheduling.SWEEP
    office.look()
    assert not second.exists()

    def fails(_: datetime) -> None:
        raise OSError("the disk is away")

    office.scheduler.sweep = fails
    office.ticks += scheduling.SWEEP
    office.look()
