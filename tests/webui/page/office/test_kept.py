"""A form sent after its session had ended, or from an older page: kept, shown again, never done."""

import json
import re
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from monitor.role import Actor, Role
from tests.builders import an_actor
from tests.trading.projects import an_accepted_trade
from tests.webui.page.counter import WORD, Counter, Person
from trading.account.limit.draft import MOST, Draft
from trading.supervision.look import LOOKS
from webui.page.office.act.kept import KEEPING

TYPED = "新同事 <&> 张三"
NEXT = re.compile(r'name="next" value="(/kept/[\w-]+)"')
RECORDS = text("SELECT count(*) FROM record")


@pytest.fixture
def administrator(counter: Counter) -> Actor:
    return an_actor(counter.house.platform, Role.ADMINISTRATOR)


@pytest.fixture
def person(counter: Counter, administrator: Actor) -> Person:
    return counter.person(administrator)


def ends(counter: Counter, person: Person) -> None:
    """The session ends as by its own browser's neighbour tab; the cookie is still there."""
    counter.keeping.sign_out(person.token)


def late(counter: Counter, person: Person, **form: Any) -> TestResponse:
    ends(counter, person)
    return person.post("/act/party.enrol", **form)


def come_in(counter: Counter, client: FlaskClient, actor: Actor, page: str) -> TestResponse:
    """Sign in by the form that the page is."""
    at = page[page.index('action="/sign-in"') :]
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', at))
    told = {"name": f"u{actor.person.hex}", "password": WORD}
    return client.post("/sign-in", data={**hidden, **told})


def records(counter: Counter) -> int:
    with counter.house.platform.read() as session:
        return int(session.execute(RECORDS).scalar_one())


def test_what_was_typed_comes_back_to_the_same_person_and_is_done_only_by_a_fresh_press(
    counter: Counter, administrator: Actor, person: Person
) -> None:
    answer = late(counter, person, name=TYPED)
    assert answer.status_code == 401
    assert "登录已结束" in answer.text
    assert "没有办理" in answer.text
    assert "已为您保留" in answer.text
    assert "张三" not in answer.text, "what was typed is shown to nobody before they sign in"
    inside = come_in(counter, person.client, administrator, answer.text)
    assert inside.status_code == 303, inside.text
    assert inside.location.startswith("/kept/")
    before = records(counter)
    for _ in range(2):
        page = person.client.get(inside.location)
        assert page.status_code == 200
        assert f'value="{TYPED}"' in unescape(page.text)
        assert "您已重新登录" in page.text
    assert records(counter) == before, "showing it does nothing"
    csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', page.text)[-1]
    done = person.client.post("/act/party.enrol", data={"csrf": csrf, "name": TYPED, "once": "1"})
    assert done.status_code == 303, done.text


def test_the_idle_limit_keeps_what_was_typed_too(
    counter: Counter, administrator: Actor, person: Person
) -> None:
    gate = counter.keeping.gate
    found = gate.enter(person.token)
    gate.seen.forget([found.session])
    long_ago = found.created.replace(year=found.created.year - 1)
    gate.seen.use(found.session, long_ago, long_ago, gate.policy.idle)
    answer = person.post("/act/party.enrol", name=TYPED)
    assert answer.status_code == 401, answer.status_code
    assert NEXT.search(answer.text)


def test_another_person_at_the_same_browser_sees_nothing_of_it(
    counter: Counter, person: Person
) -> None:
    answer = late(counter, person, name=TYPED)
    kept = NEXT.search(answer.text)
    assert kept
    other = counter.person(an_actor(counter.house.platform, Role.ADMINISTRATOR))
    seen = other.client.get(kept[1])
    assert seen.status_code == 404
    assert "张三" not in seen.text
    assert "没有为此账号保留的内容" in seen.text
    stranger = counter.app.test_client().get(kept[1])
    assert stranger.status_code == 303, "a visitor is sent to sign in"


def test_secrets_are_kept_nowhere(counter: Counter, administrator: Actor, person: Person) -> None:
    answer = late(
        counter, person, name=TYPED, confirm_password="swordfish-1", confirm_code="123456",
        seat_secret="swordfish-2", note="-----BEGIN PRIVATE KEY-----swordfish-3",
    )  # fmt: skip
    kept = NEXT.search(answer.text)
    assert kept
    found = counter.keeping.gate.ended(person.token)
    assert found
    draft = counter.keeping.gate.drafts.open(kept[1].rpartition("/")[2], found.account)
    assert draft
    assert [name for name, _ in draft.fields] == ["name"]


