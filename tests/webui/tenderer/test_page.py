"""A tenderer's pages before CLOSE, without script: the whole way, each wrong turn, nothing told."""

import html
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from bidding.envelope.receipt import verify_receipt
from monitor.log.commitment import commit
from monitor.log.proof import LogProof
from monitor.record.identity import new_id
from tests.trading.projects import a_draft, a_filing
from tests.trial import Trial
from tests.webui.page.signed_in import person
from tests.webui.tenderer.browser import Reader, a_bidder_by_pages, a_reader
from trading.notice.notice import publish
from trading.registration.intake import accept, register
from webui.deed.book.tenderer import DEEDS
from webui.page.language import known
from webui.page.source import Source

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def bidder(app: Flask, trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return a_bidder_by_pages(app, trial, tmp_path_factory.mktemp("newcomer"))


@pytest.fixture
def fresh(app: Flask, trial: Trial, tmp_path: Path) -> Reader:
    """Somebody who has just proven a new key of its own."""
    reader = a_reader(app, trial, tmp_path / "fresh", "rival-3")
    assert reader.prove().status_code == 303
    return reader


def rule_and_words(page: str) -> str:
    """What the summary of a refused form says."""
    found = re.search(r'class="summary".*?</div>', html.unescape(page), re.DOTALL)
    assert found is not None
    return re.sub(r"<[^>]+>", " ", found[0])


def test_every_field_of_a_tenderers_deeds_has_its_words() -> None:
    for deed in DEEDS:
        for field in deed.fields:
            assert not field.hint or known(field.hint), field.hint
            assert field.shape == "hidden" or field.words or known(f"field.{field.name}")


def test_a_newcomer_gets_a_receipt_without_script(bidder: Reader) -> None:
    page = bidder.page
    assert "第 1 版已收到" in page
    assert "开标 未到" in re.sub(r"<[^>]+>|\s+", " ", page).replace("  ", " ")
    [number] = set(re.findall(r"/receipts/([0-9a-f-]{36})", page))
    assert "已收到" in bidder.text(f"/receipts/{number}")


def test_what_is_not_ones_own_is_not_there(app: Flask, bidder: Reader) -> None:
    [number] = set(re.findall(r"/receipts/([0-9a-f-]{36})", bidder.page))
    rival = person(app, "rival-1")
    for path in (number, f"{number}.json", f"{number}.pdf"):
        assert rival.get(f"/receipts/{path}").status_code == 404
    assert number not in rival.get("/receipts").text
    assert bidder.trial.section.hex not in rival.get("/bids").text
    again = person(app, "newcomer")  # the same person, in another browser: nothing is known there
    assert again.get(f"/receipts/{number}").status_code == 404
    assert "还没有参加项目" in again.get("/bids").text


def test_the_next_step_and_its_limit_wait_among_ones_own_tasks_and_nobody_elses(
    app: Flask, fresh: Reader
) -> None:
    answer = fresh.client.get("/tasks")
    assert "no-store" in answer.headers["Cache-Control"]
    [card] = re.findall(r'aria-labelledby="errands".*?</section>', answer.text, re.DOTALL)
    assert f'href="/bid/{fresh.trial.project}"' in card
    words = html.unescape(re.sub(r"<[^>]+>", " ", card))
    assert "报名" in words or "参加" in words
    assert "期限" in words
    for account in ("rival-1", "rival-3", "owner", "clerk", "inspector", "trustee-1"):
        other = person(app, account).get("/tasks").text
        assert f"/bid/{fresh.trial.project}" not in other, account


def test_a_trustee_is_told_ahead_when_it_will_be_asked(app: Flask, trial: Trial) -> None:
    page = person(app, "trustee-1").get("/tasks").text
    [card] = re.findall(r'aria-labelledby="errands".*?</section>', page, re.DOTALL)
    assert "截止后解密" in card
    assert "还剩" in card
    for account in ("clerk", "owner", "inspector"):
        assert "截止后解密" not in person(app, account).get("/tasks").text


@pytest.mark.parametrize("account", ["owner", "clerk", "cashier", "inspector", "trustee-1"])
def test_nobody_else_comes_in(app: Flask, trial: Trial, account: str) -> None:
    client = person(app, account)
    for path in ("/bids", "/receipts", f"/bid/{trial.project}"):
        assert client.get(path).status_code == 403
    assert client.post(f"/bid/{trial.project}/submit").status_code == 403
    visitor = app.test_client().get(f"/bid/{trial.project}")
    assert (visitor.status_code, visitor.location) == (303, f"/sign-in?next=/bid/{trial.project}")


def test_reading_changes_nothing(bidder: Reader) -> None:
    before = bidder.trial.records()
    for path in ("/bids", "/receipts", f"/bid/{bidder.trial.project}"):
        bidder.text(path)
    bidder.text(f"/bid/{bidder.trial.project}/invitation.json")
    assert bidder.trial.records() == before


def test_a_receipt_is_proven_once_it_is_in_the_log(bidder: Reader, source: Source) -> None:
    [number] = set(re.findall(r"/receipts/([0-9a-f-]{36})", bidder.page))
    bidder.trial.settle()
    assert "已在日志第" in bidder.text(f"/receipts/{number}")
    document = bidder.client.get(f"/receipts/{number}.json").data
    receipt, told = verify_receipt(document, source.keys.receipt)
    proof = LogProof.parse(told)
    assert receipt.record == number
    assert proof.extra is not None
    body = json.loads(proof.extra[32:])
    assert (body["id"], body["facts"]["manifest"]) == (number, receipt.manifest)
    proof.verify(commit(proof.extra[:32], proof.extra[32:]), source.keys.policy)


def test_a_receipt_comes_on_paper_without_a_name(bidder: Reader) -> None:
    [number] = set(re.findall(r"/receipts/([0-9a-f-]{36})", bidder.page))
    paper = bidder.client.get(f"/receipts/{number}.pdf")
    assert paper.data.startswith(b"%PDF")
    assert paper.headers["Cache-Control"] == "private, no-store"


def test_garbage_is_no_proof_and_stays_where_it_was_typed(fresh: Reader, trial: Trial) -> None:
    reader = Reader(fresh.client, trial, fresh.folder)
    reader.client.delete_cookie(f"ticket-{trial.project.hex}")
    before = trial.records()
    for typed in ("我的签名 <b>", "0" * 64 + " " + "1" * 128):
        answer = reader.post(f"/bid/{trial.project}/key", proof=typed)
        assert answer.status_code == 422
        assert typed in html.unescape(answer.text)
    assert trial.records() == before, "a failed proof names nobody, and leaves nothing"
    stale = reader.post(f"/bid/{trial.project}/key", challenge="AAAA", proof="0" * 64 + "1" * 128)
    assert stale.status_code == 422


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("question.ask", {"text": ""}, "请填写此项"),
        ("question.ask", {"text": "问" * 5001}, "不超过5000字"),
        ("question.ask", {"text": "a\x00b"}, "不可见字符"),
        (
            "deposit.guarantee",
            {"number": "BH-1", "issuer": "示例担保公司", "amount_fen": "十二万", "valid_until": "2026-12-31"},
            "金额以元计",
        ),
        (
            "deposit.guarantee",
            {"number": "BH-1", "issuer": "示例担保公司", "amount_fen": "120000", "valid_until": "2026-06-30"},
            "《招标投标法实施条例》第 26 条",
        ),
    ],
)  # fmt: skip
def test_a_wrong_form_says_what_and_keeps_what_was_typed(
    fresh: Reader, name: str, typed: dict[str, str], words: str
) -> None:
    fresh.done("participation.join")
    before = fresh.trial.records()
    answer = fresh.act(name, **typed)
    assert answer.status_code == 422
    assert words in rule_and_words(answer.text)
    for value in typed.values():
        assert value.replace("\x00", "\N{REPLACEMENT CHARACTER}") in html.unescape(
            answer.text
        ).replace("\x00", "\N{REPLACEMENT CHARACTER}")
    assert fresh.trial.records() == before + 1, "the refusal is on record, under the pseudonym"


