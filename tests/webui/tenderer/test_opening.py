"""After the deadline: late bids, the seal check, the key handed over, prices, one's own name."""

import base64
import hashlib
import html
import io
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bidding.attachment import wanted_attachments
from bidding.envelope.bid.acceptance import FORM
from bidding.envelope.bid.object import CAPSULE, LETTER
from bidding.envelope.bid.opening import OpeningError
from bidding.envelope.trustee.close import check_accepted, read_close
from bidding.hall.failure.damage import lose, waiting
from bidding.hall.failure.due import LOOK, PATIENCE
from bidding.hall.preparation.readiness import Turn, ask
from monitor.role import SYSTEM
from monitor.work.due import DueWork, Job, open_work
from tests.trial import Trial
from tests.webui.page.signed_in import person, problem, program
from tests.webui.tenderer.bidder import Bidder, a_bidder, receipt_in
from tests.webui.tenderer.browser import Reader, a_bidder_by_pages, a_reader
from webui.house import files_folder
from webui.page.show import iso
from webui.serve.work.job.attach import attach
from webui.serve.work.job.bench import Bench
from webui.serve.work.job.look import look

PRICE = 612_345_678
ATTACHMENT = "att-001.age"


@dataclass
class Hall:
    """The newcomer by pages, two rivals by programs, one who comes late."""

    trial: Trial
    newcomer: Reader
    rivals: list[Bidder]
    late: Bidder
    late_folder: Path


