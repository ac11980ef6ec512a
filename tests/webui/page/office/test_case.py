"""Discipline's cases: sealed from the centre, its administrator too, until the case ends."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from monitor.record.disclosure import Audience, Viewer, custody, timeline
from monitor.record.platform import Platform
from monitor.refusal import NotAllowed, NotFound, Refusal, WrongStage
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from monitor.runtime.valkey import EmbeddedValkey
from tests.builders import a_standing, an_actor
from tests.stories.rest import in_tables
from tests.trading.projects import Trade, an_announced_trade
from tests.webui.page.counter import Counter, a_counter
from tests.webui.page.live.wire import Wire, a_wire, bodies
from trading.supervision.case import close, look, open_case, refer, report
from trading.supervision.tip import dismiss, file, read, take, tips

SECRETS = ("串标嫌疑", "匿名来信称", "调阅评标记录", "移送线索")
SEALED = (
    "case.open", "case.report", "case.look", "case.annotate", "case.refer",
    "tip.file", "tip.read", "tip.take", "tip.dismiss",
)  # fmt: skip
TIP, NAME, PHONE = "评委收受购物卡", "赵知情", "139-0000-0001"


@dataclass
class Sealed:
    """A trade, its department, discipline, and two of the centre that would like to know."""

    wire: Wire
    trade: Trade
    department: Actor
    discipline: Actor
    clerk: Actor
    administrator: Actor

    @property
    def counter(self) -> Counter:
        return self.wire.counter

    @property
    def platform(self) -> Platform:
        return self.counter.house.platform

    def do(self, verb: Any, actor: Actor, **inputs: Any) -> Any:
        return self.platform.perform(verb, actor, self.trade.id, **inputs)

    def refusal(self, verb: Any, actor: Actor, **inputs: Any) -> type[Refusal]:
        with pytest.raises(Refusal) as told:
            self.do(verb, actor, **inputs)
        return type(told.value)

    def case(self) -> UUID:
        """A case with a report and a look in it, after a referral."""
        self.do(refer, self.department, text=SECRETS[3])
        case: UUID = self.do(open_case, self.discipline, title=SECRETS[0], ground="来信")
        self.do(report, self.discipline, case=case, text=SECRETS[1])
        self.do(look, self.discipline, case=case, text=SECRETS[2])
        return case

    def acts(self, viewer: Viewer) -> list[str]:
        with self.platform.read() as session:
            seen = timeline(session, self.trade.id, viewer)
        return [str(one.facts["action"]) for one in seen]

    def records(self) -> list[str]:
        """The ids of the sealed records, as discipline knows them."""
        with self.platform.read() as session:
            seen = timeline(session, self.trade.id, Viewer(Audience.DISCIPLINE))
        return [str(one.record_id) for one in seen if one.facts["action"] in SEALED]


@pytest.fixture(scope="module")
def wire(
    database: Addresses, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Wire]:
    with (
        a_counter(database, valkey.url, tmp_path_factory.mktemp("counter")) as counter,
        a_wire(counter, valkey.url) as made,
    ):
        yield made


@pytest.fixture
def sealed(wire: Wire) -> Sealed:
    platform = wire.counter.house.platform
    trade = an_announced_trade(platform)
    return Sealed(
        wire, trade, a_standing(platform, trade.id, an_actor(platform, Role.DEPARTMENT)),
        an_actor(platform, Role.DISCIPLINE), trade.centre,
        an_actor(platform, Role.ADMINISTRATOR, trade.centre.org),
    )  # fmt: skip


def everything(sealed: Sealed, actor: Actor) -> str:
    """All that somebody of the centre can get at: pages, JSON, frames."""
    person, trade = sealed.counter.person(actor), sealed.trade.id
    paths = [
        "/wall", "/wall/frame?after=0", "/tasks", "/messages", "/orders", f"/orders/{trade}",
        "/cards", f"/cards/{trade}", "/cases", "/work", f"/desk/{trade}", f"/project/{trade}",
        "/people", "/api/v1/projects", f"/api/v1/projects/{trade}",
        f"/api/v1/projects/{trade}/frame?after=0",
        *(f"/record/{one}{end}" for one in sealed.records() for end in ("", ".body", ".tlog-proof")),
        *(f"/api/v1/records/{one}" for one in sealed.records()),
    ]  # fmt: skip
    headers = {"Authorization": f"Bearer {person.token}"}
    return "\n".join(person.client.get(path, headers=headers).text for path in paths)


def test_the_centre_learns_nothing_of_a_case_by_pages_json_stream_or_bag(sealed: Sealed) -> None:
    sealed.case()
    sealed.counter.house.settle()
    for actor in (sealed.clerk, sealed.administrator):
        told = everything(sealed, actor)
        for word in (*SECRETS, *SEALED):
            assert word not in told.replace("/act/case.", ""), (actor.role, word)
        assert not re.search("|".join(f'{one}[^"]*","salt' for one in sealed.records()), told)
    person = sealed.counter.person(sealed.clerk)
    stream = sealed.wire.open("as=wearer", person.token)
    frame = next(stream.frames())
    seen = [one["action"] for one in bodies(frame)]
    assert "notice.publish" in seen
    assert not set(seen) & set(SEALED)
    sealed.wire.leave(stream)
    with sealed.platform.read() as session:
        bag = custody(session, sealed.trade.id)
    openings = b"\n".join(each.body for each in bag)
    assert b"notice.publish" in openings
    assert not [name for name in SEALED if name.encode() in openings]
    assert sum(each.body == b"" for each in bag) == len(sealed.records())


def test_when_the_case_ends_the_centre_reads_what_it_held_and_no_other(sealed: Sealed) -> None:
    case, centre = sealed.case(), Viewer(Audience.CENTRE, sealed.clerk.org)
    other = sealed.do(open_case, sealed.discipline, title="另案", ground="另一来信")
    sealed.do(close, sealed.discipline, case=case, finding="查无实据")
    seen = [name for name in sealed.acts(centre) if name.startswith("case.")]
    assert seen == ["case.open", "case.report", "case.look", "case.close"]
    sealed.do(look, sealed.discipline, case=other, text="再看")
    assert [name for name in sealed.acts(centre) if name.startswith("case.")] == seen
    sealed.do(close, sealed.discipline, case=other, finding="属实")
    every = [name for name in sealed.acts(centre) if name.startswith("case.")]
    assert every.count("case.open") == 2
    assert "case.refer" in every
    sealed.do(refer, sealed.department, text="新的线索")
    assert sealed.acts(centre).count("case.refer") == every.count("case.refer")


def test_nobody_else_touches_a_case(sealed: Sealed) -> None:
    case = sealed.case()
    for actor in (sealed.clerk, sealed.administrator, sealed.department, sealed.trade.owner):
        assert sealed.refusal(look, actor, case=case, text="看") is NotAllowed
        assert sealed.refusal(close, actor, case=case, finding="结") is NotAllowed
    foreign = an_actor(sealed.platform, Role.DISCIPLINE)
    assert sealed.refusal(look, foreign, case=case, text="看") is NotFound
    sealed.do(close, sealed.discipline, case=case, finding="查无实据")
    assert sealed.refusal(look, sealed.discipline, case=case, text="看") is WrongStage


def test_discipline_works_by_its_page(sealed: Sealed) -> None:
    person = sealed.counter.person(sealed.discipline)
    assert "没有案件" in person.get("/cases")
    told = {"title": "串标嫌疑", "ground": "来信"}
    assert person.act("case.open", sealed.trade.id, **told).status_code == 303
    page = person.get("/cases")
    found = re.search(r"/act/case\.look\?project=[^\"]*?case=([0-9a-f-]{36})", page)
    assert found is not None
    for verb, words in (("report", "来信称"), ("look", "调阅"), ("annotate", "约谈")):
        told = {"case": found[1], "text": words}
        assert person.act(f"case.{verb}", sealed.trade.id, **told).status_code == 303
    page = person.get("/cases")
    assert all(words in page for words in ("来信称", "调阅", "约谈"))
    told = {"case": found[1], "finding": "查无实据"}
    assert person.act("case.close", sealed.trade.id, **told).status_code == 303
    assert "已结案" in person.get("/cases?lang=zh")
    department = sealed.counter.person(sealed.department)
    assert "串标嫌疑" not in department.get("/cases")
    for actor in (sealed.clerk, sealed.administrator, sealed.trade.owner):
        sealed.counter.person(actor).get("/cases", 403)


class Public:
    """Somebody of the public, by the report box."""

    def __init__(self, sealed: Sealed, address: str) -> None:
        self.client = sealed.counter.app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = address
        self.project, self.body = str(sealed.trade.id), str(sealed.discipline.org)
        self.csrf = self._csrf()

    def _csrf(self) -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.client.get("/report").text)
        assert found is not None
        return found[1]

    def report(self, **told: str) -> TestResponse:
        form = {"csrf": self.csrf, "project": self.project, "body": self.body, **told}
        return self.client.post("/report", data=form)

    def filed(self, **told: str) -> str:
        """Report something; the code that is shown."""
        answer = self.report(**told)
        found = re.search(r"(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}", answer.text)
        assert found is not None, answer.text
        return found[0]

    def asked(self, code: str) -> TestResponse:
        return self.client.post("/report/state", data={"csrf": self.csrf, "code": code})


def tip_on_page(sealed: Sealed) -> UUID:
    page = sealed.counter.person(sealed.discipline).get("/cases")
    found = re.findall(r"/act/tip\.take\?project=([0-9a-f-]{36})[^\"]*?tip=([0-9a-f-]{36})", page)
    [tip] = [tip for project, tip in found if project == str(sealed.trade.id)]
    return UUID(tip)


def test_a_report_of_the_public_is_disciplines_alone_until_its_own_case_ends(
    sealed: Sealed,
) -> None:
    reporter, centre = Public(sealed, "198.51.100.1"), Viewer(Audience.CENTRE)
    code = reporter.filed(text=TIP, name=NAME, contact=PHONE)
    other = sealed.do(open_case, sealed.discipline, title="另案", ground="来信")
    sealed.do(close, sealed.discipline, case=other, finding="属实")
    assert "已收到" in reporter.asked(code.lower().replace("-", " ")).text
    sealed.counter.house.settle()
    for actor in (sealed.clerk, sealed.administrator):
        read = everything(sealed, actor)
        assert not [word for word in (TIP, NAME, PHONE, "tip.file", "tip.ask") if word in read]
    assert TIP not in sealed.counter.person(sealed.department).get("/cases")
    reader = sealed.counter.person(sealed.discipline)
    assert not [word for word in (TIP, NAME, PHONE) if word in reader.get("/cases")]
    looked = re.search(r'name="tip" value="([0-9a-f-]{36})"', reader.get("/cases"))
    assert looked is not None
    assert reader.act("tip.read", sealed.trade.id, tip=looked[1]).status_code == 303
    assert all(word in reader.get("/cases") for word in (TIP, NAME, PHONE, "已有 1 人查阅"))
    colleague = an_actor(sealed.platform, Role.DISCIPLINE, sealed.discipline.org)
    assert TIP not in sealed.counter.person(colleague).get("/cases"), "who has not looked on record"
    tip = tip_on_page(sealed)
    assert sealed.refusal(take, sealed.department, tip=tip, title="立") is NotAllowed
    taken = sealed.counter.person(sealed.discipline)
    told = {"tip": str(tip), "title": "受贿嫌疑"}
    assert taken.act("tip.take", sealed.trade.id, **told).status_code == 303
    assert taken.act("tip.take", sealed.trade.id, **told).status_code == 422
    assert "办理中" in reporter.asked(code).text
    another = sealed.do(open_case, sealed.discipline, title="又一案", ground="来信")
    sealed.do(close, sealed.discipline, case=another, finding="属实")
    assert not [name for name in sealed.acts(centre) if name.startswith("tip.")]
    sealed.do(close, sealed.discipline, case=tip, finding="属实")
    assert [name for name in sealed.acts(centre) if name.startswith("tip.")] == [
        "tip.file", "tip.read", "tip.take",
    ]  # fmt: skip
    assert "已办结" in reporter.asked(code).text
    with sealed.platform.read() as session:
        every = timeline(session, sealed.trade.id, Viewer(Audience.DISCIPLINE))
    written = "".join(one.body.decode() for one in every)
    assert not [word for word in (TIP, NAME, PHONE, code, "198.51.100.1") if word in written]


def test_a_report_is_read_by_the_body_that_it_was_addressed_to_and_by_no_other(
    sealed: Sealed,
) -> None:
    """Whoever registers a body of their own, and seats somebody in it, reads nothing by it."""
    straw, reporter = an_actor(sealed.platform, Role.DISCIPLINE), Public(sealed, "198.51.100.4")
    reporter.filed(text=TIP, name=NAME, contact=PHONE)
    with sealed.platform.read() as session:
        [tip] = [one.id for one in tips(session, sealed.discipline)]
        assert tips(session, straw) == []
    page = sealed.counter.person(straw).get("/cases")
    assert str(tip) not in page
    for verb, told in ((read, {}), (take, {"title": "立"}), (dismiss, {"reply": "不"})):
        assert sealed.refusal(verb, straw, tip=tip, **told) is NotFound
    sealed.do(read, sealed.discipline, tip=tip)
    offered = reporter.client.get(f"/report?project={reporter.project}").text
    assert all(f'value="{one.org}"' in offered for one in (straw, sealed.discipline))
    for body in ("", str(sealed.department.org), str(sealed.trade.owner.org)):
        refused = reporter.report(text=TIP, body=body)
        assert (refused.status_code, "请选择受理机关" in refused.text) == (422, True)


def test_who_reported_a_case_is_shown_to_whoever_looked_on_record_alone(sealed: Sealed) -> None:
    told = {"text": TIP, "receipt": bytes(32), "name": NAME, "contact": PHONE}
    tip = sealed.do(file, SYSTEM, body=sealed.discipline.org, **told)
    sealed.do(take, sealed.discipline, tip=tip, title="受贿嫌疑")
    person = sealed.counter.person(sealed.discipline)
    page = person.get("/cases")
    assert "受贿嫌疑" in page
    assert NAME not in page, "the case is its office's to read, not who reported it"
    assert person.act("tip.read", sealed.trade.id, tip=str(tip)).status_code == 303
    assert NAME in person.get("/cases")
    assert sealed.acts(Viewer(Audience.DISCIPLINE)).count("tip.read") == 1


def test_a_report_that_is_not_taken_up_is_answered_and_stays_sealed(sealed: Sealed) -> None:
    reporter = Public(sealed, "198.51.100.2")
    code = reporter.filed(text="开标室空调不凉")
    person = sealed.counter.person(sealed.discipline)
    with sealed.platform.read() as session:
        [tip] = [
            row.id for row in tips(session, sealed.discipline) if row.project == sealed.trade.id
        ]
    assert person.act("tip.read", sealed.trade.id, tip=str(tip)).status_code == 303
    told = {"tip": str(tip_on_page(sealed)), "reply": "不属于受理范围，请向中心反映"}
    assert person.act("tip.dismiss", sealed.trade.id, **told).status_code == 303
    answer = reporter.asked(code).text
    assert "未予受理" in answer
    assert told["reply"] in answer
    case = sealed.case()
    sealed.do(close, sealed.discipline, case=case, finding="查无实据")
    seen = sealed.acts(Viewer(Audience.CENTRE))
    assert "case.open" in seen
    assert not [name for name in seen if name.startswith("tip.")]


def test_the_box_keeps_no_address_takes_no_flood_and_tells_a_guesser_nothing(
    sealed: Sealed, database: Addresses
) -> None:
    address = "198.51.100.3"
    reporter = Public(sealed, address)
    forged = reporter.client.post("/report", data={"project": reporter.project, "text": "x"})
    assert forged.status_code == 422
    empty = reporter.report(text=" ")
    assert (empty.status_code, "应为1至" in empty.text) == (422, True)
    unseen = reporter.report(text="x", name="\0")
    assert (unseen.status_code, "不可见字符" in unseen.text) == (422, True)
    first = reporter.asked("AAAA-AAAA-AAAA-AAAA")
    assert (first.status_code, "没有此回执码" in first.text) == (422, True)
    assert reporter.report(text="x", project=str(UUID(int=9))).status_code == 404
    answers = [reporter.asked("BBBB").status_code for _ in range(20)]
    assert answers[-1] == 429
    assert reporter.report(text=TIP).status_code == 429
    assert "回执码" in Public(sealed, "198.51.100.4").report(text="另一处的人仍可举报").text
    assert not in_tables(database, address)
