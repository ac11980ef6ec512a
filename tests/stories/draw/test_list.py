"""Draws from a list, each purpose asked for by a person and drawn by the three machines."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from experts import ceremony, draw_verify
from experts.ceremony.mail.list import CHOICE
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.purpose import PURPOSES, Manner, listed, read_entry
from experts.ceremony.mail.view import View
from experts.ceremony.seat import seated
from experts.dossier import Expert, registry_root
from experts.draw.bundle import verify_bundle
from experts.draw.curve import drand
from monitor.record.disclosure import VISITOR, timeline
from monitor.refusal import Invalid, WrongStage
from monitor.role import Actor
from tests.builders import the_act
from tests.experts.draw.test_drand import ROUND, SIGNATURE
from tests.stories.draw.world import (
    DICE,
    World,
    an_account,
    nobody,
    settle,
    the_loops,
    wants,
)
from webui.deed.book import deeds
from webui.deed.book.evaluation import lot
from webui.deed.deed import Case
from webui.program.client import Client, Refused
from webui.program.draw import inspector
from webui.program.draw.case import pool_of
from webui.program.draw.centre import filing


def person(world: World, name: str) -> Client:
    """Somebody of the centre, the owner or the department, signed in by their own account."""
    who: dict[str, Actor] = {
        "clerk": world.machines.centre, "owner": world.machines.owner,
        "inspector": world.machines.inspector,
    }  # fmt: skip
    if name not in world.clients:
        folder = world.machines.folder / name
        an_account(world.keeping, who[name].person, name, folder)
        world.clients[name] = Client(world.url, name, folder)
    return world.clients[name]


def lines(*names: str, **facts: Any) -> list[dict[str, Any]]:
    return [{"name": name, **facts} for name in names]


LISTS: dict[str, tuple[str, list[dict[str, Any]], list[dict[str, Any]]]] = {
    "tie_break": ("clerk", [{"stratum": "并列第一", "seats": 1}], lines("甲公司", "乙公司")),
    "price_coefficient": (
        "clerk", [{"stratum": "系数", "seats": 1}], lines("95%", "96%", "97%", "98%"),
    ),
    "agency": (
        "owner", [{"stratum": "造价咨询", "seats": 1}],
        [*lines("甲事务所", weight=2), *lines("乙事务所", "丙事务所")],
    ),
    "inspection": (
        "inspector",
        [
            {"stratum": "事项", "seats": 1}, {"stratum": "企业", "seats": 3},
            {"stratum": "人员", "seats": 2},
        ],
        [
            *lines(*(f"事项{n}" for n in range(5)), of="事项"),
            *lines(*(f"企业{n}" for n in range(30)), of="企业"),
            *lines(*(f"人员{n}" for n in range(6)), of="人员", unit="执法一队"),
        ],
    ),
}  # fmt: skip


def ask(world: World, kind: str, **changes: Any) -> None:
    who, strata, rows = LISTS[kind]
    inputs = {
        "section": str(world.section), "purpose": kind, "strata": strata, "lines": rows,
        "choice": True, **changes,
    }  # fmt: skip
    told = person(world, who).act("draw.request_list", inputs, str(world.project))
    world.request = UUID(told)


@pytest.mark.campaign
def test_machines_throw_the_dice_and_wait_for_the_round_where_both_are_wanted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.trade()
    due = int(world.house.clock.now().timestamp()) + PURPOSES["agency"].times[2]
    genesis = due - (ROUND - 1) * drand.QUICKNET.period
    shifted = replace(drand.QUICKNET, genesis=genesis)
    monkeypatch.setitem(drand.CHAINS, drand.QUICKNET.hash, shifted)
    ask(world, "agency", beacon="both")
    loops = the_loops(world)
    settle(world, loops, nobody)
    world.wait(DICE)
    assert wants(world) == {("T", "dice"), ("staff", "bring_beacon")}
    settle(world, loops, nobody)
    assert wants(world) == {("staff", "bring_beacon")}
    inputs = {"draw": world.view().draw, "signature": SIGNATURE.hex()}
    person(world, "clerk").act("draw.bring_beacon", inputs, str(world.project))
    settle(world, loops, nobody)
    assert wants(world) == set()
    assert not world.view().parcels(Step.TROUBLE)
    assert verify_bundle(world.bundle()).ok


SOON = ("agency",)


@pytest.mark.parametrize(
    "purpose",
    [name if name in SOON else pytest.param(name, marks=pytest.mark.campaign) for name in LISTS],
)
def test_each_purpose_is_asked_for_by_its_own_side_drawn_and_checked(
    world: World, purpose: str
) -> None:
    world.trade()
    ask(world, purpose)
    loops = the_loops(world)
    settle(world, loops, nobody)
    assert wants(world) == {("time", "wait_dice")}
    world.wait(DICE)
    settle(world, loops, nobody)
    assert wants(world) == set()
    assert not world.view().parcels(Step.TROUBLE)
    bundle = world.bundle()
    report = verify_bundle(bundle)
    assert report.ok, report
    assert draw_verify.verify(bundle)[-1][1] == ""
    _, strata, rows = LISTS[purpose]
    names = {str(row["name"]) for row in rows}
    seats = sum(one["seats"] for one in strata)
    assert (world.view().sitting, world.view().open_seats) == (seats, 0)
    assert world.view().seats() == [], "lots are never called, and are told in number"
    drawn = [
        name for row in told_of(world) if row["action"] == "draw.round"
        for _, name in row["facts"].get("drawn", [])
    ]  # fmt: skip
    hidden = PURPOSES[purpose].kind == "inspection"
    assert len(drawn) == (0 if hidden else seats)
    assert set(drawn) <= names
    assert any(name.encode() in bundle for name in names) is not hidden
    stranger = Client(world.url, "", world.machines.folder)
    page = stranger.text(f"/draw/{world.request}")
    assert [name in page for name in names] == [not hidden] * len(names)
    assert page.count(">抽中</span>") == len(drawn)
    if hidden:
        with pytest.raises(Refused):
            stranger.text(f"/api/v1/draws/{world.request}/list")
    else:
        told = json.loads(stranger.text(f"/api/v1/draws/{world.request}/list"))
        assert registry_root(listed(map(read_entry, told["entries"]))).hex() == told["root"]
    with world.platform.read() as session:
        assert seated(session, world.project, world.section) == [], "a lot sits on no committee"


def told_of(world: World) -> list[dict[str, Any]]:
    with world.platform.read() as session:
        return [row.facts for row in timeline(session, world.project, VISITOR)]


def refused(world: World, kind: str, **changes: Any) -> str:
    with pytest.raises(Refused) as fault:
        ask(world, kind, **changes)
    return str(fault.value)


def test_an_agency_is_drawn_on_nothing_but_the_owners_own_stated_choice(world: World) -> None:
    world.trade()
    assert "自行选择" in refused(world, "agency", choice=False)
    clerk = person(world, "clerk")
    _, strata, rows = LISTS["agency"]
    inputs = {"section": str(world.section), "purpose": "agency", "strata": strata, "lines": rows}
    with pytest.raises(Refused, match="该方"):
        clerk.act("draw.request_list", inputs, str(world.project))
    told = deeds()["draw.request_list"].brief
    assert told is not None
    case = Case(None, world.machines.owner, world.project, world.house.clock.now())  # type: ignore[arg-type]
    assert dict(told(case)) == {"draw.free_choice": CHOICE}, "free choice is shown first"
    ask(world, "agency")
    asked = next(row for row in told_of(world) if row["action"] == "draw.request_list")
    assert asked["facts"]["choice"] == CHOICE
    page = Client(world.url, "", world.machines.folder).text(f"/draw/{world.request}")
    assert "造价咨询" in page, "what is drawn for stands there by its name"
    assert asked["actor"]["org"] == str(world.machines.owner.org)
    the_act(world.platform, "archive.close", world.project)
    assert "已归档" in refused(world, "agency", reason="再抽一次"), (
        "nobody is drawn for a trade that is over"
    )


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"lines": lines("甲公司")}, "名单不足"),
        ({"lines": lines("甲公司", "甲公司")}, "名单重复"),
        ({"lines": lines("甲公司", "乙公司", of="别处")}, "没有此层"),
        ({"lines": lines("甲公司", "乙公司", weight=17)}, "16"),
        ({"strata": [{"stratum": "一", "seats": 3}]}, "名单不足"),
        ({"strata": [{"stratum": "一", "seats": 101}]}, "名额有误"),
        ({"purpose": "evaluation"}, "没有此用途"),
        ({"beacon": "lottery"}, "drand"),
    ],
)
def test_a_list_that_cannot_be_drawn_from_is_refused_by_its_field(
    world: World, changes: dict[str, Any], word: str
) -> None:
    world.trade()
    assert word in refused(world, "tie_break", **changes)


def brought(sheet: str) -> list[str]:
    """The names of the lines that a sheet holds."""
    told = {
        "section": None, "strata": [{"stratum": "一", "seats": 1}], "lines": None,
        "file": sheet.encode(), "purpose": "tie_break", "beacon": "", "reason": "",
    }  # fmt: skip
    case = Case(None, None, None, None)  # type: ignore[arg-type]
    roll = deeds()["draw.request_list"].inputs(case, told)["roll"]
    return [each.name for each in roll.entries]


def test_a_sheet_is_read_as_it_stands_and_no_further_than_a_list_may_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert brought("unit,name\n甲局,甲公司\n乙局\n") == ["甲公司", ""], "no name is no name"
    with pytest.raises(Invalid, match="不可见字符"):
        brought("name\n甲\0公司\n")
    monkeypatch.setattr(lot, "MOST_LINES", 2)
    assert len(brought("name\n" + "甲公司\n" * 9)) == 3


def test_a_header_of_another_list_is_neither_signed_nor_published(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rogue centre leaves one line out, and adds a friend's."""
    world.trade()
    ask(world, "tie_break")
    loops = the_loops(world)
    monkeypatch.setattr(filing, "pool_of", friendly)
    settle(world, loops, nobody)
    troubles = [one["document"]["item"] for one in world.view().parcels(Step.TROUBLE)]
    assert troubles == ["header.registry"]
    monkeypatch.setattr(inspector, "pool_of", friendly)
    world.wait(301)
    settle(world, loops, nobody)
    assert world.view().parcel(Step.COUNTERSIGN, "I", 1)
    assert world.view().draw == "", "the platform takes no list but the one that was asked with"


def friendly(client: Client, view: View) -> tuple[dict[str, str], tuple[Expert, ...]]:
    """What a rogue machine reads: a friend instead of the first line."""
    taken, people = pool_of(client, view)
    return taken, (replace(people[0], uid="关系户"), *people[1:])


def test_what_follows_a_panel_needs_one_that_was_drawn(world: World) -> None:
    world.trade()
    for purpose in ("supplementary", "emergency"):
        with pytest.raises(WrongStage, match="尚未抽取"):
            world.ask("a member fell ill", Manner(purpose))
    with pytest.raises(Invalid, match="用途"):
        world.ask("", Manner("tie_break"))


def test_a_purpose_is_a_table_of_data_and_no_code() -> None:
    named = {"evaluation", "supplementary", "emergency", "agency", "tie_break",
             "price_coefficient", "inspection"}  # fmt: skip
    assert named <= set(PURPOSES)
    code = Path(ceremony.__file__).parent
    for path in [*code.rglob("*.py"), *Path(filing.__file__).parents[1].rglob("*.py")]:
        words = path.read_text("utf-8")
        assert not [name for name in named - {"evaluation"} if f'"{name}"' in words], path
