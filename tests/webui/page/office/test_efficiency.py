"""Efficiency by its page and as JSON: levels, chases, counts; points kept from the centre."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from monitor.law.point import Result
from monitor.law.watch import duties, steps
from monitor.law.workday import SHANGHAI
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.refusal import Conflict, NotFound, Refusal, WrongStage
from monitor.role import SYSTEM, Actor, Role
from tests.builders import a_participation, a_standing, an_actor, the_act
from tests.trading.projects import Trade, an_announced_trade
from tests.webui.page.counter import Counter
from trading.registration.party import Kind, Organisation
from trading.registration.project import found_project, trade_of
from trading.supervision.card.judging import judging_due, mark
from trading.supervision.chase import chases_due, owed_of, report, warn
from trading.supervision.complaint.complaint import Matter
from trading.supervision.complaint.filing import Writing, file
from trading.supervision.promise import promises


class Late:
    """A works trade whose contract is not signed."""

    def __init__(
        self, counter: Counter, before: Callable[["Late"], object] = lambda _: None
    ) -> None:
        self.counter, self.platform = counter, counter.house.platform
        self.trade: Trade = an_announced_trade(self.platform)
        before(self)
        self.department: Actor = a_standing(
            self.platform, self.trade.id, an_actor(self.platform, Role.DEPARTMENT)
        )
        the_act(self.platform, "award.issue", self.trade.id)
        self.watch()

    def wait(self, days: int) -> None:
        self.counter.house.clock.wait(timedelta(days=days))
        self.watch()

    def watch(self) -> None:
        """Let the watch and the chases write down what is due."""
        now = self.counter.house.clock.now()
        with self.platform.read() as session:
            due = steps(
                session, self.trade.id, trade_of(found_project(session, self.trade.id)), now
            )
        for step in due:
            self.platform.perform(step.action, SYSTEM, self.trade.id, owed=step.owed)
        with self.platform.read() as session:
            errands = chases_due(session, self.trade.id, now)
        for errand in errands:
            self.platform.perform(errand.action, SYSTEM, errand.project, **errand.inputs)

    def numbers(self, actor: Actor, query: str = "") -> Any:
        person = self.counter.person(actor)
        headers = {"Authorization": f"Bearer {person.token}"}
        answer = person.client.get(f"/api/v1/efficiency{query}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json

    def owner_promises(self, rule: str, number: int) -> int:
        """The tenderee promises for this trade; the status of the answer."""
        owner = self.counter.person(self.trade.owner)
        told = {"rule": rule, "number": str(number), "heeded": "yes"}
        return owner.act("promise.give", self.trade.id, **told).status_code

    def promised(self) -> int | None:
        """In how many days the contract is promised."""
        with self.platform.read() as session:
            [row] = [row for row in duties(session, self.trade.id) if row.rule == "works.contract"]
            return owed_of(row, promises(session, [self.trade.id])).number

    def chases(self) -> list[str]:
        """How the contract was chased, in order."""
        duty = str(late_duty(self))
        with self.platform.read() as session:
            seen = timeline(session, self.trade.id, Viewer(Audience.INSPECTOR))
        names = [str(one.facts["action"]) for one in seen if one.facts["subject"] == duty]
        return [name for name in names if name.startswith("chase.")]

    def contract(self, actor: Actor) -> Any:
        """What JSON tells of the contract, where it is overdue."""
        found = [one for one in self.numbers(actor)["overdue"] if one["rule"] == "works.contract"]
        return found[0] if found else None


@pytest.fixture
def late(counter: Counter) -> Late:
    return Late(counter)


def test_a_step_is_warned_before_its_promise_prompted_at_it_and_reported(late: Late) -> None:
    assert late.contract(late.department) is None
    late.wait(14)
    told = late.numbers(late.department)
    [step] = [one for one in told["duties"]["step"] if one["name"] == "works.contract"]
    assert step["counts"] == {
        "all": 1, "open": 1, "in_time": 0, "late": 0, "promise_broken": 0,
    }  # fmt: skip
    assert late.chases() == ["chase.warn"]
    with late.platform.read() as session:
        [row] = [row for row in duties(session, late.trade.id) if row.rule == "works.contract"]
        ends = owed_of(row, promises(session, [late.trade.id])).promised
    assert ends is not None
    words = f"承诺 {ends.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 前"
    for actor, path in ((late.department, "/wall"), (late.trade.owner, f"/desk/{late.trade.id}")):
        assert words in late.counter.person(actor).get(path), path
    late.wait(2)
    found = late.contract(late.department)
    assert (found["level"], found["chases"]) == (2, 2)
    [step] = [one for one in late.numbers(late.department)["duties"]["step"]
              if one["name"] == "works.contract"]  # fmt: skip
    assert (step["counts"]["late"], step["counts"]["promise_broken"]) == (0, 1)
    late.wait(16)
    found = late.contract(late.department)
    assert (found["level"], found["chases"]) == (3, 3)
    late.watch()
    assert late.chases() == ["chase.warn", "chase.prompt", "chase.report"], "each level once"
    page = late.counter.person(late.department).get("/efficiency")
    assert "超时通报" in page
    assert "15 日" in page
    assert "30 日" in page


def test_the_centre_promises_for_all_and_a_tenderee_for_its_own_trade_from_then_on(
    late: Late,
) -> None:
    platform, counter = late.platform, late.counter
    late.wait(1)
    clerk = counter.person(an_actor(platform, Role.CENTRE))
    told = {"rule": "works.contract", "number": "20"}
    doubted = clerk.act("promise.set", None, **told)
    assert (doubted.status_code, "不足一半" in doubted.text) == (422, True)
    assert clerk.act("promise.set", None, **told, heeded="yes").status_code == 303
    for number in ("31", "0", "-1"):
        assert clerk.act("promise.set", None, rule="works.contract", number=number,
                         heeded="yes").status_code == 422  # fmt: skip
    page = counter.app.test_client().get("/promises").text
    row = re.search(r"<tr[^>]*>(?:(?!</tr>).)*订立书面合同.*?</tr>", page, re.S)
    assert row is not None
    assert ("20 日" in row[0], "30 日" in row[0]) == (True, True)
    assert late.promised() == 15, "what runs keeps the promise under which it began"
    other = Late(counter)
    assert other.promised() == 20
    third = Late(counter, before=lambda made: made.owner_promises("works.contract", 10))
    assert (third.promised(), other.promised()) == (10, 20)
    assert third.owner_promises("all.archive", 1) == 403, "not the tenderee's to promise"
    assert third.owner_promises("procurement.contract", 1) == 403, "of another category"
    assert third.owner_promises("works.complaint_decide", 1) == 422, "the department's own"
    stranger = counter.person(an_actor(platform, Role.TENDEREE))
    told = {"rule": "works.contract", "number": "1"}
    assert stranger.act("promise.give", third.trade.id, **told).status_code == 403
    assert counter.person(third.trade.owner).act("promise.set", None, **told).status_code == 403
    with platform.read() as session:
        public = timeline(session, third.trade.id, VISITOR)
    assert "promise.give" in [one.facts["action"] for one in public]
    for number, held in (("30", None), ("15", 15)):  # taken back, and given again
        counter.house.clock.wait(timedelta(seconds=1))
        told = {"rule": "works.contract", "number": number}
        assert clerk.act("promise.set", None, **told).status_code == 303
        assert Late(counter).promised() == held


def test_somebody_chases_by_hand_and_nobody_out_of_turn(late: Late) -> None:
    late.wait(14)
    late.wait(2)
    person = late.counter.person(late.department)
    found = re.search(
        r"/act/chase\.send\?project=[^\"]*?duty=([0-9a-f-]{36})", person.get("/efficiency")
    )
    assert found is not None
    told = {"duty": found[1], "text": "请即签订合同。"}
    assert person.act("chase.send", late.trade.id, **told).status_code == 303
    for verb, kind in ((warn, Conflict), (report, WrongStage)):
        with pytest.raises(Refusal) as refused:
            late.platform.perform(verb, SYSTEM, late.trade.id, duty=late_duty(late))
        assert type(refused.value) is kind
    other = Late(late.counter)
    with pytest.raises(NotFound):
        late.platform.perform(warn, SYSTEM, other.trade.id, duty=late_duty(late))


def late_duty(late: Late) -> Any:
    with late.platform.read() as session:
        rows = duties(session, late.trade.id)
    return next(row.id for row in rows if row.rule == "works.contract")


def test_the_centre_sees_duties_and_nothing_of_the_points(late: Late) -> None:
    with late.platform.read() as session:
        due = judging_due(session, late.trade.id)
    for errand in due:
        late.platform.perform(errand.action, SYSTEM, errand.project)
    centre = an_actor(late.platform, Role.CENTRE)
    assert late.numbers(centre)["points"] == {}
    assert "监察点结果" not in late.counter.person(centre).get("/efficiency")
    told = late.numbers(late.department)["points"]
    [supply] = [one for one in told["point"] if one["name"] == "notice.supply"]
    assert supply["counts"] == {"unchecked": 0, "green": 1, "yellow": 0, "red": 0}
    assert {one["name"] for one in told["node"]} >= {"notice", "contract"}
    stranger = an_actor(late.platform, Role.DEPARTMENT)
    assert late.numbers(stranger)["duties"]["step"] == []
    for role in (Role.TENDERER, Role.TENDEREE):
        late.counter.person(an_actor(late.platform, role)).get("/efficiency", 403)
    assert late.counter.app.test_client().get("/api/v1/efficiency").status_code == 401


def complain(late: Late) -> None:
    """A complaint that the department neither takes up nor declines."""
    bidder = a_participation(late.platform, late.trade.id)
    late.platform.perform(
        file, bidder, late.trade.id, matter=Matter.OTHER, department=late.department.org,
        writing=Writing("某招标人", "限制报名", "责令改正", "截图；招标投标法 6"),
        known=late.counter.house.clock.now(),
    )  # fmt: skip


def test_a_result_is_booked_on_the_body_whose_duty_it_is(late: Late) -> None:
    told: dict[str, Any] = {"point": "draw.names", "result": Result.RED, "reason": "查实"}
    late.platform.perform(mark, late.department, late.trade.id, **told)
    complain(late)
    late.wait(14)
    with late.platform.read() as session:
        for errand in judging_due(session, late.trade.id):
            late.platform.perform(errand.action, SYSTEM, errand.project)
        owner, office = (
            session.get_one(Organisation, one.org).name
            for one in (late.trade.owner, late.department)
        )
        centres = session.scalars(
            select(Organisation.name).where(Organisation.kind == Kind.CENTRE.value)
        ).all()
    booked = late.numbers(late.department)["points"]["body"]
    counts = {one["name"]: one["counts"] for one in booked}
    assert counts[office]["red"] == 1, "the department's own duty"
    centre = centres[0] if len(centres) == 1 else "centre"
    assert counts[centre]["red"] == 1
    assert (counts[owner]["red"], counts[owner]["green"] > 0) == (0, True)
    page = late.counter.person(late.department).get("/efficiency")
    assert office in page
    assert ">centre<" not in page


def test_a_span_of_days_counts_what_began_in_it(late: Late) -> None:
    person = late.counter.person(late.department)
    assert "没有可统计的事项" in person.get("/efficiency?from=2001-01-01&to=2001-02-01")
    assert late.numbers(late.department, "?from=2001-01-01&to=2001-02-01")["duties"]["step"] == []
    person.get("/efficiency?from=yesterday", 400)
