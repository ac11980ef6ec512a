"""A paper from its drop to the forms that it fills, through the hands of those who do each step."""

import csv
import html
import io
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from monitor.role import Actor, Role
from tests.builders import an_actor
from tests.trading.intake.model import ITEM
from tests.trading.intake.pdf.typeset import Part, typeset
from tests.trading.projects import Trade, an_accepted_trade, an_announced_trade, an_issue
from tests.webui.page.counter import Counter, Person
from tests.webui.page.office.test_paper import form
from trading.intake.paper.taken import own_paper
from trading.notice.document import document_of, issue
from trading.registration.project import sections
from webui.deed.deed import Case
from webui.deed.fill.price import stored

LINES: list[Part] = [line for line in str(ITEM["content_text"]).split("\n") if line]
TABLE: list[list[str]] = [
    ["序号", "名称", "数量", "最高限价（元）"],
    ["1", "课桌", "10", "3000000"],
    ["2", "=HYPERLINK(1)", "20", "1900000"],
    ["", "合计", "", "4900000"],
]
PRICED = [line for line in LINES if "限价" not in str(line)]


@pytest.fixture(scope="module")
def file() -> bytes:
    return typeset("某县体育馆公开招标公告", [*PRICED, TABLE])


@pytest.fixture(scope="module")
def clerk(counter: Counter) -> Actor:
    return an_actor(counter.house.platform, Role.CENTRE)


def drop(person: Person, body: bytes) -> TestResponse:
    told: dict[str, Any] = {"csrf": person.csrf, "once": uuid4().hex}
    told["file"] = FileStorage(io.BytesIO(body), "notice.pdf")
    boundary, data = encode_multipart(told)
    return person.client.post(
        "/paper", data=data, content_type=f"multipart/form-data; boundary={boundary}"
    )


def ticked(told: dict[str, Any]) -> list[str]:
    plain = {"csrf", "office", "once", "paper"}
    return [name for name, value in told.items() if value and name not in plain and "." not in name]


def taken(person: Person, file: bytes, **mended: str) -> str:
    """Drop a paper and confirm all of it; return where it is."""
    told = form(drop(person, file).text) | mended
    done = person.client.post(
        "/paper/confirm", data=told | {"compared": [*ticked(told), "prices"], "heeded": "yes"}
    )
    assert done.status_code == 303, re.findall(r"error-words.*?</p>", done.text, re.DOTALL)
    return done.location.partition("?")[0]


def value(page: str, name: str) -> str:
    found = re.search(rf'name="{re.escape(name)}"[^>]*? value="([^"]*)"', page)
    return html.unescape(found[1]) if found else ""


def test_every_cell_of_the_table_is_there_to_mend_and_none_counts_unless_compared(
    counter: Counter, clerk: Actor, file: bytes
) -> None:
    who = counter.person(clerk)
    told = form(drop(who, file).text)
    assert [told[f"price_head.0.{letter}"] for letter in "abcd"] == TABLE[0]
    assert [told[f"prices.1.{letter}"] for letter in "abcd"] == TABLE[2]
    told |= {"prices.1.b": "椅子<二>"}
    again = who.client.post("/paper/confirm", data=told | {"compared": ticked(told)[1:]})
    assert again.status_code == 422
    assert 'href="#f-name"' in again.text, "what is wrong is told all at once"
    assert 'href="#f-prices">价格表：请与原件对照后勾选' in again.text
    assert form(again.text)["prices.1.b"] == "椅子<二>"


def test_a_cell_that_cannot_be_is_told_at_its_place_and_rows_that_do_not_add_up_are_pointed_at(
    counter: Counter, clerk: Actor, file: bytes
) -> None:
    who = counter.person(clerk)
    told = form(drop(who, file).text)
    long = told | {"prices.0.b": "长" * 301, "compared": [*ticked(told), "prices"]}
    page = who.client.post("/paper/confirm", data=long).text
    assert 'href="#f-prices.0.b"' in page
    assert 'id="e-prices.0.b"' in page
    headless = told | {"price_head.0.d": "", "compared": [*ticked(told), "prices"]}
    page = who.client.post("/paper/confirm", data=headless | {"heeded": "yes"}).text
    assert "有内容的列须有表头" in page
    wrong = told | {"prices.0.d": "1", "compared": [*ticked(told), "prices"]}
    warned = who.client.post("/paper/confirm", data=wrong)
    assert warned.status_code == 422
    assert "各行之和不等于合计" in warned.text
    assert form(warned.text)["prices.0.d"] == "1"


def test_a_row_that_is_emptied_goes_and_one_may_be_added(
    counter: Counter, clerk: Actor, file: bytes
) -> None:
    who = counter.person(clerk)
    emptied = {f"prices.1.{letter}": "" for letter in "abcd"}
    there = taken(who, file, **emptied, **{"prices.3.b": "黑板"})
    with counter.house.platform.read() as session:
        table = own_paper(session, UUID(there[-36:]), clerk).table
    assert table is not None
    assert [row[1] for row in table.rows] == ["课桌", "合计", "黑板"]
    page = who.get(there)
    assert "黑板" in page
    assert page.count("与读出的不同") == 1


