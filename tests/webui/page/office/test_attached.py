"""A bid's files before those who judge it: each to whom it is open, on record, byte for byte."""

from __future__ import annotations

import hashlib
import html
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest

from bidding.attachment import BidAttachment, State
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.record.identity import secret_id
from monitor.role import SYSTEM, Role
from tests.builders import an_actor
from tests.webui.page.office.committee import Committee, promise
from trading.supervision.look import judge as judge_bids

PLAN = "施工组织设计：双曲扁壳施工法".encode() * 40_000
NAME = "技术标 <b>.pdf"
CAUSE = "att-002.age: 内容与投标函所列不符 / not what the letter says"


@pytest.fixture
def files(sitting: Committee) -> list[UUID]:
    """The first bid's attachments: one open, one that is not what was listed, one on its way."""
    blob, project, section = sitting.counter.source.store.put(PLAN), *_place(sitting)
    told = ((NAME, State.OPENED, blob, ""), ("商务标.pdf", State.SHUT, None, CAUSE),
            ("图纸.pdf", State.WAITING, None, ""))  # fmt: skip

    def run(act: Act) -> list[UUID]:
        rows = [
            BidAttachment(
                id=secret_id(), project=project, section=section, bid=sitting.bids[0],
                object=f"att-{n:03d}.age", name=name, size=len(PLAN),
                sha256=hashlib.sha256(PLAN).hexdigest(), state=state.value, blob=kept,
                cause=cause, opened_at=act.now,
            )
            for n, (name, state, kept, cause) in enumerate(told, 1)
        ]  # fmt: skip
        act.session.add_all(rows)
        act.note(section=str(section))
        return [row.id for row in rows]

    verb = Action("opening.attach", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
    return sitting.hall.platform.perform(verb, SYSTEM, project)


def _place(sitting: Committee) -> tuple[UUID, UUID]:
    return sitting.hall.project, sitting.hall.section


def looked(sitting: Committee, mask: str) -> list[str]:
    with sitting.hall.platform.read() as session:
        seen = timeline(
            session, sitting.hall.project, Viewer(Audience.PARTY, masks=frozenset({mask}))
        )
    told = [each.facts for each in seen if each.facts["action"] == judge_bids.name]
    return [each["facts"]["kind"] for each in told]


def test_a_member_reads_what_was_sealed_on_record_once_the_promise_is_made(
    sitting: Committee, files: list[UUID]
) -> None:
    sitting.start()
    mask = sitting.masks[0]
    person, address = sitting.person(mask), f"{sitting.address}/attachment/{files[0]}"
    person.get(address, 404)
    promise(sitting, person)
    page = html.unescape(person.get(f"{sitting.address}?bid={sitting.bids[0]}"))
    assert NAME in page
    assert f'href="{address}"' in page
    assert "<b>.pdf" not in person.get(f"{sitting.address}?bid={sitting.bids[0]}")
    for words in ("未能打开", "内容与投标函所列不符", "正在打开"):
        assert words in page
    answer = person.client.get(address)
    assert (answer.status_code, answer.data) == (200, PLAN)
    told = answer.headers["Content-Disposition"]
    assert told == f"attachment; filename=_____b_.pdf; filename*=UTF-8''{quote(NAME, safe='')}"
    assert told.isascii(), "a header of another script is no header: the server fails on it"
    assert answer.headers["Content-Length"] == str(len(PLAN))
    assert looked(sitting, mask) == ["bids", "attachment"]
    for other in (*files[1:], uuid4()):
        person.get(f"{sitting.address}/attachment/{other}", 404)
    assert "此投标没有附件" in person.get(f"{sitting.address}?bid={sitting.bids[1]}")


def test_nobody_else_reads_a_bids_file(sitting: Committee, files: list[UUID]) -> None:
    sitting.start()
    name = str(sitting.hall.project)
    panel, desk = f"{sitting.address}/attachment/{files[0]}", f"/desk/{name}/attachment/{files[0]}"
    stranger = sitting.counter.app.test_client()
    for address in (panel, desk):
        assert stranger.get(address).status_code == 303
    foreign = {
        Role.CENTRE: (403, 403), Role.FINANCE: (403, 403), Role.TENDERER: (403, 403),
        Role.TENDEREE: (404, 404), Role.AGENCY: (403, 404), Role.EXPERT: (404, 403),
        Role.ADMINISTRATOR: (403, 403),
    }  # fmt: skip
    for role, (at_panel, at_desk) in foreign.items():
        person = sitting.counter.person(an_actor(sitting.hall.platform, role))
        person.get(panel, at_panel)
        person.get(desk, at_desk)


def test_the_tenderee_and_its_supervisor_read_it_on_record_and_the_centre_sees_how_far(
    sitting: Committee, files: list[UUID]
) -> None:
    hall, counter = sitting.hall, sitting.counter
    name = str(hall.project)
    owner = counter.person(hall.tenderee)
    answer = owner.client.get(f"/desk/{name}/attachment/{files[0]}")
    assert (answer.status_code, answer.data) == (200, PLAN)
    with hall.platform.read() as session:
        seen = [each.facts for each in timeline(session, hall.project, Viewer(Audience.DISCIPLINE))]
    kinds = [each["facts"]["kind"] for each in seen if each["action"] == "secret.look"]
    assert "attachment" in kinds


def test_a_program_of_the_member_is_told_the_same(sitting: Committee, files: list[UUID]) -> None:
    sitting.start()
    mask = sitting.masks[0]
    person, paper = sitting.person(mask), sitting.paper(mask)
    promise(sitting, person)
    seat = f"{paper['section']}.{mask}.{paper['secret']}"
    head = {"Authorization": f"Bearer {person.token}", "X-Seat": seat}
    told = sitting.counter.app.test_client().get(f"/api/v1{sitting.address}", headers=head).json
    assert told is not None
    [first] = [each for each in told["bids"] if each["bid"] == str(sitting.bids[0])]
    assert [each["state"] for each in first["attachments"]] == ["opened", "shut", "waiting"]
    assert first["attachments"][0]["sha256"] == hashlib.sha256(PLAN).hexdigest()
    assert first["attachments"][0]["id"] == str(files[0])
