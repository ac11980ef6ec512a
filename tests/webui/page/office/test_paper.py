"""`/paper`: dropped, compared, confirmed, carried on; and files and people that are turned away."""

import base64
import html
import io
import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from monitor.record.table import Opening
from monitor.role import Actor, Role
from tests.trading.intake.model import ITEM
from tests.trading.intake.pdf import hostile
from tests.trading.intake.pdf.test_reader import SCAN
from tests.trading.intake.pdf.typeset import locked, typeset
from tests.webui.page.signed_in import hidden, person, program
from trading.desk.docket import docket
from trading.intake.pdf.limit import LIMITS
from trading.registration.stage import Stage
from webui.page.source import Source

LINES = [line for line in str(ITEM["content_text"]).split("\n") if line]
CODE = "E3506010601100717001"


@pytest.fixture(scope="module")
def file() -> bytes:
    return typeset("某县体育馆公开招标公告", [*LINES, f"项目编号：{CODE}"])


@pytest.fixture
def owner(app: Flask) -> FlaskClient:
    return person(app, "owner")


def drop(client: FlaskClient, body: bytes) -> TestResponse:
    told: dict[str, Any] = hidden(client.get("/paper").text)
    told["file"] = FileStorage(io.BytesIO(body), "notice.pdf")
    boundary, data = encode_multipart(told)
    return client.post(
        "/paper", data=data, content_type=f"multipart/form-data; boundary={boundary}"
    )


def form(page: str) -> dict[str, Any]:
    """What a browser would send back of a page's last form, nothing ticked."""
    inputs = re.findall(r"<input ([^>]*)>", page[page.index('action="/paper/confirm"') :])
    told = {}
    for each in inputs:
        named = dict(re.findall(r'([\w-]+)="([^"]*)"', each))
        if named.get("type") not in {"checkbox", "file"} and "name" in named:
            told[named["name"]] = html.unescape(named.get("value", ""))
    chosen = re.search(r'name="category".*?<option value="(\w+)" selected', page, re.S)
    return told | {"category": chosen[1] if chosen else ""}


def filled(told: dict[str, Any]) -> list[str]:
    """The fields that stand in a form with a value."""
    plain = {"csrf", "office", "once", "paper"}
    return [n for n, value in told.items() if value and n not in plain and "." not in n]


def last(source: Source, action: str) -> dict[str, Any]:
    with source.platform.read() as session:
        found = [json.loads(each) for each in session.scalars(select(Opening.body))]
    return max((one for one in found if one["action"] == action), key=lambda one: one["id"])


def test_each_value_stands_beside_a_picture_of_its_place(owner: FlaskClient, file: bytes) -> None:
    page = drop(owner, file)
    assert page.status_code == 200
    told = form(page.text)
    assert {name: told[name] for name in ("name", "owner", "code", "region", "place")} == {
        "name": "某县体育馆", "owner": "某县教育局", "code": CODE, "region": "350601",
        "place": "开标一室",
    }  # fmt: skip
    assert (told["budget"], told["deadline"]) == ("5,000,000.00", "2026-04-20T09:30")
    pictures = re.findall(r'<img src="data:image/png;base64,([^"]+)" width="(\d+)"', page.text)
    assert len(pictures) >= 13
    for data, width in pictures:
        assert Image.open(io.BytesIO(base64.b64decode(data))).width // 2 == int(width)
    assert "style=" not in page.text
    assert "<script>" not in page.text


def test_what_nobody_compared_is_not_confirmed_and_nothing_typed_is_lost(
    owner: FlaskClient, file: bytes, source: Source
) -> None:
    told = form(drop(owner, file).text) | {"place": "开标<二>室", "compared": ["name", "code"]}
    again = owner.post("/paper/confirm", data=told)
    assert again.status_code == 422
    for name in set(filled(told)) - {"name", "code", "compared"}:
        assert f'href="#f-{name}"' in again.text, name
    assert 'href="#f-name"' not in again.text
    after = form(again.text)
    assert after["place"] == "开标<二>室"
    assert {n: v for n, v in after.items() if n.startswith("picture.")} == {
        n: v for n, v in told.items() if n.startswith("picture.")
    }
    assert len(re.findall('name="compared"[^>]*checked', again.text)) == 2
    assert last(source, "paper.confirm")["outcome"]["rule"] == "paper.compare"


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("code", "E35", "招标项目编号应为20位"),
        ("budget", "lots", "金额以元计"),
        ("deadline", "soon", "应为北京时间"),
        ("deadline", "2026-03-01T09:00", "时间早于前一项"),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_kept(
    owner: FlaskClient, file: bytes, name: str, typed: str, words: str
) -> None:
    told = form(drop(owner, file).text) | {name: typed}
    answer = owner.post("/paper/confirm", data=told | {"compared": filled(told), "heeded": "yes"})
    assert answer.status_code == 422
    assert re.search(f'href="#f-{name}">[^<]*：{words}', answer.text)
    assert form(answer.text)[name] == typed


def test_what_the_paper_breaks_is_pointed_at_before_it_is_confirmed(owner: FlaskClient) -> None:
    late = [line.replace("2026年4月20日", "2026年4月3日") for line in LINES]
    told = form(drop(owner, typeset("公开招标公告", late)).text)
    told["compared"] = filled(told)
    warned = owner.post("/paper/confirm", data=told)
    assert warned.status_code == 422
    assert 'name="heeded"' in warned.text
    assert owner.post("/paper/confirm", data=told | {"heeded": "yes"}).status_code == 303


