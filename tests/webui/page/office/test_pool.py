"""The pool's pages: a sheet in, a report a line out; anybody applies; no page holds a name."""

import io
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from bidding.envelope.age.file import decrypt_bytes
from bidding.envelope.age.key import new_identity, recipient_of
from experts.pool.expert import Expert
from experts.pool.intake.application import name_keepers
from experts.pool.intake.roster import COLUMNS
from experts.pool.stand_in import stand_in_employer
from monitor.role import Actor, Role
from tests.builders import an_actor, an_organisation
from tests.webui.page.counter import Counter, Person
from trading.registration.party import Kind

JOB = f"{stand_in_employer(1)}@2001-02-03"
FORM = {
    "name": "例甲子", "phone": "000-77", "region": "350102", "title": "高级工程师", "born": "1970",
    "practising_since": "1995", "main_specialty": "A01", "specialties": "A01 A02",
    "employers": JOB, "certificates": "",
}  # fmt: skip


@dataclass
class Desk:
    """Two clerks of one centre, and who keeps the names."""

    counter: Counter
    clerk: Person
    second: Person
    unit: str
    identity: str

    def bring(self, data: bytes, name: str = "a.csv") -> TestResponse:
        told = {"csrf": self.clerk.csrf, "file": (io.BytesIO(data), name)}
        return self.clerk.client.post("/pool/import", data=told, content_type="multipart/form-data")

    def sealed(self, uid: str) -> dict[str, str]:
        with self.counter.house.platform.read() as session:
            row = session.scalars(select(Expert.sealed_person).where(Expert.uid == uid)).one()
        told: dict[str, str] = json.loads(decrypt_bytes(row, [self.identity]))
        return told


@pytest.fixture(scope="module")
def desk(counter: Counter) -> Desk:
    platform, identity = counter.house.platform, new_identity()
    boss, clerk = an_actor(platform, Role.ADMINISTRATOR), an_actor(platform, Role.CENTRE)
    second = an_actor(platform, Role.CENTRE, clerk.org)
    platform.perform(name_keepers, boss, None, recipient=recipient_of(identity))
    unit = str(an_organisation(platform, Kind.INSTITUTION))
    counter.house.clock.wait(timedelta(minutes=1))
    return Desk(counter, counter.person(clerk), counter.person(second), unit, identity)


def sheet(*lines: dict[str, str]) -> bytes:
    heading = ",".join(names[0] for names in COLUMNS.values())
    rows = [",".join(one.get(name, "") for name in COLUMNS) for one in lines]
    return "\n".join([heading, *rows]).encode()


def test_a_sheet_is_imported_and_its_bad_lines_are_told(desk: Desk) -> None:
    lines = [FORM | {"uid": "P1"}, FORM | {"uid": "P2", "born": "?"}, FORM | {"uid": "P3"}]
    answer = desk.bring(sheet(*lines))
    assert answer.status_code == 200, answer.text
    assert "P2" in answer.text
    assert "出生年" in answer.text
    assert "P1" not in answer.text
    page = desk.clerk.get("/pool")
    assert {"P1", "P3"} <= set(re.findall(r"\bP[0-9]\b", page))
    assert desk.sealed("P1")["name"] == FORM["name"]
    for secret in (FORM["name"], FORM["phone"]):
        assert secret not in page + answer.text


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04x", "姓名\n甲".encode()])
def test_what_is_no_sheet_is_refused_on_the_form(desk: Desk, data: bytes) -> None:
    answer = desk.bring(data)
    assert answer.status_code == 422
    assert 'href="#f-file"' in answer.text


def test_only_the_centre_imports_and_only_those_who_watch_see_the_pool(desk: Desk) -> None:
    platform = desk.counter.house.platform
    for role in (Role.TENDEREE, Role.FINANCE, Role.EXPERT):
        stranger = desk.counter.person(an_actor(platform, role))
        stranger.get("/pool", 403)
        stranger.get("/pool/import", 403)
    inspector = desk.counter.person(an_actor(platform, Role.DISCIPLINE))
    inspector.get("/pool")
    inspector.get("/pool/import", 403)
    clerk, clerk.csrf = desk.clerk, desk.clerk.csrf + "x"
    try:
        assert desk.bring(sheet(FORM | {"uid": "P9"})).status_code in {401, 422}
    finally:
        clerk.csrf = clerk.csrf[:-1]
    assert "P9" not in desk.clerk.get("/pool")


def test_anybody_applies_is_refused_by_field_and_learns_the_verdict(desk: Desk) -> None:
    visitor = desk.counter.app.test_client()
    page = visitor.get("/apply").text
    token = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    bad = visitor.post("/apply", data=FORM | {"csrf": token, "born": "1890"})
    assert bad.status_code == 422
    assert 'href="#f-born"' in bad.text
    assert FORM["title"] in bad.text, "what was typed stays"
    foreign = visitor.post("/apply", data=FORM | {"csrf": "x"})
    assert foreign.status_code in {400, 422}
    done = visitor.post("/apply", data=FORM | {"csrf": token})
    assert done.status_code == 303, done.text
    uid = done.location.rsplit("/", 1)[1]
    assert desk.sealed(uid)["name"] == FORM["name"]
    told = {"uids": uid, "verdict": "declined", "organisation": desk.unit}
    assert desk.clerk.act("expert.review", None, **told, reason="").status_code == 422
    assert desk.clerk.act("expert.review", None, **told, reason="年限不足").status_code == 303
    assert "年限不足" in visitor.get(done.location).text
    assert visitor.get("/apply/SNOBODY").status_code == 404


def test_an_entry_is_reviewed_by_another_and_then_suspended_and_resumed(desk: Desk) -> None:
    assert desk.clerk.act("expert.enrol", None, uid="Q1", **FORM).status_code == 303
    told = {"uids": "Q1", "verdict": "approved", "organisation": desk.unit, "reason": ""}
    assert desk.clerk.act("expert.review", None, **told).status_code == 403
    assert desk.second.act("expert.review", None, **told).status_code == 303
    assert desk.clerk.act("expert.suspend", None, uid="Q1", ground="核查").status_code == 303
    assert desk.clerk.act("expert.resume", None, uid="Q1", ground="查清").status_code == 303
    assert desk.clerk.act("expert.resume", None, uid="Q1", ground="查清").status_code != 303
    assert desk.clerk.act("pool.snapshot", None).status_code == 303
    page = desk.clerk.get("/pool")
    assert "暂停" in page
    own = desk.counter.person(the_expert(desk, "Q1"))
    mine = own.get("/expert")
    assert "Q1" in mine
    assert "您在其中" in mine


def test_no_other_s_page_is_an_expert_s(desk: Desk) -> None:
    stranger = desk.counter.person(an_actor(desk.counter.house.platform, Role.EXPERT))
    assert stranger.client.get("/expert").status_code == 404
    assert desk.clerk.client.get("/expert").status_code == 403


def the_expert(desk: Desk, uid: str) -> Actor:
    with desk.counter.house.platform.read() as session:
        person = session.scalars(select(Expert.person).where(Expert.uid == uid)).one()
    assert person is not None
    return Actor(person, UUID(desk.unit), Role.EXPERT)
