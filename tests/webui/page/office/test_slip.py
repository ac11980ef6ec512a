"""Slips at a form: told at their field in words, and nothing is done in a newcomer's name."""

import html
import io
import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from monitor.law.workday import SHANGHAI
from monitor.record.disclosure import VISITOR, timeline
from tests.trading.projects import TEXT, Trade, an_announced_trade, an_issued_trade
from tests.trading.venue.test_booking import a_room
from tests.webui.page.counter import Counter, Person
from trading.notice.document import document_of
from trading.registration.project import sections
from webui.deed.book import deeds
from webui.deed.deed import Case
from webui.page.office.act.form import Form

PDF = b"%PDF-1.7\n"
WORDS = b"just sixteen byte"


@pytest.fixture(scope="module")
def trade(counter: Counter) -> Trade:
    return an_announced_trade(counter.house.platform)


@pytest.fixture(scope="module")
def owner(counter: Counter, trade: Trade) -> Person:
    return counter.person(trade.owner)


def issued(counter: Counter, who: Person, trade: Trade, **changed: object) -> TestResponse:
    """Send the form of the tender documents, filled in as it comes but for what is changed."""
    with counter.house.platform.read() as session:
        [lot] = sections(session, trade.id)
    told = {
        "title": "招标文件", "terms.0.lot": str(lot.id), "terms.0.deposit": "160000",
        "terms.0.ceiling": "8000000", "manner": "bidders_first", "window_minutes": "30",
        "validity_days": "90", "roster": "", "file": (io.BytesIO(PDF), "tender.pdf"), **changed,
    }  # fmt: skip
    return who.act("document.issue", trade.id, **told)


def error(page: str, field: str) -> str:
    """Return what stands as wrong beside a field."""
    found = re.search(rf'id="e-{re.escape(field)}">(.*?)</p>', page, re.DOTALL)
    return re.sub(r"<[^>]*>|\s+", " ", found[1]).strip() if found else ""


def test_what_is_no_document_is_refused_by_how_it_begins(
    counter: Counter, owner: Person, trade: Trade
) -> None:
    answer = issued(counter, owner, trade, file=(io.BytesIO(WORDS), "wrong.pdf"))
    page = html.unescape(answer.text)
    assert answer.status_code == 422
    assert error(page, "file").startswith("文件不是 PDF、Word、OFD、ZIP，没有采用")
    with counter.house.platform.read() as session:
        assert document_of(session, trade.id) is None


def test_after_a_refusal_a_file_is_asked_for_again_and_no_sample_stands_in_for_it(
    counter: Counter, owner: Person, trade: Trade
) -> None:
    answer = issued(counter, owner, trade, title="")
    page = html.unescape(answer.text)
    assert error(page, "file").startswith("请重新选择文件")
    assert 'href="#f-file"' in page
    deed = deeds()["document.issue"]
    [sample] = [each for each in deed.fields if each.name == "sample"]
    case = Case(counter.source, trade.owner, trade.id, counter.source.now)
    assert Form(deed, case, {"sample": "yes", "file": PDF}).value(sample) == ""
    assert Form(deed, case, {"sample": "yes", "file": ""}).value(sample) == "yes"


def test_a_deposit_above_its_maximum_is_told_at_its_field_with_the_sum_and_one_article(
    counter: Counter, owner: Person, trade: Trade
) -> None:
    answer = issued(counter, owner, trade, **{"terms.0.deposit": "160000.01"})
    page = html.unescape(answer.text)
    told = error(page, "terms.0.deposit")
    assert "最多 160,000.00 元：投标保证金不得超过招标项目估算价的2%" in told
    assert told.count("26") == 1
    assert 'name="terms.0.deposit" aria-describedby="e-terms.0.deposit" aria-invalid="true"' in page


def test_what_is_no_roster_is_told_without_jargon(
    counter: Counter, owner: Person, trade: Trade
) -> None:
    answer = issued(counter, owner, trade, roster_file=(io.BytesIO(b"no roster"), "roster.json"))
    told = error(html.unescape(answer.text), "roster_file")
    assert told.startswith("不是受托人名册文件：请选择")
    assert "JSON: " not in told


def test_what_is_over_is_said_instead_of_a_form_that_can_only_be_refused(
    counter: Counter, owner: Person, trade: Trade
) -> None:
    still = html.unescape(owner.get(f"/act/notice.publish?project={trade.id}"))
    assert 'action="/act/notice.publish' in still
    issued_already = an_issued_trade(counter.house.platform)
    page = html.unescape(
        counter.person(issued_already.owner).get(f"/act/notice.publish?project={issued_already.id}")
    )
    assert "此项已过办理时间" in page
    assert "请发澄清" in page
    assert 'action="/act/notice.publish' not in page
    assert f'href="/desk/{issued_already.id}">回到项目' in page


def test_what_is_sent_after_its_time_is_told_why_by_which_rule_and_what_is_left(
    counter: Counter,
) -> None:
    made = an_issued_trade(counter.house.platform)
    answer = counter.person(made.owner).act("notice.publish", made.id, title="改公告〇七")
    page = html.unescape(answer.text)
    assert 400 <= answer.status_code < 500
    for words in (
        "此项已过办理时间",
        "请发澄清",
        "没有写入任何内容",
        f'href="/desk/{made.id}">回到项目',
    ):
        assert words in page
    assert "改公告〇七" in page, "what was typed is not lost"


def test_what_was_issued_is_told_by_its_size_and_digest(counter: Counter) -> None:
    made = an_issued_trade(counter.house.platform)
    with counter.house.platform.read() as session:
        [done] = [
            each
            for each in timeline(session, made.id, VISITOR)
            if each.facts["action"] == "document.issue"
        ]
    page = html.unescape(counter.person(made.owner).get(f"/desk/{made.id}?done={done.record_id}"))
    assert "招标文件 1,000 字节，摘要（SHA-256）" in page
    assert TEXT.hex() in page.replace("<wbr>", "").replace(" ", "")


def test_a_room_that_is_ones_own_already_is_not_offered_again(
    counter: Counter, trade: Trade, owner: Person
) -> None:
    platform = counter.house.platform
    room = a_room(platform)
    start = platform.clock.now() + timedelta(days=30)
    form = {
        "room": str(room), "start": start.isoformat(),
        "end": (start + timedelta(hours=2)).isoformat(), "heeded": "yes",
    }  # fmt: skip
    assert owner.act("venue.book", trade.id, **form).status_code == 303
    again = html.unescape(owner.act("venue.book", trade.id, **form).text)
    assert "本项目已预订" in again
    assert "无须再办" in again
    other = an_announced_trade(platform)
    taken = html.unescape(counter.person(other.owner).act("venue.book", other.id, **form).text)
    assert "该时段已被预订" in taken
    offered = set(re.findall(r"(\d{4}-\d\d-\d\d \d\d:\d\d)–", error(taken, "during") or taken))
    assert offered <= {f"{start.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"}, "at the deadline alone"
