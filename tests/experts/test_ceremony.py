"""A whole draw through the actions: what each step refuses, and that nobody learns a name."""

import hashlib
import json

from sqlalchemy import select

from experts.ceremony.header import Draw
from experts.ceremony.seat import seated
from experts.draw.bundle import verify_bundle
from experts.pool.expert import Expert
from monitor.log.canonical import canonical
from monitor.record.disclosure import VISITOR, Audience, timeline
from monitor.runtime.database import Addresses
from tests.experts.drawing import (
    a_finished_draw,
    everything_at_rest,
    seats_in,
    seen_by,
)
from tests.experts.hall import Hall


def test_a_draw_runs_end_to_end_and_its_bundle_verifies(hall: Hall) -> None:
    a_finished_draw(hall)
    report = verify_bundle(hall.service.bundle(hall.name))
    assert report.ok, report
    with hall.platform.read() as session:
        sitting = seated(session, hall.project, hall.section)
        assert [seat.stratum for seat in sitting].count(1) == 3
        assert [seat.stratum for seat in sitting].count(2) == 2
        draw = session.get(Draw, hall.id)
        assert draw is not None
        assert draw.state == "finished"


def test_before_the_result_nothing_at_rest_names_a_member_nor_ties_a_uid_to_the_project(
    hall: Hall, database: Addresses
) -> None:
    a_finished_draw(hall)
    uids = {json.loads(canonical(one["open"]["u"]["value"])) for one in hall.openings.values()}
    assert len(uids) == 5
    rest = everything_at_rest(database)
    everybody = {"expert", "person", "pool_fact"}  # whoever is in the pool, of no project
    told = {name: text for name, text in rest.items() if name not in everybody}
    for uid in uids:
        name = hall.people[uid].name
        assert all(name not in text for text in rest.values())
        assert [name for name, text in told.items() if uid in text] == []
        # Python writes Chinese as it is, but jsonb or a dump might escape it.
        assert all(json.dumps(name)[1:-1] not in text for text in rest.values())
        for audience in Audience:
            assert name not in seen_by(hall, audience)
            assert uid not in seen_by(hall, audience)


def test_a_seats_row_fits_every_expert_alike_without_the_draws_key(hall: Hall) -> None:
    """Whoever holds the whole database tries each person of the pool against the binding."""
    a_finished_draw(hall)
    with hall.platform.read() as session:
        people = list(session.scalars(select(Expert.person)))
        seats = seated(session, hall.project, hall.section)
        sealed = set(session.scalars(select(Expert.sealed_person)))
    for seat in seats:
        assert seat.sealed_identity not in sealed
        for person in people:
            guess = b"batong-seat/1\0" + seat.mask.encode() + (person.bytes if person else b"")
            assert hashlib.sha256(guess).digest() != seat.binding
            assert hashlib.sha256(guess + bytes(32)).digest() != seat.binding


def test_the_public_sees_every_step_as_hashes_and_counts(hall: Hall) -> None:
    a_finished_draw(hall)
    with hall.platform.read() as session:
        acts = [one.facts for one in timeline(session, hall.project, VISITOR)]
    names = [act["action"] for act in acts if act["action"].startswith("draw.")]
    assert (
        names[:6]
        == ["draw.open_header", "draw.commit", "draw.commit", "draw.open"] + ["draw.reveal"] * 2
    )
    assert "draw.contact" not in names
    assert "draw.recheck" not in names
    [first, *_] = [act["facts"] for act in acts if act["action"] == "draw.close_round"]
    assert first["contacts"] == {"CONFIRMED": 4, "DECLINED": 1}
    replaced = [act["facts"] for act in acts if act["action"] == "draw.replace"]
    assert sum(replaced[-1]["barred"].values()) >= 1
    leaves = [seat.proof.hex() for seat in seats_in(hall)]
    public = seen_by(hall, Audience.PUBLIC)
    assert all(leaf not in public and leaf[:32] not in public for leaf in leaves)