def test_what_was_confirmed_begins_a_registration_and_a_notice(
    owner: FlaskClient, file: bytes, source: Source
) -> None:
    told = form(drop(owner, file).text) | {"place": "开标二室"}
    done = owner.post("/paper/confirm", data=told | {"compared": filled(told)})
    assert done.status_code == 303
    there = done.location.partition("?")[0]
    facts = last(source, "paper.confirm")["facts"]
    assert facts["changed"] == ["place"]
    page = owner.get(there).text
    assert f'href="{there}/register"' in page
    assert page.count("与读出的不同") == 1
    begun = owner.get(f"{there}/register").text
    for name, value in (
        ("name", "某县体育馆"),
        ("code", CODE),
        ("region", "350601"),
        ("sections.0.estimate", "5,000,000.00"),
    ):
        assert re.search(f'name="{re.escape(name)}"[^>]* value="{re.escape(value)}"', begun), name
    project = accepted(source)
    announced = owner.get(f"{there}/notice?project={project}").text
    assert 'action="/act/notice.publish' in announced
    assert re.search('name="deadline"[^>]* value="2026-04-20T09:30"', announced)
    assert "2026-04-20 09:30（北京时间），开标二室" in announced


def accepted(source: Source) -> UUID:
    """A trade that is accepted and not yet announced."""
    clerk = Actor(uuid4(), uuid4(), Role.CENTRE)
    with source.platform.read() as session:
        found = docket(session, clerk, source.now)
    return next(each.project for each in found if each.stage is Stage.ACCEPTED)


REFUSED: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "scan": (lambda: SCAN, "没有文字层", "no_text"),
    "locked": (lambda: locked(typeset("公告", ["正文"]), "x"), "打开口令", "encrypted"),
    "no pdf": (lambda: b"MZ and so on", "不是 PDF", "not_pdf"),
    "200,000 pages": (lambda: hostile.many_pages(200_000), "超过 2000 页", "too_many_pages"),
    "many lines": (lambda: hostile.many_lines(60_000), "条线", "too_many_strokes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_named_and_the_refusal_is_on_record(
    owner: FlaskClient, source: Source, name: str
) -> None:
    make, words, trouble = REFUSED[name]
    answer = drop(owner, make())
    assert answer.status_code == 422
    assert words in answer.text
    assert ("这是扫描件" in answer.text) == (name == "scan")
    assert 'href="/act/project.register"' in answer.text
    body = last(source, "paper.read")
    assert body["facts"]["finding"] == trouble
    assert body["outcome"]["rule"] == f"pdf.{trouble}"
    assert body["id"] in answer.text


def test_a_file_over_the_limit_is_refused_unread_and_on_record(
    owner: FlaskClient, source: Source
) -> None:
    answer = drop(owner, bytes(LIMITS.file + 200_000))
    assert answer.status_code == 413
    assert "文件超过 50 MiB" in answer.text
    assert last(source, "paper.read")["id"] in answer.text


def test_nothing_but_pictures_of_ours_comes_back_as_a_picture(
    owner: FlaskClient, file: bytes
) -> None:
    told = form(drop(owner, file).text)
    told["picture.name"] = base64.b64encode(b"<svg onload=alert(1)>").decode()
    told["picture.code"] = '"><script>alert(1)</script>'
    page = owner.post("/paper/confirm", data=told).text
    assert "alert(1)" not in page
    assert "picture.name" not in page
    assert "picture.code" not in page
    assert "picture.owner" in page


def test_a_form_of_another_session_reads_and_confirms_nothing(
    app: Flask, owner: FlaskClient, file: bytes, source: Source
) -> None:
    before = last_of(source)
    forged = owner.post("/paper", data={"csrf": "x", "file": (io.BytesIO(file), "a.pdf")})
    assert forged.status_code == 403
    assert last_of(source) == before


def last_of(source: Source) -> int:
    with source.platform.read() as session:
        found = [json.loads(each) for each in session.scalars(select(Opening.body))]
    return sum(one["action"] == "paper.read" and "done" in one["outcome"] for one in found)


def test_only_staff_drop_papers_and_only_their_own_are_shown(
    app: Flask, owner: FlaskClient, file: bytes, client: FlaskClient
) -> None:
    paper = form(drop(owner, file).text)["paper"]
    assert owner.get(f"/paper/{paper}").status_code == 200
    assert "尚未确认" in owner.get(f"/paper/{paper}").text
    assert person(app, "clerk").get(f"/paper/{paper}").status_code == 404
    assert person(app, "newcomer").get("/paper").status_code == 403
    assert client.get("/paper").location.startswith("/sign-in")


def test_programs_do_the_same_by_json(app: Flask, file: bytes) -> None:
    owner = program(app, "owner")
    answer = owner.act("paper.read", file=base64.b64encode(file).decode())
    assert answer.status_code == 200, answer.text
    told = answer.json["result"]  # type: ignore[index]
    assert told["fields"]["deposit"]["value"] == "10000000"
    assert told["fields"]["deposit"]["page"] == 1
    values = {"place": "开标一室", "budget": "5000000"}
    half = owner.act("paper.confirm", paper=told["paper"], compared=["place"], **values)
    assert half.status_code == 422
    assert half.json["field"] == "budget"  # type: ignore[index]
    whole = owner.act("paper.confirm", paper=told["paper"], compared=list(values), **values)
    assert whole.status_code == 200
    assert program(app, "newcomer").act("paper.read", file="JVBERi0=").status_code == 403
