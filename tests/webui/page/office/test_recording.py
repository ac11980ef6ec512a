"""Looks at what is secret: once a span, sealed where supervision looks, unusual ones told."""

import json
import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy
from sqlalchemy import select, text

from monitor.law.workday import SHANGHAI
from monitor.record.disclosure import Audience, Disclosed, Viewer, custody, timeline
from monitor.record.table import Opening, Sight
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import a_standing, an_actor, the_act
from tests.trading.projects import Trade, an_issued_trade, leave_no_task
from tests.webui.page.counter import Counter
from tests.webui.page.office.test_finance import Fees
from trading.supervision.card.check import points
from trading.supervision.card.judging import judge
from trading.supervision.case import close, open_case
from trading.supervision.look import LOOKS, SPAN, look

SECRET = "中建海峡建设有限公司"


@pytest.fixture
def fees(counter: Counter) -> Fees:
    platform = counter.house.platform
    trade = an_issued_trade(platform)
    first = an_actor(platform, Role.FINANCE)
    made = Fees(counter, trade.id, trade.owner, first, an_actor(platform, Role.FINANCE, first.org))
    made.paid(SECRET)
    return made


def looks(counter: Counter, actor: Actor, *, kind: str = "") -> list[dict[str, Any]]:
    """The facts of a person's looks, as the database holds them."""
    query = (
        select(Opening.body)
        .join(Sight, Opening.record_id == Sight.record_id)
        .where(Sight.action.in_(LOOKS), Sight.actor == str(actor.person), Sight.done)
        .order_by(Sight.record_id)
    )
    with counter.house.platform.read() as session:
        told = [json.loads(body)["facts"] for body in session.scalars(query)]
    return [facts for facts in told if kind in {"", facts["kind"]}]


def seen(
    counter: Counter, project: UUID, audience: Audience, org: UUID | None = None
) -> list[Disclosed]:
    with counter.house.platform.read() as session:
        found = timeline(session, project, Viewer(audience, org))
    return [each for each in found if each.facts["action"] in LOOKS]


def to(counter: Counter, hour: int) -> None:
    """Wait until that hour in China."""
    clock = counter.house.clock
    now = clock.now().astimezone(SHANGHAI)
    there = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if there <= now:
        there += timedelta(days=1)
    clock.wait(there - now)


def idly(counter: Counter, fees: Fees) -> None:
    """Leave the centre nothing to do in the trade."""
    platform = counter.house.platform
    clerk = an_actor(platform, Role.CENTRE)
    leave_no_task(platform, Trade(fees.project, fees.tenderee, clerk))


def test_the_deposits_are_looked_at_on_record_once_a_span(counter: Counter, fees: Fees) -> None:
    cashier, page = counter.person(fees.first), f"/finance/{fees.project}"
    cashier.get(page)
    assert looks(counter, fees.first, kind="deposits") == [], "before CLOSE nothing secret is there"
    fees.close()
    to(counter, 10)
    cashier = counter.person(fees.first)
    assert SECRET in cashier.get(page)
    assert len(looks(counter, fees.first, kind="deposits")) == 1
    for again in (page, f"{page}/deposits.csv", page):
        cashier.get(again)
    assert len(looks(counter, fees.first, kind="deposits")) == 1, "the same look"
    counter.house.clock.wait(SPAN)
    cashier.get(f"{page}/deposits.csv")
    assert len(looks(counter, fees.first, kind="deposits")) == 2
    counter.person(fees.second).get(page)
    assert len(looks(counter, fees.second, kind="deposits")) == 1, "another person's is another"


def test_many_at_once_are_one_look(counter: Counter, fees: Fees) -> None:
    fees.close()
    to(counter, 11)
    tabs = [counter.person(fees.first) for _ in range(8)]
    threads = [threading.Thread(target=tab.get, args=(f"/finance/{fees.project}",)) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looks(counter, fees.first, kind="deposits")) == 1


