"""The panel: a seat is its member's alone, the committee is lawful, names come with the result."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from experts.ceremony.closing import publish_bundle
from experts.draw.pool import mask_of
from experts.panel.attendance import attend, check_in, delegate
from experts.panel.committee import Member, disclose, form
from experts.pool.expert import Expert
from monitor.record.disclosure import VISITOR, Audience, timeline
from monitor.refusal import Invalid, NotAllowed, NotFound, WrongStage
from monitor.role import Role
from tests.builders import an_actor, the_act
from tests.experts.desk import EVIDENCE
from tests.experts.drawing import DrawingPool, a_finished_draw, a_hall, seen_by
from tests.experts.hall import Hall


def test_a_seat_is_taken_only_by_its_own_member(hall: Hall) -> None:
    hall.start().round()
    hall.call()
    (mask, uid), (_, other) = list(hall.sitting().items())[:2]
    opening = hall.service.custody.papers(hall.name).pool().own(uid)["opening"]
    send: dict[str, Any] = {"section": hall.section, "opening": opening, "secret": b"s" * 32}
    for thief in (hall.account(other, mask), hall.account(uid, mask_of(b"x" * 32))):
        with pytest.raises(NotAllowed):
            hall.platform.perform(check_in, thief, hall.project, **send)
    stranger = an_actor(hall.platform, Role.EXPERT, mask=mask)
    with pytest.raises(NotFound):
        hall.platform.perform(check_in, stranger, hall.project, **send)
    hall.platform.perform(check_in, hall.account(uid, mask), hall.project, **send)
    with pytest.raises(WrongStage):
        hall.platform.perform(check_in, hall.account(uid, mask), hall.project, **send)


def test_a_committee_that_the_law_does_not_allow_is_not_formed(
    pool: DrawingPool, tmp_path: Path
) -> None:
    hall = a_hall(pool, tmp_path, ((1, 2), (2, 2)))
    hall.start().round()
    hall.call()
    hall.close()
    hall.recheck()
    with pytest.raises(WrongStage, match="not finished"):
        hall.platform.perform(form, hall.centre, hall.project, section=hall.section)
    hall.check_in()
    hall.finish()
    with pytest.raises(Invalid) as refused:
        hall.platform.perform(form, hall.centre, hall.project, section=hall.section)
    assert refused.value.rule == "works.committee_size"
    for n in range(2):
        a_delegate(hall, n)
    with pytest.raises(Invalid) as refused:
        hall.platform.perform(form, hall.centre, hall.project, section=hall.section)
    assert refused.value.rule == "works.committee_odd"
    a_delegate(hall, 3)
    with pytest.raises(Invalid) as refused:
        hall.platform.perform(form, hall.centre, hall.project, section=hall.section)
    assert refused.value.rule == "works.committee_experts"


def a_delegate(hall: Hall, number: int) -> str:
    """An owner's delegate who has come; the mask."""
    token = hashlib.sha256(bytes([number])).digest()
    mask = hall.platform.perform(
        delegate,
        hall.tenderee,
        hall.project,
        section=hall.section,
        token_hash=hashlib.sha256(token).digest(),
        sealed_identity=b"sealed",
        mandate=bytes(32),
    )
    person = an_actor(hall.platform, Role.TENDEREE, hall.tenderee.org, mask=mask)
    with pytest.raises(NotAllowed):
        hall.platform.perform(
            attend, person, hall.project, section=hall.section, token=bytes(32), secret=token
        )
    hall.platform.perform(
        attend, person, hall.project, section=hall.section, token=token, secret=token
    )
    return mask


def test_names_and_bundle_come_out_with_the_result_and_all_at_once(hall: Hall) -> None:
    a_finished_draw(hall)
    root = _root(hall)
    hall.platform.perform(form, hall.centre, hall.project, section=hall.section)
    members = [
        Member(mask, hall.people[opening["open"]["u"]["value"]].name, opening)
        for mask, opening in hall.openings.items()
    ]
    publish: dict[str, Any] = {"draw": hall.id, "sha256": EVIDENCE, "root": root}
    tell: dict[str, Any] = {"section": hall.section, "members": members}
    with pytest.raises(WrongStage):
        hall.platform.perform(disclose, hall.centre, hall.project, **tell)
    with pytest.raises(WrongStage):
        hall.platform.perform(publish_bundle, hall.centre, hall.project, **publish)
    the_act(hall.platform, "award.issue", hall.project)
    with pytest.raises(Invalid, match="every member"):
        hall.platform.perform(
            disclose, hall.centre, hall.project, section=hall.section, members=members[1:]
        )
    swapped = [replace(members[0], opening=members[1].opening), *members[1:]]
    with pytest.raises(Invalid):
        hall.platform.perform(
            disclose, hall.centre, hall.project, section=hall.section, members=swapped
        )
    hall.platform.perform(disclose, hall.centre, hall.project, **tell)
    assert all(one.name in seen_by(hall, Audience.PUBLIC) for one in members)
    with pytest.raises(Invalid):
        hall.platform.perform(
            publish_bundle, hall.centre, hall.project, draw=hall.id, sha256=EVIDENCE, root=EVIDENCE
        )
    hall.platform.perform(publish_bundle, hall.centre, hall.project, **publish)
    uid = members[0].opening["open"]["u"]["value"]  # type: ignore[index]
    with hall.platform.read() as session:
        row = session.scalars(select(Expert).where(Expert.uid == uid)).one()
    assert len(row.served) >= 1


def _root(hall: Hall) -> str:
    with hall.platform.read() as session:
        acts = [one.facts for one in timeline(session, hall.project, VISITOR)]
    return str(acts[-1]["facts"]["root"])