def test_joining_twice_or_with_anothers_key_is_refused(fresh: Reader) -> None:
    wrong = fresh.act("participation.join", public_key="00" * 32)
    assert wrong.status_code == 403
    assert "假名与公钥不符" in rule_and_words(wrong.text)
    page = fresh.client.get(f"/bid/{fresh.trial.project}").text
    found = re.search(r'action="/act/participation.join".*?</form>', page, re.DOTALL)
    assert found is not None
    hidden = dict(re.findall(r'name="([\w.-]+)" value="([^"]*)"', found[0]))
    answers = [fresh.client.post("/act/participation.join", data=hidden) for _ in range(2)]
    assert answers[0].location == answers[1].location, "a request that comes twice is done once"
    again = fresh.client.post("/act/participation.join", data=hidden | {"once": "another"})
    assert "该假名已参加" in rule_and_words(again.text)


def test_a_folder_with_the_rescue_key_is_refused_by_the_server_too(fresh: Reader) -> None:
    fresh.done("participation.join")
    folder = fresh.seal()
    (folder / "sealed-1.identity.txt").write_text("AGE-SECRET-KEY-1PLANTED8", "utf-8")
    answer = fresh.send(folder)
    assert answer.status_code == 422
    assert "这是私钥，不得上传" in rule_and_words(answer.text)
    assert "此次拒绝已入录" in answer.text