@pytest.fixture(scope="module")
def hall(app: Flask, trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Hall:
    newcomer = a_bidder_by_pages(app, trial, tmp_path_factory.mktemp("newcomer"))
    rivals = []
    for number in (1, 2):
        rival = a_bidder(app, trial, tmp_path_factory.mktemp("r"), f"rival-{number}")
        assert rival.send(rival.seal(PRICE + number)).status_code == 201
        rivals.append(rival)
    late = a_bidder(app, trial, tmp_path_factory.mktemp("late"), "rival-3")
    return Hall(trial, newcomer, rivals, late, late.seal())


def identity(hall: Hall) -> bytes:
    return (hall.newcomer.folder / "sealed-1.identity.txt").read_bytes()


def kept(session: Session, secret: str) -> int:
    """Count the records that hold a text."""
    found = text("SELECT count(*) FROM opening WHERE position(:secret IN body) > 0")
    return int(session.scalar(found, {"secret": secret.encode()}) or 0)


def late_at_the_door(hall: Hall) -> None:
    """After the deadline a bidder may still check in, and is not pushed to: until its key is in."""
    rival = hall.rivals[0]
    page = rival.program.client.get(f"/bid/{hall.trial.project}", headers=rival.headers).text
    door = page[page.index('aria-labelledby="door"') :].partition("</section>")[0]
    assert "交出开标密钥之前仍可签到" in door
    assert "btn-go" not in door
    rival.done("opening.check_in", **rival.inputs)
    page = hall.newcomer.page
    assert "开标签到" in page


def release(hall: Hall, data: bytes) -> TestResponse:
    return hall.newcomer.act("opening.release", identity=(io.BytesIO(data), "identity.txt"))


def test_an_opening_is_gone_through_step_by_step(hall: Hall, app: Flask, tmp_path: Path) -> None:
    """One story, in the order in which it must happen."""
    before_the_deadline(hall)
    shut_as_json(hall, app)
    try_the_trustees(hall, app)
    late(hall)
    hall.trial.close()
    check_the_seal(hall)
    ask_the_host(hall, app)
    stand_still(hall, app)
    damage_between_the_looks(hall, app)
    hand_over(hall)
    assert nobodys_price(hall)
    for rival in hall.rivals:
        rival.done("opening.release", **rival.inputs, identity=rival.sealed[-1].identity)
    bring_again(hall, app)
    lost_for_good(hall, app)
    as_json(hall, app)
    from_the_gallery(hall, app)
    hall.trial.unlock()
    reveal_after_a_look(hall, app)
    prices(hall)
    assert "平台丢失的文件" in rivals_page(app, hall), "after all was shown too"
    assert "不能打开，视为撤回" in rivals_page(app, hall)
    on_the_wall(hall, app)
    known_by_its_own_name(hall, app, tmp_path)


def stand_still(hall: Hall, app: Flask) -> None:
    """The host pauses with a reason, which the run sheet shows; no key is taken meanwhile."""
    owner, trial = person(app, "owner"), hall.trial
    sheet = f"/desk/{trial.project}/opening"
    shown = owner.get(sheet).text
    assert f"/act/opening.pause?project={trial.project}&amp;section={trial.section}" in shown
    assert "/act/opening.extend?" in shown
    host, told = program(app, "owner"), {"section": str(trial.section)}
    done = host.act("opening.pause", trial.project, **told, reason="会场断电")
    assert done.status_code == 200, done.text
    assert "开标已暂停：会场断电" in html.unescape(owner.get(sheet).text)
    rival = hall.rivals[0]
    held = rival.act("opening.release", **rival.inputs, identity=rival.sealed[-1].identity)
    assert problem(held)["code"] == "wrong_stage"
    extended = host.act("opening.extend", trial.project, **told, minutes="20", reason="解密人数多")
    assert extended.status_code == 200, extended.text
    assert "延长 20 分钟" in html.unescape(owner.get(sheet).text)
    again = host.act("opening.extend", trial.project, **told, minutes="20", reason="解密人数多")
    assert again.status_code == 403, "another person confirms"
    gone_on = program(app, "clerk").act("opening.resume", trial.project, **told, reason="供电恢复")
    assert gone_on.status_code == 200, gone_on.text
    assert "开标已暂停" not in html.unescape(owner.get(sheet).text)


def before_the_deadline(hall: Hall) -> None:
    page = hall.newcomer.page
    assert "核对密封" not in page
    assert 'action="/act/opening.release' not in page
    early = hall.rivals[0].act(
        "opening.release", **hall.rivals[0].inputs, identity=hall.rivals[0].sealed[-1].identity
    )
    assert problem(early)["code"] == "wrong_stage"
    seal = hall.newcomer.client.get(f"/bid/{hall.trial.project}/seal.json")
    assert seal.status_code == 404


def try_the_trustees(hall: Hall, app: Flask) -> None:
    """An hour before, every trustee proves its key by file; the run sheet names who has not."""
    trial = hall.trial
    trial.until(trial.deadline - timedelta(minutes=59))
    trial.do(ask, SYSTEM, turn=Turn.HOUR)
    sheet = f"/desk/{trial.project}/opening"
    for number, (_, machine) in enumerate(trial.trustees[:4], 1):
        desk, told = person(app, f"trustee-{number}"), program(app, f"trustee-{number}")
        [test] = told.get("/api/v1/trustee").json["tests"]  # type: ignore[index]
        assert test["recipient"] == machine.device.recipient
        assert f"/trustee/test/{test['id']}.age" in desk.get("/trustee").text
        sealed = desk.get(f"/trustee/test/{test['id']}.age").data
        assert base64.b64decode(test["challenge"]) == sealed
        proof = base64.b64encode(machine.answer(sealed)).decode()
        other = program(app, "trustee-5").get(f"/trustee/test/{test['id']}.age")
        assert other.status_code in {303, 404}, "another seat's test"
        if number > 1:
            answer = told.act("readiness.prove", trial.project, test=test["id"], document=proof)
            assert answer.status_code == 200, answer.text
    trial.until(trial.deadline - timedelta(minutes=40))
    for account in ("owner", "clerk", "inspector"):
        page = html.unescape(person(app, account).get(sheet).text)
        assert "2 席受托人未应答密钥试验" in page
        assert "就绪 3 席，达到开启所需的 3 席" in page
        assert page.count("未应答</") >= 2
    wall = html.unescape(person(app, "inspector").get("/wall").text)
    assert "2 席受托人未应答密钥试验" in wall
    assert f'href="/desk/{trial.project}/opening"' in wall
    hall.newcomer.done("opening.check_in")
    assert "已签到" in hall.newcomer.page
    screen = html.unescape(person(app, "clerk").get(f"{sheet}/screen").text)
    assert "等待投标截止时间" in screen
    assert not re.search("<button|<form|<input", screen), "nothing to press"
    assert re.findall("<a [^>]*>", screen) == [
        f'<a class="skip" href="{sheet}?section={trial.section}">'
    ]
    assert "第二小学" not in screen.partition("</header>")[2], (
        "who is there is not told before CLOSE"
    )
    english = html.unescape(person(app, "inspector").get(f"{sheet}?lang=en").text)
    assert "Trustees that have not answered the test of their keys: 2" in english


def late(hall: Hall) -> None:
    hall.trial.until(hall.trial.deadline + timedelta(seconds=4))
    answer = hall.late.send(hall.late_folder)
    told = problem(answer)
    assert (answer.status_code, told["code"]) == (409, "too_late")
    assert told["rule"] == "招标投标法 28；招标投标法实施条例 36"
    assert receipt_in(answer)["outcome"] == "late"
    shown = hall.late.program.client.get(f"/receipts/{told['record']}", headers=hall.late.headers)
    assert "逾期拒收" in shown.text
    assert "投标截止时间已过" in hall.newcomer.text(
        "/bids"
    ) or "已到截止时间" in hall.newcomer.text("/bids")
    withdrawn = hall.rivals[0].withdraw()
    assert problem(withdrawn)["rule"] == "招标投标法 29"


def check_the_seal(hall: Hall) -> None:
    page = hall.newcomer.page
    assert "先核对密封" in page
    assert page.count("未公布") >= 2
    told = hall.newcomer.client.get(f"/bid/{hall.trial.project}/seal.json").json
    assert told is not None
    close = read_close(told["close"].encode())
    path = [bytes.fromhex(each) for each in told["path"]]
    check_accepted(close.bids, bytes.fromhex(told["leaf"]), told["index"], path)
    assert close.bids.count == 3
    assert told["leaf"] in page
    assert 'action="/act/opening.release' not in page
    hall.newcomer.done("opening.check_seal")


def ask_the_host(hall: Hall, app: Flask) -> None:
    """A question by the tenderer's page, answered from the run sheet by the host alone."""
    assert "还没有人提问" in hall.newcomer.page
    hall.newcomer.done("opening.ask", text="解密时限到几点？")
    assert "待答复" in hall.newcomer.page
    sheet = f"/desk/{hall.trial.project}/opening"
    owner = person(app, "owner")
    found = re.search(r"/act/opening\.reply\?[^\"]*question=([0-9a-f-]{36})", owner.get(sheet).text)
    assert found is not None
    assert "/act/opening.reply" not in person(app, "inspector").get(sheet).text
    told = {"section": str(hall.trial.section), "question": found[1], "text": "十时三十分。"}
    answer = program(app, "owner").act("opening.reply", hall.trial.project, **told)
    assert answer.status_code == 200, answer.text
    for page in (hall.newcomer.page, owner.get(sheet).text):
        assert "十时三十分。" in page
        assert "待答复" not in page


def in_store(hall: Hall, data: bytes) -> Path:
    """Where the platform keeps these bytes."""
    [kept] = [
        path for path in files_folder(hall.trial.settings).rglob("*")
        if path.is_file() and path.read_bytes() == data
    ]  # fmt: skip
    return kept


def wanted_looks(hall: Hall) -> list[DueWork]:
    return [row for row in hall.trial.ask(open_work, 1000) if row.kind == LOOK]


def damage_between_the_looks(hall: Hall, app: Flask) -> None:
    """A capsule goes bad after the look at all: whoever comes upon it is told, and it is mended."""
    trial, newcomer = hall.trial, hall.newcomer
    sealed = (newcomer.folder / "sealed-1" / CAPSULE).read_bytes()
    kept, machine = in_store(hall, sealed), program(app, "trustee-1")
    bench = Bench(trial.house.platform, trial.settings)
    planned = [row.id for row in wanted_looks(hall)]
    for spoil in (lambda: kept.write_bytes(b"another"), kept.unlink):
        spoil()
        request = machine.get(f"/api/v1/trustee/{trial.project}/{trial.section}/bid")
        batch = machine.act(
            "opening.take_batch", trial.project, section=str(trial.section), kind="bid",
            document=base64.b64encode(b"{}").decode(),
        )  # fmt: skip
        for answer in (request, batch):
            assert (answer.status_code, problem(answer)["code"]) == (409, "wrong_stage")
            assert "损坏" in problem(answer)["detail"]
        told = html.unescape(release(hall, identity(hall)).text)
        assert "责任在平台" in told
        assert "不是本投标的封装件" not in told
    [again] = [row for row in wanted_looks(hall) if row.id not in planned]
    look(bench, Job(again.id, LOOK, again.key, again.project, 1))
    answer = newcomer.post(f"/bid/{trial.project}/object", files=(io.BytesIO(sealed), CAPSULE))
    assert answer.status_code == 303, html.unescape(answer.text)
    asked = machine.get(f"/api/v1/trustee/{trial.project}/{trial.section}/bid")
    assert asked.status_code == 200, asked.text


def hand_over(hall: Hall) -> None:
    nothing, other = release(hall, b"no key"), hall.rivals[0].sealed[-1].identity.encode()
    assert "文件中没有 AGE-SECRET-KEY-1" in html.unescape(nothing.text)
    pem = (hall.newcomer.folder / "bid-key.pem").read_bytes()
    told = html.unescape(release(hall, pem).text)
    assert "这是投标密钥（.pem），只应留在贵单位，平台没有保存" in told
    assert "<h1>交出开标密钥</h1>" in told, "one name, on the page that refuses too"
    secret = pem.splitlines()[1].decode()
    assert secret not in told
    assert not hall.trial.ask(kept, secret)
    assert "不是本投标的密钥" in html.unescape(release(hall, other).text)
    hidden = identity(hall).split()[-1].decode()
    for page in (nothing.text, hall.newcomer.page):
        assert hidden not in page
    late_at_the_door(hall)
    answer = release(hall, identity(hall))
    assert answer.status_code == 303, html.unescape(answer.text)
    assert "已交出开标密钥" in hall.newcomer.page
    assert "开标签到" not in hall.newcomer.page, "whoever has handed over its key is there"


def bring_again(hall: Hall, app: Flask) -> None:
    """The platform loses a letter: the host asks for it in public, and the very same comes back."""
    trial, newcomer, address = hall.trial, hall.newcomer, f"/bid/{hall.trial.project}/object"
    folder = newcomer.folder / "sealed-1"
    sheet, host = f"/desk/{trial.project}/opening", program(app, "owner")
    assert f"/act/object.ask?project={trial.project}" in person(app, "owner").get(sheet).text
    section = {"section": str(trial.section)}
    whole = host.act("object.ask", trial.project, **section)
    assert problem(whole)["code"] == "conflict", "nothing is damaged yet"
    store = files_folder(trial.settings)
    kept = in_store(hall, (folder / LETTER).read_bytes())
    kept.write_bytes(b"burnt")
    bench = Bench(trial.house.platform, trial.settings)
    look(bench, Job(uuid4(), LOOK, f"{trial.section}:opening.check_seal", trial.project, 1))
    told = host.act("object.ask", trial.project, **section)
    assert problem(told)["code"] == "conflict", "the platform has seen it by itself, and asked"
    assert "请补送同一份文件" in newcomer.page
    assert hashlib.sha256((folder / LETTER).read_bytes()).hexdigest() in newcomer.page
    assert "等待投标人补送同一份文件" not in html.unescape(person(app, "owner").get(sheet).text)
    assert "待补 1" in html.unescape(person(app, "owner").get(sheet).text)

    before = {path for path in store.rglob("*") if path.is_file()}

    def posted(data: bytes, name: str = LETTER) -> TestResponse:
        return newcomer.post(address, files=(io.BytesIO(data), name))

    for data, name, words in (
        (b"another letter", LETTER, "不是当初递交的那份文件"),
        (identity(hall), LETTER, "这是私钥"),
        ((folder / CAPSULE).read_bytes(), CAPSULE, "没有要求补送的文件"),
    ):
        assert words in html.unescape(posted(data, name).text), words
    rival = hall.rivals[0]
    stolen = rival.bring({LETTER: (folder / LETTER).read_bytes()})
    assert problem(stolen)["code"] == "not_found", "nobody brings another's"
    answer = posted((folder / LETTER).read_bytes())
    assert answer.status_code == 303, html.unescape(answer.text)
    assert "文件已补送，与当初递交的相同" in html.unescape(
        newcomer.client.get(answer.location).text
    )
    assert not kept.exists()
    after = {path for path in store.rglob("*") if path.is_file()}
    assert len(after - before) == len(before - after) == 1, "what was refused lies nowhere"
    assert "待补 0，已补 2" in html.unescape(person(app, "owner").get(sheet).text)


def rivals_page(app: Flask, hall: Hall) -> str:
    """The trade's page of the second rival, under its own name."""
    return html.unescape(person(app, "rival-2").get(f"/bid/{hall.trial.project}").text)


def lost_for_good(hall: Hall, app: Flask) -> None:
    """Two objects of a rival go bad, one after the other: each has its own time, then it is lost."""
    trial, rival = hall.trial, hall.rivals[1]
    bench, times = Bench(trial.house.platform, trial.settings), dict[str, datetime]()
    for name in (LETTER, ATTACHMENT):
        in_store(hall, (rival.folder / "sealed-1" / name).read_bytes()).unlink()
        look(bench, Job(uuid4(), LOOK, f"{trial.section}:again", trial.project, 1))
        times |= {row.object: row.until for row in trial.ask(waiting, trial.project, trial.section)}
        if name == LETTER:
            trial.until(trial.now + timedelta(minutes=10))
    assert times[ATTACHMENT] > times[LETTER], "the first by name ends last"
    page = rivals_page(app, hall)
    assert "平台丢失的文件" not in page
    again = page[page.index('id="again"') :].partition("</section>")[0]
    for name, until in times.items():
        [line] = [each for each in again.split("<li>") if f"<b>{name}</b>" in each]
        assert f'datetime="{iso(until)}"' in line, name
    for name, until in sorted(times.items(), key=lambda each: each[1]):
        trial.until(until)
        trial.do(lose, SYSTEM, section=trial.section, bid=rival.sealed[-1].bid, name=name)
    page = rivals_page(app, hall)
    assert 'id="again"' not in page
    gone = page[page.index('id="lost"') :].partition("</section>")[0]
    assert all(f"<b>{name}</b>" in gone for name in times)
    assert "可要求平台赔偿直接损失" in gone
    assert "平台丢失的文件" not in hall.newcomer.page, "each sees its own"


def reveal_after_a_look(hall: Hall, app: Flask) -> None:
    """REVEAL waits for the look after UNLOCK; nobody does it here, so the host does in the end.

    An attachment that went bad cannot slip past: it is asked for, and then everything is shown.
    """
    trial, rival, host = hall.trial, hall.rivals[0], program(app, "owner")
    sheet, section = f"/desk/{trial.project}/opening", {"section": str(trial.section)}
    shown = html.unescape(person(app, "owner").get(sheet).text)
    assert "后台任务程序正在逐份核对所存密封文件" in shown
    assert 'action="/act/opening.reveal' not in shown
    early = problem(host.act("opening.reveal", trial.project, **section))
    assert early["code"] == "wrong_stage"
    assert "核对完即可公布" in early["detail"]
    lost = (rival.folder / "sealed-1" / ATTACHMENT).read_bytes()
    in_store(hall, lost).unlink()
    trial.until(trial.now + PATIENCE)
    assert 'action="/act/opening.reveal' in person(app, "owner").get(sheet).text
    before = [row.id for row in wanted_looks(hall)]
    missed = problem(host.act("opening.reveal", trial.project, **section))
    assert missed["code"] == "wrong_stage"
    assert "责任在平台" in missed["detail"]
    [again] = [row for row in wanted_looks(hall) if row.id not in before]
    bench = Bench(trial.house.platform, trial.settings)
    look(bench, Job(again.id, LOOK, again.key, again.project, 1))
    waits = problem(host.act("opening.reveal", trial.project, **section))
    assert "等待投标人补送" in waits["detail"]
    brought = rival.bring({ATTACHMENT: lost})
    assert brought.status_code == 201, brought.text
    done = host.act("opening.reveal", trial.project, **section)
    assert done.status_code == 200, done.text
    trial.settle()
    opened_by_a_worker(hall, app, lost)
    in_store(hall, lost).unlink()
    look(bench, Job(again.id, LOOK, again.key, again.project, 2))  # all was shown: nothing is read


def opened_by_a_worker(hall: Hall, app: Flask, lost: bytes) -> None:
    """The attachments after the reveal: one is damaged here, the other does not wait for it."""
    trial, sheet = hall.trial, f"/desk/{hall.trial.project}/opening"
    assert "已打开 0 / 2" in html.unescape(person(app, "owner").get(sheet).text)
    [wanted] = trial.ask(wanted_attachments, trial.project)
    bench, asked = Bench(trial.house.platform, trial.settings), in_store(hall, lost)
    asked.write_bytes(b"burnt")
    todo = Job(uuid4(), wanted.kind, wanted.key, wanted.project, 1)
    with pytest.raises(OpeningError):
        attach(bench, todo)
    assert "已打开 1 / 2" in html.unescape(person(app, "owner").get(sheet).text)
    asked.write_bytes(lost)
    attach(bench, todo)
    attach(bench, todo)  # done already: nothing is left to do
    shown = html.unescape(person(app, "owner").get(sheet).text)
    assert "已打开 2 / 2" in shown
    link = re.search(rf'href="(/desk/{trial.project}/attachment/[0-9a-f-]+)"', shown)
    assert link is not None
    file = person(app, "owner").get(link[1])
    assert (file.status_code, file.text) == (200, "施工组织设计")
    clerk = html.unescape(person(app, "clerk").get(sheet).text)
    assert "已打开 2 / 2" in clerk
    assert "技术标.txt" not in clerk, "how far, and nothing of what"
    assert person(app, "clerk").get(link[1]).status_code == 403
    own = hall.newcomer.page
    card = own[own.index('id="attached"') :].partition("</section>")[0]
    assert card.count("<li>") == 1
    assert "已打开，与投标函一致" in card
    told = told_to(app.test_client(), hall)["attached"]
    assert [(each["facts"]["opened"], each["facts"]["shut"]) for each in told] == [(1, {})] * 2


def told_to(client: FlaskClient, hall: Hall) -> dict[str, Any]:
    """The opening as one reader gets it."""
    answer = client.get(f"/api/v1/projects/{hall.trial.project}/opening")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def shut_as_json(hall: Hall, app: Flask) -> None:
    """Before CLOSE nobody reads of a bid, the host and the inspector no more than anybody."""
    for client in (app.test_client(), person(app, "owner"), person(app, "inspector")):
        told = told_to(client, hall)
        assert (told["state"], told["records"], told["close"]) == ("before", [], None)
        assert told["documents"] == {"close": None, "table": None}


def as_json(hall: Hall, app: Flask) -> None:
    """Who gave its key is its own and the hosts' to know until all is shown; no price is there."""
    readers = {
        "nobody": app.test_client(), "owner": person(app, "owner"),
        "newcomer": hall.newcomer.client,
    }  # fmt: skip
    told = {name: told_to(client, hall) for name, client in readers.items()}
    assert {name: len(each["releases"]) for name, each in told.items()} == {
        "nobody": 0, "owner": 3, "newcomer": 1,
    }  # fmt: skip
    assert {name: len(each["brought"]) for name, each in told.items()} == {
        "nobody": 0, "owner": 2, "newcomer": 2,
    }  # fmt: skip
    [pause] = told["nobody"]["pauses"]
    assert pause["begun"]["facts"]["reason"] == "会场断电"
    assert pause["ended"]["facts"]["reason"] == "供电恢复"
    assert [each["facts"]["minutes"] for each in told["nobody"]["extensions"]] == [20]
    asked = told["nobody"]["damaged"]
    assert [each["facts"]["fault"] for each in asked] == ["platform"] * 4
    for name, each in told.items():
        assert each["documents"]["table"] is None, name
        assert "612345678" not in json.dumps(each), name


def from_the_gallery(hall: Hall, app: Flask) -> None:
    """Whoever watches sees how many there are and what is done, not who has given its key."""
    whole = html.unescape(app.test_client().get(f"/project/{hall.trial.project}/opening").text)
    page = whole.partition("<main")[2].partition("</main>")[0]
    counts = page[page.index('id="counts"') :].partition("</section>")[0]
    assert re.search(r"<(?:dd|b)[^>]*>\s*3\s*<", counts), counts
    steps = page[page.index('id="steps"') :].partition("</section>")[0]
    assert "3 名受托人已应答" in steps
    assert steps.count("<li") == 7
    for name in ("newcomer", "rival-1", "rival-2"):
        assert hall.trial.body(name).name not in page
    assert "已解密" not in page
    assert "6,123,45" not in page


def nobodys_price(hall: Hall) -> bool:
    return not re.search("6,123,456|6,123,45", hall.newcomer.page)


def prices(hall: Hall) -> None:
    page = hall.newcomer.page
    assert "开标一览表" in page
    own = page[page.index('class="me"') :]
    assert "6,123,456.78" in own[: own.index("</tr>")]
    assert "本单位" in own[: own.index("</tr>")]
    assert page.count('class="me"') == 1


def on_the_wall(hall: Hall, app: Flask) -> None:
    sheet = f"/desk/{hall.trial.project}/opening"
    screen = html.unescape(person(app, "owner").get(f"{sheet}/screen").text)
    assert screen.count("<tr>") == 4
    assert "6,123,456.78" in screen
    shown = html.unescape(person(app, "owner").get(sheet).text)
    there = shown[shown.index('id="there"') :]
    assert hall.trial.body("newcomer").name in there[: there.index("</section>")]
    assert person(app, "newcomer").get(f"{sheet}/screen").status_code == 403


def known_by_its_own_name(hall: Hall, app: Flask, tmp_path: Path) -> None:
    """After CLOSE the organisation finds its bid without the key, and objects under its name."""
    again = a_reader(app, hall.trial, tmp_path)
    assert "示例市第二小学" in again.text("/bids")
    assert "已收到" in again.text("/receipts")
    page = again.page
    assert "6,123,456.78" in page
    answer = again.act("objection.file", kind="opening", text="唱标金额有误。")
    assert answer.status_code == 303, html.unescape(answer.text)
    with_ticket = hall.newcomer.act("objection.file", kind="opening", text="再次提出。")
    assert with_ticket.status_code == 303, "a ticket does not hide who objects after CLOSE"
    assert "唱标金额有误。" in hall.newcomer.page
    foreign = a_reader(app, hall.trial, tmp_path / "other", "rival-3")
    assert "6,123,456.78" in foreign.page
    assert 'class="me"' not in foreign.page
    assert FORM not in foreign.text("/bids")