def test_what_the_centre_read_for_an_owner_is_found_by_that_owner_and_begins_a_registration(
    counter: Counter, clerk: Actor, file: bytes
) -> None:
    owner = an_actor(counter.house.platform, Role.TENDEREE)
    desk, theirs = counter.person(clerk), counter.person(owner)
    there = taken(desk, file)
    page = desk.get(there)
    assert "下一步由招标人办理" in page
    assert f"{there}/register" not in page
    assert f'<option value="{owner.org}"' in page
    theirs.get(there, 404)
    assert there not in theirs.get("/paper")
    done = desk.act("paper.give", None, paper=there[-36:], organisation=str(owner.org))
    assert done.location.partition("?")[0] == there
    assert "已转交" in desk.get(there)
    tasks = theirs.get("/tasks")
    assert 'href="/paper"' in tasks
    assert "1 项" in tasks
    assert f'href="{there}"' in theirs.get("/paper")
    assert f'href="{there}/register"' in theirs.get(there)
    assert f'href="{there}/register"' in theirs.get("/act/project.register")
    begun = theirs.get(f"{there}/register")
    assert value(begun, "name") == "某县体育馆"
    assert value(begun, "sections.0.estimate") == "5,000,000.00"


def test_a_choice_that_cannot_be_is_refused_in_words(
    counter: Counter, clerk: Actor, file: bytes
) -> None:
    desk = counter.person(clerk)
    there = taken(desk, file)
    for organisation, words in (("", "请填写此项"), (str(uuid4()), "该单位不是招标人或代理机构")):
        answer = desk.act("paper.give", None, paper=there[-36:], organisation=organisation)
        assert answer.status_code == 422
        assert words in answer.text


def test_what_is_put_aside_fills_no_form_and_comes_back_whole(
    counter: Counter, file: bytes
) -> None:
    who = counter.person(an_actor(counter.house.platform, Role.TENDEREE))
    there = taken(who, file)
    before = who.get(f"{there}/compare")
    assert who.act("paper.put_aside", None, paper=there[-36:]).status_code == 303
    assert "已搁置" in who.get(there)
    for step in ("register", "compare"):
        assert who.client.get(f"{there}/{step}").location == there
    assert there not in who.get("/act/project.register")
    again = who.act("paper.put_aside", None, paper=there[-36:])
    assert (again.status_code, "取回后再办" in again.text) == (422, True)
    assert who.act("paper.take_up", None, paper=there[-36:]).status_code == 303
    after = who.get(f"{there}/compare")
    kept = [{n: v for n, v in form(page).items() if n != "once"} for page in (before, after)]
    assert kept[0] == kept[1]


def test_what_was_read_is_compared_later_without_the_file(
    counter: Counter, clerk: Actor, file: bytes
) -> None:
    who = counter.person(clerk)
    told = form(drop(who, file).text)
    there = f"/paper/{told['paper']}"
    assert f'href="{there}/compare"' in who.get(there)
    later = form(who.get(f"{there}/compare"))
    assert {n: later[n] for n in ("name", "budget", "prices.0.b")} == {
        n: told[n] for n in ("name", "budget", "prices.0.b")
    }


def test_a_notice_and_documents_begin_with_what_was_confirmed(
    counter: Counter, file: bytes
) -> None:
    trade = an_accepted_trade(counter.house.platform)
    who = counter.person(trade.owner)
    there = taken(who, file)
    notice = who.get(f"{there}/notice?project={trade.id}")
    assert "1；课桌；10；3000000" in notice
    announced = an_announced_trade(counter.house.platform)
    owner = counter.person(announced.owner)
    there = taken(owner, file)
    assert f'href="{there}/document?project={announced.id}"' in html.unescape(owner.get(there))
    assert f'href="{there}/document?project={announced.id}"' in html.unescape(
        owner.get(f"/act/document.issue?project={announced.id}")
    )
    page = owner.get(f"{there}/document?project={announced.id}")
    assert value(page, "terms.0.ceiling") == "4,900,000.00"
    assert value(page, "terms.0.deposit") == "100,000.00"
    assert re.search(f'<option value="{there[-36:]}"[^>]* selected', page)
    other = counter.person(an_actor(counter.house.platform, Role.TENDEREE))
    other.get(f"{there}/document?project={announced.id}", 404)


def test_documents_go_out_with_the_table_as_a_file_that_no_spreadsheet_runs(
    counter: Counter, file: bytes
) -> None:
    platform = counter.house.platform
    trade: Trade = an_announced_trade(platform)
    paper = UUID(taken(counter.person(trade.owner), file)[-36:])
    case = Case(counter.source, trade.owner, trade.id, counter.source.now)
    table = stored(case, paper)
    assert table is not None
    rows = list(csv.reader(io.StringIO(counter.source.store.get(table.blob).decode("utf-8-sig"))))
    assert rows[0] == TABLE[0]
    assert rows[2][1] == "'=HYPERLINK(1)"
    platform.perform(issue, trade.owner, trade.id, issue=an_issue(platform, trade), table=table)
    with platform.read() as session:
        document = document_of(session, trade.id)
        assert len(sections(session, trade.id)) == 1
    assert document is not None
    assert document.prices == table.digest
    assert table.digest.hex() in counter.person(trade.owner).get(f"/desk/{trade.id}").replace(
        "<wbr>", ""
    )
