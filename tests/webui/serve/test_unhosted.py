"""An opening without a host: scheduler and worker take each step in their time, and none twice."""

from __future__ import annotations

import json

from bidding.hall import seal
from bidding.hall.reveal import opening_record_of
from bidding.hall.unattended import HOST, SHOW
from tests.stories.hall import Hall
from tests.stories.tenderer import bidders
from tests.stories.world import a_tender
from tests.webui.serve.office import Office
from tests.webui.serve.test_scheduling import answer_notes, open_bids
from trading.paper.keeping import papers


def test_an_opening_that_nobody_hosts_is_opened_all_the_same(office: Office) -> None:
    three = bidders(a_tender(office.world))
    tender, world = three[0].tender, office.world
    tender.past_deadline()
    office.run()
    answer_notes(office, tender)
    office.run()
    assert "opening.lapse_seals" not in office.done(tender.id)
    world.until(world.now + seal.TIME)
    office.run()
    assert office.done(tender.id).count("opening.lapse_seals") == 1
    hall = Hall(tender, tender.section)
    hall.noted = world.ask(open_bids, tender.id, tender.section)
    hall.trustees_open()
    office.run()
    assert "opening.unlock" not in office.done(tender.id), "its host may still do it"
    for _ in range(2):
        world.until(world.now + HOST)
        office.run()
    acts = office.done(tender.id)
    assert [acts.count(f"opening.{name}") for name in ("unlock", "reveal")] == [1, 1]
    document = json.loads(world.ask(opening_record_of, tender.id, tender.section))
    assert [int(row["price_fen"]) for row in document["bids"]] == [one.price_fen for one in three]
    assert [job.state for job in office.jobs(SHOW)] == ["done"]
    assert [paper.kind for paper in world.ask(papers, tender.id)] == ["opening"]


def test_a_host_who_was_quicker_is_not_gone_before(office: Office) -> None:
    three = bidders(a_tender(office.world))
    tender, world = three[0].tender, office.world
    tender.past_deadline()
    office.run()
    answer_notes(office, tender)
    office.run()
    hall = Hall(tender, tender.section)
    hall.noted = world.ask(open_bids, tender.id, tender.section)
    hall.check_seal(three[0])
    hall.trustees_open()
    hall.unlock()
    world.until(world.now + HOST)
    office.look()  # plans the job, and hands it out
    hall.reveal()
    office.run()
    acts = office.done(tender.id)
    assert {f"opening.{name}" for name in ("lapse_seals", "unlock", "reveal")}.isdisjoint(acts)
    assert {job.state for job in office.jobs(SHOW)} <= {"done"}
