"""After the deadline: late bids, the seal check, the key handed over, prices, one's own name."""

import html
import io
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bidding.envelope.bid.acceptance import FORM
from bidding.envelope.trustee.close import check_accepted, read_close
from tests.trial import Trial
from tests.webui.page.signed_in import problem
from tests.webui.tenderer.bidder import Bidder, a_bidder, receipt_in
from tests.webui.tenderer.browser import Reader, a_bidder_by_pages, a_reader

PRICE = 612_345_678


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


def release(hall: Hall, data: bytes) -> TestResponse:
    return hall.newcomer.act("opening.release", identity=(io.BytesIO(data), "identity.txt"))


def test_an_opening_is_gone_through_step_by_step(hall: Hall, app: Flask, tmp_path: Path) -> None:
    """One story, in the order in which it must happen."""
    before_the_deadline(hall)
    late(hall)
    hall.trial.close()
    check_the_seal(hall)
    hand_over(hall)
    assert nobodys_price(hall)
    for rival in hall.rivals:
        rival.done("opening.release", **rival.inputs, identity=rival.sealed[-1].identity)
    hall.trial.reveal()
    prices(hall)
    known_by_its_own_name(hall, app, tmp_path)


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
    assert "第一步：核对密封" in page
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


def hand_over(hall: Hall) -> None:
    nothing, other = release(hall, b"no key"), hall.rivals[0].sealed[-1].identity.encode()
    assert "文件中没有 AGE-SECRET-KEY-1" in html.unescape(nothing.text)
    assert "不是本投标的密钥" in html.unescape(release(hall, other).text)
    hidden = identity(hall).split()[-1].decode()
    for page in (nothing.text, hall.newcomer.page):
        assert hidden not in page
    answer = release(hall, identity(hall))
    assert answer.status_code == 303, html.unescape(answer.text)
    assert "已交出密钥" in hall.newcomer.page


def nobodys_price(hall: Hall) -> bool:
    return not re.search("6,123,456|6,123,45", hall.newcomer.page)


def prices(hall: Hall) -> None:
    page = hall.newcomer.page
    assert "开标一览表" in page
    own = page[page.index('class="me"') :]
    assert "6,123,456.78" in own[: own.index("</tr>")]
    assert "本单位" in own[: own.index("</tr>")]
    assert page.count('class="me"') == 1


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