def test_a_look_is_supervisions_to_know_and_names_nothing_that_was_looked_at(
    counter: Counter, fees: Fees
) -> None:
    fees.close()
    to(counter, 10)
    counter.person(fees.first).get(f"/finance/{fees.project}")
    (told,) = seen(counter, fees.project, Audience.INSPECTOR)
    assert told.facts["actor"]["id"] == str(fees.first.person)
    assert (told.facts["facts"]["kind"], SECRET in told.body.decode()) == ("deposits", False)
    assert len(seen(counter, fees.project, Audience.DISCIPLINE)) == 1
    for blind in (Audience.PUBLIC, Audience.CENTRE, Audience.OWNER, Audience.FINANCE):
        assert seen(counter, fees.project, blind) == []
    with counter.house.platform.read() as session:
        hidden = [
            each.record_id
            for each in timeline(session, fees.project, Viewer(Audience.FINANCE))
            if each.is_anothers and each.facts["action"].startswith("deposit.")
        ]
    assert hidden
    to(counter, 12)
    for address in (
        f"/record/{hidden[0]}",
        f"/api/v1/records/{hidden[0]}",
        f"/record/{hidden[0]}.body",
    ):
        counter.person(fees.second).get(address)
    (one,) = looks(counter, fees.second, kind="record")
    assert set(one["what"]) == {"sha256"}
    assert str(hidden[0]) not in json.dumps(one)


def test_a_look_of_supervision_is_sealed_from_the_centre_until_the_case_ends(
    counter: Counter, fees: Fees
) -> None:
    platform, project = counter.house.platform, fees.project
    department = a_standing(platform, project, an_actor(platform, Role.DEPARTMENT))
    discipline = an_actor(platform, Role.DISCIPLINE)
    case = platform.perform(open_case, discipline, project, title="线索", ground="来信")
    to(counter, 10)
    for who in (department, discipline):
        assert counter.person(who).client.get(f"/cards/{project}").status_code == 200
        assert len(looks(counter, who)) == 1
    mine = {each.record_id for each in seen(counter, project, Audience.DISCIPLINE)}
    assert len(mine) == 2
    assert [
        each.facts["actor"]["org"]
        for each in seen(counter, project, Audience.INSPECTOR, department.org)
    ] == [str(department.org)]

    def bag() -> list[bytes]:
        with platform.read() as session:
            return [each.body for each in custody(session, project) if each.record_id in mine]

    assert seen(counter, project, Audience.CENTRE) == []
    assert bag() == [b"", b""]
    platform.perform(close, discipline, project, case=case, finding="查无实据")
    assert {each.record_id for each in seen(counter, project, Audience.CENTRE)} == mine
    assert all(bag())


def test_what_cannot_be_recorded_is_not_shown(
    counter: Counter, fees: Fees, database: Addresses
) -> None:
    fees.close()
    to(counter, 13)
    owner = sqlalchemy.create_engine(database.owner_url)
    cashier = counter.person(fees.first)
    with owner.begin() as session:
        session.execute(text("REVOKE INSERT ON answered FROM batong_app"))
    try:
        answer = cashier.client.get(f"/finance/{fees.project}")
        assert answer.status_code in {500, 503}
        assert SECRET not in answer.text
    finally:
        with owner.begin() as session:
            session.execute(text("GRANT INSERT ON answered TO batong_app"))
        owner.dispose()
    assert SECRET in cashier.get(f"/finance/{fees.project}")


def test_a_look_at_night_while_bids_are_taken_and_one_too_many_are_told(
    counter: Counter, fees: Fees
) -> None:
    platform = counter.house.platform
    stranger = an_actor(platform, Role.CENTRE)
    the_act(platform, "duty.open", fees.project)
    to(counter, 23)
    assert counter.person(stranger).client.get(f"/desk/{fees.project}").status_code == 200
    (told,) = looks(counter, stranger)
    assert "night" in told["unusual"]
    to(counter, 10)
    limit = points()["archive.looks"].limit
    for number in range(limit + 1):
        platform.perform(
            look, stranger, fees.project, kind="record", what=str(number), has_task=True
        )
    signs = [each["unusual"] for each in looks(counter, stranger, kind="record")]
    assert signs == [[]] * limit + [["many"]]


