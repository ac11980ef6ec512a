"""A committee's page: the seat's own, unnamed; what was typed stays; stand-ins do the other seats."""

import json
import re
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from werkzeug.serving import make_server

from experts.panel.promise import statement_digest
from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.role import Role
from monitor.runtime.database import Addresses
from tests.answering import answering
from tests.builders import an_actor
from tests.experts.drawing import everything_at_rest
from tests.webui.page.counter import WORD, Counter
from tests.webui.page.office.committee import GOOD, Committee, drop, promise
from trading.supervision.look import judge as judge_bids
from webui.program.client import PASSWORD
from webui.program.expert.folder import KEYS, SEATS, Folder
from webui.program.expert.judge import Experts


def test_a_paper_without_a_secret_checks_in_and_the_page_keeps_the_secret(
    committee: Committee,
) -> None:
    last = committee.masks[-1]
    person = committee.counter.person(committee.members[last])
    person.get(committee.address, 404)
    answer = drop(person, committee.paper(last, secret=None))
    assert answer.status_code == 303, answer.text
    assert last in person.get(answer.location)
    kept = json.loads(person.get(f"{committee.address}/paper"))
    assert re.fullmatch("[0-9a-f]{64}", kept["secret"])
    elsewhere = committee.counter.person(committee.members[last])
    assert drop(elsewhere, kept).status_code == 303
    elsewhere.get(committee.address)


def test_a_paper_that_is_none_anothers_or_forged_is_refused_in_words(committee: Committee) -> None:
    first, last = committee.masks[0], committee.masks[-1]
    person = committee.counter.person(committee.members[first])
    for wrong in (b"", b"\xff", b"[]", b"{}", b'{"mask": 1}', b"[" * 5000, b"x" * 70_000,
                  committee.paper(first) | {"mask": "p-1"}, committee.paper(first, secret="xy"),
                  committee.paper(first, secret="00"), committee.paper(first, section="no")):  # fmt: skip
        answer = drop(person, wrong)
        assert answer.status_code in (413, 422), wrong
        if answer.status_code == 422:
            assert "不是席位凭据" in answer.text
    for stolen in (
        committee.paper(last, secret=None), committee.paper(last),
        committee.paper(first, secret="00" * 32), committee.paper(first, project=str(uuid4())),
        committee.paper(first, section=str(uuid4())),
        committee.paper(last, opening=committee.openings[first]),
    ):  # fmt: skip
        answer = drop(person, stolen)
        assert answer.status_code in (403, 422), stolen
        assert "Set-Cookie" not in answer.headers or "seat-" not in answer.headers["Set-Cookie"]
    person.get(committee.address, 404)
    with committee.hall.platform.read() as session:
        seen = timeline(session, committee.hall.project, Viewer(Audience.CENTRE))
    last_one = seen[-1].facts
    assert (last_one["action"], "refused" in last_one["outcome"]) == ("panel.check_in", True)
    assert str(committee.members[first].person) not in json.dumps(last_one)


def test_a_seats_page_is_nobody_elses(sitting: Committee) -> None:
    first, second = sitting.masks[:2]
    owner = sitting.person(first)
    stolen = owner.client.get_cookie(f"seat-{sitting.hall.project.hex}")
    assert stolen is not None
    thief = sitting.counter.person(sitting.members[second])
    thief.client.set_cookie(f"seat-{sitting.hall.project.hex}", stolen.value)
    thief.get(sitting.address, 404)
    assert thief.post(f"{sitting.address}/sign").status_code == 404
    assert sitting.counter.app.test_client().get(sitting.address).status_code == 303
    for role, told in ((Role.CENTRE, 403), (Role.TENDEREE, 404), (Role.DEPARTMENT, 403)):
        sitting.counter.person(an_actor(sitting.hall.platform, role)).get(sitting.address, told)
    api = f"/api/v1/panel/{sitting.hall.project}"
    head = {"Authorization": f"Bearer {thief.token}", "X-Seat": stolen.value}
    client = sitting.counter.app.test_client()
    assert client.get(api, headers=head).status_code == 404
    assert client.get(api).status_code == 401
    own = head | {"Authorization": f"Bearer {owner.token}"}
    assert client.get(api, headers=own).json["state"] == "waiting"  # type: ignore[index]


