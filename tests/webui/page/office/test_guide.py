"""The guide of nine steps: its ways stand in order, and none vanishes while its step is the one."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

import webui.page
from bidding.hall.preparation.attendance import BEFORE
from bidding.hall.sheet import Ways
from monitor.role import SYSTEM
from tests.served import Served
from tests.webui.page.signed_in import ORIGIN, person
from trading.desk.docket import docket
from trading.registration.stage import Stage
from webui.course.guide import Board, Lesson, Own, _close, lessons
from webui.demo.account import open_keeping
from webui.demo.plan import fiction
from webui.demo.second import second
from webui.house import House
from webui.page.app import create_app
from webui.page.office.desk.guide import MOST, owes_key, played, read_board
from webui.page.source import Source
from webui.serve.progress import Phase, State, write_progress

PAGE = Path(webui.page.__file__).parent
AFTER = frozenset({"opening.reveal", "opening.fail", "panel.form"})
MINUTE = timedelta(minutes=1)


@pytest.fixture
def board(app: Flask, source: Source) -> Board:
    """The trade that is there, as if its prices had not been read out yet."""
    with app.test_request_context("/guide"):
        with source.platform.read() as session:
            found = docket(session, SYSTEM, source.now, MOST)[-1]
        read = read_board(found, Own())
    acts = tuple(act for act in read.facts.acts if act.action not in AFTER)
    return replace(read, facts=replace(read.facts, acts=acts))


def present(board: Board) -> Lesson:
    return next(each for each in lessons(board) if each.state == "now")


def told(lesson: Lesson) -> list[tuple[str, str]]:
    """Return its ways in order, and how each stands."""
    return [
        (way.key.rpartition(".")[2], "done" if way.done else "waits" if way.waits else "now")
        for way in lesson.ways
    ]


def test_nothing_vanishes_while_the_deadline_is_the_step(board: Board) -> None:
    assert board.sheet is not None
    deadline = board.sheet.deadline
    early = replace(
        board,
        facts=replace(board.facts, now=deadline - MINUTE),
        sheet=replace(board.sheet, closed=None, names=None),
        own=Own(joined=True, paid=True, sent=True),
    )
    late = replace(early, facts=replace(board.facts, now=deadline + MINUTE))
    assert present(early).number == present(late).number == 7
    keys = ["check_in", "advance", "sheet", "trustee"]
    assert told(present(early)) == list(zip(keys, ["now", "now", "waits", "waits"], strict=True))
    assert told(present(late)) == list(zip(keys, ["now", "done", "now", "now"], strict=True))


def test_the_hour_of_checking_in_may_be_gone_to_and_is_nobodys_next_step(board: Board) -> None:
    assert board.sheet is not None
    deadline = board.sheet.deadline
    before = replace(
        board,
        facts=replace(board.facts, now=deadline - 2 * BEFORE),
        sheet=replace(board.sheet, closed=None, names=None),
        own=Own(joined=True, paid=True, sent=True),
    )
    door, *_ = present(before).ways
    assert (door.key, door.to, door.aside) == ("guide.go.advance_door", deadline - BEFORE, True)
    assert present(before).first == present(before).ways[1]
    assert present(before).ways[1].key == "guide.go.advance"
    stranger = replace(before, own=Own(joined=True, paid=True))
    assert "advance_door" not in [key for key, _ in told(Lesson(7, "", "", _close(stranger)))]


def test_check_comes_before_release_and_release_before_unlock(board: Board) -> None:
    assert board.sheet is not None
    until = board.facts.now + MINUTE
    shut = replace(board.sheet, checked=None, ways=Ways(0, 0, 3), window_until=until, revealed=None)
    unchecked = replace(board, sheet=shut)
    assert board.sheet.checked is not None
    own = Own(joined=True, paid=True, sent=True, checked=True)
    keys = ["check", "release", "advance_window", "unlock"]
    wait = ["now", "waits", "waits", "waits"]
    assert told(present(unchecked)) == list(zip(keys, wait, strict=True))
    checked = replace(board, sheet=replace(shut, checked=board.sheet.checked), own=own)
    run = ["done", "now", "now", "waits"]
    assert told(present(checked)) == list(zip(keys, run, strict=True))
    over = replace(checked, sheet=replace(shut, checked=board.sheet.checked, ways=Ways(3, 0, 0)))
    assert told(present(over)) == [("check", "done"), ("release", "done"), ("unlock", "now")]


def test_what_a_rival_did_is_never_the_newcomers_own_and_the_next_thing_is_the_one_to_press(
    board: Board,
) -> None:
    assert board.sheet is not None
    until = board.facts.now + MINUTE
    shut = replace(board.sheet, ways=Ways(2, 0, 2), window_until=until, unlocked=None)
    sent = replace(board, sheet=shut, own=Own(joined=True, paid=True, sent=True))
    ways = present(sent).ways
    assert ways[0].key == "guide.go.check_other"
    assert not ways[0].done
    assert present(sent).first == ways[1]
    assert ways[1].key == "guide.go.release"
    given = present(replace(sent, own=replace(sent.own, released=True)))
    assert told(given)[1] == ("release", "done")
    assert given.first is not None
    assert given.first.key == "guide.go.advance_window"
    late = present(replace(sent, facts=replace(board.facts, now=until)))
    assert told(late)[1] == ("release_missed", "now")
    assert late.first is not None
    assert late.first.key == "guide.go.unlock"


def done(board: Board) -> int:
    return sum(each.state == "done" for each in lessons(board))


def test_nine_of_nine_are_done_once_all_was_read_out_and_never_over_a_failed_trade(
    board: Board, app: Flask, source: Source
) -> None:
    assert board.sheet is not None
    with app.test_request_context("/guide"), source.platform.read() as session:
        found = docket(session, SYSTEM, source.now, MOST)[-1]
        whole = read_board(found, Own())
    assert done(whole) == 9
    assert lessons(whole)[-1].ways
    ended = replace(board.facts, matter=replace(board.facts.matter, stage=Stage.TERMINATED))
    failed = replace(board, facts=ended)
    assert failed.failed
    assert done(failed) == 7
    assert not [each for each in lessons(failed) if each.state == "now"]


@pytest.fixture(scope="module")
def filling(
    served: Served, house: House, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The same trades and people as they are while the story is still being told."""
    settings = replace(served.settings, data=tmp_path_factory.mktemp("filling"))
    write_progress(settings, State(Phase.FILLING, 21, 65, "三"))
    source = Source.of(settings, house)
    keeping = open_keeping(source.platform, served.settings, house.ground.redis_url)
    yield create_app(source, keeping)
    keeping.close()