def test_who_has_nothing_to_do_there_and_looks_while_bids_are_taken_is_told(
    counter: Counter, fees: Fees
) -> None:
    platform = counter.house.platform
    to(counter, 10)
    idle, busy = (an_actor(platform, Role.CENTRE) for _ in range(2))
    platform.perform(look, idle, fees.project, kind="record", what="1", has_task=False)
    platform.perform(look, busy, fees.project, kind="record", what="1", has_task=True)
    assert [looks(counter, who)[0]["unusual"] for who in (idle, busy)] == [["early"], []]
    platform.perform(look, fees.first, fees.project, kind="record", what="1", has_task=False)
    assert looks(counter, fees.first)[0]["unusual"] == [], "who did something there may look"
    fees.close()
    platform.perform(look, idle, fees.project, kind="record", what="2", has_task=False)
    assert looks(counter, idle)[1]["unusual"] == []


@pytest.mark.parametrize("address", ["/wall", "/wall/frame?after=0"])
def test_a_look_at_the_wall_by_whom_nothing_waits_while_bids_are_taken_is_told(
    counter: Counter, fees: Fees, address: str
) -> None:
    to(counter, 10)
    busy, idle = (an_actor(counter.house.platform, Role.CENTRE) for _ in range(2))
    counter.house.settle()
    counter.person(busy).get(address)
    (told,) = looks(counter, busy)
    assert (told["kind"], told["unusual"]) == ("wall", []), "the centre has a task there"
    idly(counter, fees)
    counter.person(idle).get(address)
    (told,) = looks(counter, idle)
    assert (told["kind"], told["unusual"]) == ("wall", ["early"])
    inspector = an_actor(counter.house.platform, Role.DISCIPLINE)
    assert "投标期间无待办事项而查阅未公开内容" in counter.person(inspector).get("/cards")
    fees.close()
    to(counter, 12)
    counter.person(idle).get(address)
    assert looks(counter, idle)[-1]["unusual"] == []


def test_an_unusual_look_stands_on_the_inspectors_page(counter: Counter, fees: Fees) -> None:

    platform = counter.house.platform
    department = a_standing(platform, fees.project, an_actor(platform, Role.DEPARTMENT))
    to(counter, 23)
    platform.perform(
        look, an_actor(platform, Role.CENTRE), fees.project, kind="record", what="1", has_task=True
    )
    platform.perform(judge, SYSTEM, fees.project)
    assert "夜间查阅未公开内容" in counter.person(department).get("/cards")
    assert "夜间查阅未公开内容" not in counter.person(fees.first).client.get("/cards").text


@pytest.mark.parametrize("name", ["evaluation.note_refusal", "opening.confirm_cause"])
def test_a_look_at_a_form_is_of_its_trade_and_as_unusual(
    counter: Counter, fees: Fees, name: str
) -> None:
    to(counter, 10)
    platform, page = counter.house.platform, f"/act/{name}?project={fees.project}"
    busy, idle = (an_actor(platform, Role.CENTRE) for _ in range(2))
    counter.person(busy).get(page)
    assert looks(counter, busy, kind="form")[0]["unusual"] == [], "the centre has a task there"
    idly(counter, fees)
    counter.person(idle).get(page)
    (told,) = looks(counter, idle, kind="form")
    assert told["unusual"] == ["early"]
    there = seen(counter, fees.project, Audience.INSPECTOR)
    assert [each.facts["facts"]["kind"] for each in there] == ["form"] * 2


def test_a_form_that_is_sent_only_to_be_shown_is_a_look_all_the_same(
    counter: Counter, fees: Fees
) -> None:
    to(counter, 10)
    idly(counter, fees)
    idle, name = an_actor(counter.house.platform, Role.CENTRE), "evaluation.note_refusal"
    forged = counter.person(idle).act(name, fees.project, csrf="forged")
    assert forged.status_code >= 400
    assert f'action="/act/{name}' in forged.text
    (told,) = looks(counter, idle, kind="form")
    assert told["unusual"] == ["early"]
    (there,) = seen(counter, fees.project, Audience.INSPECTOR)
    assert there.facts["facts"]["kind"] == "form"