def test_a_token_that_was_never_a_sessions_keeps_nothing(counter: Counter) -> None:
    client = counter.app.test_client()
    client.set_cookie("session", "no-such-token")
    answer = client.post("/act/party.enrol", data={"name": TYPED})
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")


def test_one_session_keeps_one_form_however_many_it_sends(counter: Counter, person: Person) -> None:
    first = NEXT.search(late(counter, person, name="一").text)
    second = NEXT.search(person.post("/act/party.enrol", name="二").text)
    assert first
    assert second
    found = counter.keeping.gate.ended(person.token)
    assert found
    numbers = [each[1].rpartition("/")[2] for each in (first, second)]
    drafts = [counter.keeping.gate.drafts.open(each, found.account) for each in numbers]
    assert drafts[0] is None
    assert drafts[1]


def test_what_is_too_much_to_keep_is_said(counter: Counter, person: Person) -> None:
    answer = late(counter, person, name="长" * MOST)
    assert answer.status_code == 401
    assert "无法保留" in answer.text
    assert not NEXT.search(answer.text)


def test_an_older_page_is_shown_again_with_what_was_typed(counter: Counter, person: Person) -> None:
    answer = person.client.post("/act/party.enrol", data={"csrf": "0" * 64, "name": TYPED})
    assert answer.status_code == 403
    assert f'value="{TYPED}"' in unescape(answer.text)
    assert "此页早于当前登录" in answer.text
    for path, told in (
        ("/account/revoke", {"session": str(uuid4())}),
        ("/account/password", {"present": "x"}),
        ("/account/second-factor", {"code": "1"}),
        ("/switch", {"appointment": str(uuid4())}),
    ):
        answer = person.client.post(path, data={"csrf": "0" * 64, **told})
        assert answer.status_code == 403, path
        assert "此页早于当前登录" in answer.text, path


WHOSE = {
    "act.act": Role.ADMINISTRATOR, "delegate.send": Role.TENDEREE, "expert.reply": Role.EXPERT,
    "finance.confirm": Role.FINANCE, "finance.many": Role.FINANCE,
    "invite.make": Role.ADMINISTRATOR, "market.bring": Role.DEPARTMENT, "panel.act": Role.EXPERT,
    "paper.compare": Role.TENDEREE, "pool.bring": Role.CENTRE,
}  # fmt: skip
SHOWN = {"act.act", "finance.confirm", "finance.many", "invite.make", "market.bring", "pool.bring"}
"""Views that have a page without a trade of one's own: it is what their kept form leads to."""


@pytest.mark.parametrize("view", sorted(KEEPING))
def test_a_kept_form_is_never_done_by_opening_its_address(counter: Counter, view: str) -> None:
    """Whatever an attacker put into it, the word of a session that is open now too."""
    [rule] = [
        rule.rule
        for rule in counter.app.url_map.iter_rules()
        if ".".join(rule.endpoint.split(".")[-2:]) == view and "POST" in (rule.methods or ())
    ]
    actor = an_actor(counter.house.platform, WHOSE[view])
    someone = counter.person(actor)
    ends(counter, someone)
    whom = an_actor(counter.house.platform, Role.TENDEREE).person
    project = str(begun(counter))
    path = rule.replace("<name>", "party.enrol").replace("<uuid:project>", project)
    path = re.sub(r"<any\((\w+)[^>]*>", r"\1", path.replace("<uuid:person>", str(whom)))
    answer = someone.post(path, name=TYPED, accepts="yes", refund=str(uuid4()), slips=TYPED)
    assert answer.status_code == 401
    kept = NEXT.search(answer.text)
    assert kept
    inside = counter.person(actor)
    found = counter.keeping.gate.ended(someone.token)
    assert found
    forged = [("csrf", inside.csrf), ("office", str(found.appointment)), ("name", TYPED)]
    number = counter.keeping.gate.drafts.keep(
        found.session, found.account, Draft(path, "", [*forged, ("accepts", "yes")])
    )
    before = done(counter)
    shown = inside.client.get(f"/kept/{number}")
    assert shown.status_code == 200 if view in SHOWN else shown.status_code in {200, 403, 404}
    assert ("您已重新登录" in shown.text) == (shown.status_code == 200)
    assert done(counter) == before


def begun(counter: Counter) -> UUID:
    """A trade that is registered."""
    return an_accepted_trade(counter.house.platform).id


def done(counter: Counter) -> list[str]:
    """What stands on record, but for who looked at what."""
    with counter.house.platform.read() as session:
        names = session.execute(text("SELECT body FROM opening")).scalars()
        told = [json.loads(bytes(each))["action"] for each in names]
    return sorted(each for each in told if each not in LOOKS)
