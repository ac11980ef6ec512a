"""What a tenderer makes sure of before it seals, as its page says it; and a rehearsal of it all."""

import hashlib
import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from bidding.hall.bidder import CASH, GUARANTEE, OwnDeposit
from monitor.record.action import Action
from monitor.role import Role
from tests.trading.projects import a_draft, a_filing
from tests.trial import Trial
from tests.webui.page.signed_in import person
from tests.webui.tenderer.browser import Reader, a_reader
from trading.notice.clause import Manner
from trading.notice.document import Issue, Terms, issue
from trading.notice.notice import publish
from trading.registration.intake import accept, register
from trading.registration.party import assign
from trading.registration.project import found_project, sections
from webui import build
from webui.page.office.tender.check import security

STATE = re.compile(r'data-check="(\w+)" data-state="(\w+)"')


@pytest.mark.parametrize(
    ("kind", "state", "amount", "days", "said"),
    [
        (CASH, "received", 100, 0, ("deposit_ok", "ok")),
        (CASH, "received", 99, 0, ("deposit_short", "warn")),
        (CASH, "opened", None, 0, ("deposit_waits", "warn")),
        (CASH, "returning", 100, 0, ("deposit_waits", "warn")),
        (GUARANTEE, "given", 100, 0, ("guarantee_ok", "ok")),
        (GUARANTEE, "given", 100, -1, ("deposit_ends", "stop")),
        (GUARANTEE, "given", 99, 9, ("deposit_short", "warn")),
    ],
)
def test_a_deposit_or_guarantee_is_judged_by_its_sum_and_its_end(
    kind: str, state: str, amount: int | None, days: int, said: tuple[str, str]
) -> None:
    until = datetime(2026, 7, 1, tzinfo=UTC)
    found = OwnDeposit(kind, "N-1", state, amount, until + timedelta(days=days))
    assert security(found, 100, until) == said


@pytest.fixture(scope="module")
def careful(app: Flask, trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Somebody who has joined, and has done nothing else."""
    made = a_reader(app, trial, tmp_path_factory.mktemp("careful"), "rival-2")
    assert made.prove().status_code == 303
    made.done("participation.join")
    return made


def states(reader: Reader) -> dict[str, str]:
    return dict(STATE.findall(reader.page))


def test_each_check_follows_what_was_done_and_an_addendum_ends_it(
    careful: Reader, trial: Trial
) -> None:
    first = states(careful)
    assert list(first) == ["documents", "read", "deposit", "price", "files", "size", "certificate"]
    assert (first["documents"], first["read"], first["deposit"]) == ("stop", "warn", "warn")
    assert 'action="/act/document.read"' not in careful.page, "nobody ticks what they have not got"
    careful.done("document.download")
    careful.done("document.read")
    assert states(careful)["documents"] == states(careful)["read"] == "ok"
    careful.done("deposit.open")
    number = re.search(r"880127\d+", careful.page)
    assert number is not None
    trial.pay(number[0], "rival-2")
    assert states(careful)["deposit"] == "ok"
    trial.clarify()
    assert states(careful)["documents"] == "stop"
    assert states(careful)["read"] == "warn"
    stale = careful.act("document.read", notice="00" * 32)
    assert stale.status_code == 422
    assert "招标文件已有变化" in html.unescape(stale.text)
    for rule in (
        "招标投标法》第 23 条",
        "评标委员会和评标方法暂行规定》第 19 条",
        "电子签名法》第 21 条",
    ):
        assert rule in careful.page
    english = careful.text(f"/bid/{trial.project}?lang=en")
    assert "Before you seal" in english
    careful.text(f"/bid/{trial.project}?lang=zh")


def test_the_page_says_which_programs_seal_and_whether_the_log_says_so_too(
    careful: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = careful.page
    assert build.offline() in page
    assert build.OFFLINE in page
    assert "与日志中公布的摘要一致" in page
    assert "摘要不一致" not in page
    monkeypatch.setattr(build, "offline", lambda: "0" * 64)
    assert "与日志中公布的摘要不一致：不要用它密封" in careful.page


def a_rehearsal(trial: Trial) -> UUID:
    """A rehearsal that the owner opens and the centre takes in, by the demo's own trustees."""
    project = uuid4()

    def do(verb: Action[..., Any], who: str, **inputs: Any) -> None:
        trial.house.platform.perform(verb, trial.people[who], project, **inputs)

    do(register, "owner", filing=a_filing("rehearsal", "opening"))
    do(accept, "clerk")
    for number in range(1, 6):
        org = trial.people[f"trustee-{number}"].org
        do(assign, "clerk", organisation=org, role=Role.TRUSTEE)
    do(publish, "owner", draft=a_draft(trial.now, "rehearsal", supply_days=1, deadline_days=1))
    [section] = trial.ask(sections, project)
    file = b"practice"
    papers = Issue(
        "练习文件", hashlib.sha256(file).digest(), len(file), Manner.BIDDERS_FIRST, 30,
        trial.roster().to_bytes(), 90, {section.id: Terms(0, None)},
    )  # fmt: skip
    do(issue, "owner", issue=papers)
    return project


def test_a_rehearsal_is_marked_on_every_page_and_found_by_tenderers_alone(
    app: Flask, trial: Trial, careful: Reader
) -> None:
    project = a_rehearsal(trial)
    code = trial.ask(found_project, project).code
    assert "【演练】" in careful.text("/bids")
    pages = {
        "newcomer": [f"/bid/{project}", f"/project/{code}"],
        "owner": [f"/desk/{project}", f"/desk/{project}/opening"],
    }
    for account, paths in pages.items():
        for path in paths:
            page = html.unescape(person(app, account).get(path).text)
            assert "演练，不是交易" in page, path
            assert "【演练】河滨公园改造工程" in page, path
    assert "A rehearsal, no trade" in careful.text(f"/bid/{project}?lang=en")
    careful.text(f"/bid/{project}?lang=zh")
    visitor = app.test_client()
    for path in ("/", "/rooms", "/notices.atom", "/api/v1/projects"):
        told = visitor.get(path).text
        assert code not in told, path
        assert "演练】" not in told[max(told.find("<main"), 0) :], path  # a demo's bar leaps to it