def test_while_the_demo_is_filled_there_is_no_trade_of_ones_own_and_nothing_to_press(
    filling: Flask,
) -> None:
    page = filling.test_client().get("/guide").text
    assert "您的项目一两分钟后到" in page
    assert "data-reload" in page
    assert "/demo/" not in page
    assert "您的项目：" not in page
    assert "/ 9" not in page
    assert "/demo/" not in filling.test_client().get("/sign-in").text


def test_only_the_guide_holds_what_makes_a_page_load_itself_again() -> None:
    """A second meaning of the attribute would take the page from under somebody's hands."""
    script = (PAGE / "static/script/page.js").read_text("utf-8")
    [attribute] = re.findall(r"if \(\$\('\[(data-[a-z]+)\]'\)\) setTimeout\(.*reload", script)
    held = {path.name for path in PAGE.glob("template/**/*.html") if attribute in path.read_text()}
    assert held == {"guide.html"}


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/demo/advance", {"to": "2030-01-01T00:00"}),
        ("/demo/act-as", {"account": "owner"}),
    ],
)
def test_while_the_demo_is_filled_nobody_moves_its_time_or_its_people(
    filling: Flask, source: Source, path: str, sent: dict[str, str]
) -> None:
    before = source.now
    answer = filling.test_client().post(path, data=sent, headers=ORIGIN)
    assert answer.status_code == 409
    assert "演示数据正在生成" in answer.text
    assert not [told for told in answer.headers.getlist("Set-Cookie") if "session" in told]
    assert source.now - before < timedelta(days=1)


def test_the_story_that_fills_the_folder_is_never_your_trade(app: Flask) -> None:
    page = app.test_client().get("/guide").text
    with app.test_request_context("/guide"):
        found = played()
    assert found is not None
    assert found.code == second(fiction()).code
    assert f"/project/{found.project}" in page


def test_whoever_sealed_and_has_not_released_owes_a_key_whoever_it_acts_as(app: Flask) -> None:
    project = UUID(int=7)
    for kept, owes in (("jps", True), ("jpscr", False), ("jp", False), ("", False)):
        cookie = {"Cookie": f"guide-{project.hex[:12]}={kept}"}
        with app.test_request_context("/guide", headers=cookie):
            assert owes_key(project) is owes


def test_the_desk_leads_on_to_the_guide_and_a_watcher_to_the_wall(app: Flask) -> None:
    with app.test_request_context("/guide"):
        found = played()
    assert found is not None
    desk = f"/desk/{found.project}"
    assert "/guide#now" in person(app, "clerk").get(desk).text
    watched = person(app, "inspector").get(desk).text
    assert "打开监督大屏" in watched
    assert 'href="/wall"' in watched
    assert "/guide#now" not in person(app, "owner").get(desk).text


def test_the_guide_says_in_words_which_step_is_the_present_one(app: Flask) -> None:
    page = person(app, "newcomer").get("/guide").text
    assert "现在是第 1 步：招标人发布公告" in page