def test_a_plain_folder_gets_a_receipt_of_its_refusal(fresh: Reader, tmp_path: Path) -> None:
    fresh.done("participation.join")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "投标文件.pdf").write_bytes(b"%PDF-1.7 plain")
    answer = fresh.send(tmp_path / "plain")
    page = fresh.text(answer.location)
    assert "拒收回执" in page
    assert "《电子招标投标办法》第 26 条" in page or "电子招标投标办法 26" in page
    assert fresh.client.get(answer.location.split("?")[0] + ".json").status_code == 200
    assert fresh.client.get(answer.location.split("?")[0] + ".pdf").data.startswith(b"%PDF")


def test_an_addendum_is_told_and_one_that_wants_bids_anew_too(bidder: Reader) -> None:
    bidder.trial.clarify()
    page = bidder.page
    assert "重新获取（含补遗 1 份）" in page
    assert "密封于最新补遗之前，仍然有效" in page
    assert "有 1 份新的补遗" in bidder.text("/bids")
    bidder.done("document.download")
    assert "重新获取" not in bidder.page
    bidder.trial.clarify(resubmit=True)
    assert "补遗要求重新递交" in bidder.page
    sent = bidder.send(bidder.seal(2))
    assert sent.location.startswith("/receipts/"), sent.text
    assert "第 2 版已收到" in bidder.page


def test_a_bid_is_withdrawn_by_a_pasted_signature(bidder: Reader) -> None:
    found = re.search(r"\./batong withdraw --key bid-key-\w+.pem (.*?)</pre>", bidder.page)
    assert found is not None
    wrong = bidder.act("bid.withdraw", signature="00" * 64)
    assert "撤回声明签名无效" in rule_and_words(wrong.text)
    printed = bidder.batong("withdraw", "--key", "bid-key.pem", *found[1].split())
    bidder.done("bid.withdraw", signature=printed.partition("signature: ")[2].strip())
    assert "版已收到" not in bidder.page


def test_questions_come_back_with_their_answers(fresh: Reader) -> None:
    fresh.done("participation.join")
    fresh.done("question.ask", text="可否延长工期？")
    page = fresh.page
    assert "可否延长工期？" in page
    assert "尚未答复" in page
    assert "可否延长工期？" not in Reader(fresh.client, fresh.trial, fresh.folder).text("/bids")


def test_an_objection_before_close_names_nobody(fresh: Reader) -> None:
    fresh.done("participation.join")
    fresh.done("objection.file", kind="documents", text="资格条件过高。")
    assert "资格条件过高。" in fresh.page


def test_a_bid_page_points_at_the_rehearsal_that_takes_bids_before(
    app: Flask, trial: Trial, tmp_path: Path
) -> None:
    reader = a_reader(app, trial, tmp_path / "rehearsing", "rival-2")
    assert "先演练一遍" not in reader.page, "there is none"
    platform, owner = trial.house.platform, trial.people["owner"]
    project = new_id(trial.now)
    filed = a_filing("rehearsal", "opening")
    platform.perform(register, owner, project, filing=filed)
    platform.perform(accept, trial.people["clerk"], project)
    draft = a_draft(trial.now + SECOND, "rehearsal", supply_days=1, deadline_days=1)
    platform.perform(publish, owner, project, draft=draft)
    page = reader.page
    assert f'href="/bid/{project}"' in page
    assert "先演练一遍" in page
    there = reader.text(f"/bid/{project}")
    assert "先演练一遍" not in there, "it points at no other from there"