def test_nothing_is_scored_before_the_promise_and_not_by_a_box_left_empty(
    sitting: Committee,
) -> None:
    mask = sitting.masks[0]
    sitting.start()
    person = sitting.person(mask)
    page = person.get(sitting.address)
    assert "近亲属" in page
    assert "points." not in page
    empty = person.post(f"{sitting.address}/promise", statement=statement_digest().hex())
    assert empty.status_code == 422
    early = person.post(f"{sitting.address}/score", bid=str(sitting.bids[0]), **GOOD)
    assert early.status_code == 422
    assert "请先签署回避与保密承诺" in early.text
    promise(sitting, person)
    assert "points.technical" in person.get(sitting.address)


@pytest.mark.parametrize("way", ["page", "program", "form"])
def test_a_member_looks_at_the_bids_on_record_under_the_seats_pseudonym(
    sitting: Committee, way: str
) -> None:
    sitting.start()
    mask = sitting.masks[0]
    person, paper = sitting.person(mask), sitting.paper(mask)
    if way == "form":  # answered by the page, with what is wrong
        assert person.post(f"{sitting.address}/promise", statement="no").status_code == 422
    elif way == "page":
        person.get(sitting.address)
    else:
        client = sitting.counter.app.test_client()
        seat = f"{paper['section']}.{mask}.{paper['secret']}"
        head = {"Authorization": f"Bearer {person.token}", "X-Seat": seat}
        assert client.get(f"/api/v1{sitting.address}", headers=head).status_code == 200
    with sitting.hall.platform.read() as session:
        seen = timeline(
            session, sitting.hall.project, Viewer(Audience.PARTY, masks=frozenset({mask}))
        )
    told = [each.facts for each in seen if each.facts["action"] == judge_bids.name]
    assert [(each["actor"]["id"], each["facts"]["kind"]) for each in told] == [(mask, "bids")]


def test_what_is_wrong_in_a_sheet_is_said_by_criterion_and_what_was_typed_stays(
    sitting: Committee,
) -> None:
    sitting.start()
    person = sitting.person(sitting.masks[0])
    promise(sitting, person)
    bid = str(sitting.bids[1])
    wrong = {**GOOD, "points.technical": "30.01", "reasons.technical": "甲方案留着"}
    answer = person.post(f"{sitting.address}/score", bid=bid, **wrong)
    assert answer.status_code == 422
    assert "分值超出评分范围" in answer.text
    assert 'href="#f-points.technical"' in answer.text
    for kept in ("30.01", "甲方案留着", "9.5"):
        assert kept in answer.text
    for typed, words in (
        ({"points.schedule": "十分"}, "分值如 30"), ({"points.schedule": ""}, "请填写此项"),
        ({"reasons.schedule": " "}, "请填写此项"), ({"points.schedule": "-1"}, "分值"),
        ({"points.schedule": "1e1"}, ""), ({"points.gift": "1", "reasons.gift": "x"}, "须逐项评分"),
        ({"reasons.schedule": "长" * 501}, "不超过500字"),
    ):  # fmt: skip
        answer = person.post(f"{sitting.address}/score", bid=bid, **(GOOD | typed))
        assert answer.status_code == (422 if words else 303), typed
        assert words in answer.text
    foreign = person.post(f"{sitting.address}/score", bid=str(uuid4()), **GOOD)
    assert "没有此投标" in foreign.text
    assert person.post(f"{sitting.address}/score", bid=bid, **GOOD).status_code == 303
    [sheet] = [each.sheet for each in sitting.view(sitting.masks[0]).bids if str(each.bid) == bid]
    assert sheet == {"technical": 2800, "schedule": 950}


def test_members_see_price_points_and_their_own_sheets_alone(sitting: Committee) -> None:
    sitting.start()
    first, second = (sitting.person(mask) for mask in sitting.masks[:2])
    for person in (first, second):
        promise(sitting, person)
    bid = str(sitting.bids[0])
    first.post(f"{sitting.address}/score", bid=bid, **(GOOD | {"points.technical": "17.35"}))
    assert "17.35" in first.get(f"{sitting.address}?bid={bid}")
    assert "17.35" not in second.get(f"{sitting.address}?bid={bid}")
    # lowest ÷ price × 60: the cheapest has all sixty, 90,000 ÷ 120,000 has 45
    pages = [first.get(f"{sitting.address}?bid={each}") for each in sitting.bids]
    assert "<b>60.00</b> / 60.00" in pages[0]
    assert "<b>45.00</b> / 60.00" in pages[2]


def test_the_whole_committee_reports_and_the_ranking_is_computed(sitting: Committee) -> None:
    sitting.start()
    *others, chair = sitting.masks
    for mask in others:
        sitting.judge(mask)
    person = sitting.person(chair)
    early = person.post(f"{sitting.address}/report")
    assert early.status_code == 422
    assert "尚有成员未签名" in early.text
    sitting.judge(chair)
    again = sitting.person(chair)
    late = again.post(f"{sitting.address}/score", bid=str(sitting.bids[0]), **GOOD)
    assert "已签名，不得改变" in late.text
    assert "作为组长提交报告" in again.get(sitting.address)
    assert again.post(f"{sitting.address}/report").status_code == 303
    assert "97.50" in again.get(sitting.address)
    assert sitting.view(chair).ranking[0].price == 90_000
    with sitting.hall.platform.read() as session:
        for audience in Audience:
            told = timeline(session, sitting.hall.project, Viewer(audience))
            said = json.dumps([row.facts for row in told])
            assert not any(str(each.person) in said for each in sitting.members.values())


def test_no_seats_secret_is_kept_by_the_platform(sitting: Committee, database: Addresses) -> None:
    sitting.start()
    mask = sitting.masks[0]
    sitting.judge(mask)
    rest = everything_at_rest(database)
    secret = sitting.hall.secrets[mask]
    assert not [name for name, rows in rest.items() if secret.hex() in rows]


def served(counter: Counter) -> AbstractContextManager[str]:
    return answering(make_server("127.0.0.1", 0, counter.app, threaded=True))


def a_folder(committee: Committee, masks: list[str], path: Path) -> Folder:
    """The stand-ins' folder: papers of these seats, one password for all."""
    (path / SEATS).mkdir(parents=True)
    (path / PASSWORD).write_text(WORD)
    accounts = {}
    for mask in masks:
        committee.counter.person(committee.members[mask])
        accounts[mask] = f"u{committee.members[mask].person.hex}"
        paper = committee.paper(mask) | {"account": accounts[mask]}
        (path / SEATS / f"{mask}.json").write_text(json.dumps(paper))
    (path / KEYS).write_text(json.dumps(dict.fromkeys(accounts.values(), "none")))
    return Folder(path)


def settle(experts: Experts) -> None:
    for _ in range(100):
        if not experts.look():
            return
    raise AssertionError("the stand-ins do not come to rest")


def test_stand_ins_judge_to_the_end_by_themselves(sitting: Committee, tmp_path: Path) -> None:
    with served(sitting.counter) as url:
        experts = Experts(url, a_folder(sitting, sitting.masks, tmp_path / "experts"))
        settle(experts)
        assert not sitting.view(sitting.masks[0]).promised, "nothing before the owner starts"
        sitting.start()
        settle(experts)
    view = sitting.view(sitting.masks[0])
    assert (view.state, view.signatures) == ("reported", len(sitting.masks))
    assert [each.rank for each in view.ranking] == [1, 2, 3]


def test_stand_ins_leave_a_seat_and_the_report_to_the_person_who_promised_for_it(
    sitting: Committee, tmp_path: Path
) -> None:
    mine = sitting.masks[0]
    promise(sitting, sitting.person(mine))
    sitting.start()
    with served(sitting.counter) as url:
        folder = a_folder(sitting, sitting.masks, tmp_path / "experts")
        settle(Experts(url, folder))
        view = sitting.view(mine)
        assert (view.signatures, view.signed) == (len(sitting.masks) - 1, "")
        person = sitting.person(mine)
        for bid in sitting.bids:
            person.post(f"{sitting.address}/score", bid=str(bid), **GOOD)
        person.post(f"{sitting.address}/sign")
        settle(Experts(url, folder))
        assert sitting.view(mine).state == "open"
    assert person.post(f"{sitting.address}/report").status_code == 303
    assert sitting.view(mine).state == "reported"


def test_a_stand_in_that_was_cut_off_goes_on_and_does_nothing_twice(
    sitting: Committee, tmp_path: Path
) -> None:
    sitting.start()
    with served(sitting.counter) as url:
        folder = a_folder(sitting, sitting.masks, tmp_path / "experts")
        for _ in range(4):
            Experts(url, folder).look()
        settle(Experts(url, folder))
    assert sitting.view(sitting.masks[0]).state == "reported"
    with sitting.hall.platform.read() as s:
        counts = s.execute(
            text("SELECT count(*), count(DISTINCT mask) FROM evaluation_signature s JOIN evaluation e "
                 "ON e.id = s.evaluation WHERE e.section = :section"),
            {"section": sitting.hall.section},
        ).one()  # fmt: skip
    assert counts[0] == counts[1] == len(sitting.masks)
